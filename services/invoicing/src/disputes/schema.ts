import { formatId } from '@kontor/ids'
import Type, { type Static } from 'typebox'
import { Currency, Id, Instant, Nullable, Paging, Version } from '../wire/fields.ts'
import type { Dispute, DisputeStep } from './dispute.ts'

const State = (description: string) =>
  Type.Enum(['inquiry', 'needs_response', 'under_review', 'won', 'lost', 'closed'], { description })

export const DisputeQuery = Type.Object(
  {
    charge_id: Type.Optional(Id('chg', 'Only of this charge.')),
    account_id: Type.Optional(Id('acc', 'Only of this account.')),
    state: Type.Optional(State('Only in this state.')),
    after: Type.Optional(Id('dsp', 'The last id of the page before.')),
    ...Paging,
  },
  { additionalProperties: false },
)

export const DisputeWire = Type.Object({
  id: Id('dsp', 'The dispute.'),
  mode: Type.Enum(['test', 'live'], { description: 'Test or live data.' }),
  account_id: Id('acc', 'Whose charge it is.'),
  charge_id: Id('chg', 'The charge that the payer objects to.'),
  processor: Type.Enum(['stripe', 'paypal'], { description: 'Who told.' }),
  reference: Type.String({ description: 'The processor’s id of the dispute.' }),
  state: State('How far it is. An inquiry is a question of the payer’s bank, before anything is disputed.'),
  amount_minor: Nullable(Type.Integer({ description: 'What is disputed, in minor units: 1050 is 10.50 EUR.' })),
  currency: Nullable(Currency),
  reason: Nullable(Type.String({ description: 'The processor’s code of why.' })),
  missing_minor: Type.Integer({
    description: 'What the processor took and the payment had not left any more, because it went back before.',
  }),
  refunded_minor: Type.Integer({
    description: 'What of a lost dispute the processor told as a refund too, and is booked as that.',
  }),
  needs_attention: Type.Boolean({
    description:
      'Whether the books do not follow by themselves: more was taken than was left, in another currency, or a second time.',
  }),
  occurred_at: Instant('When it came to that state, by the processor’s clock.'),
  version: Version,
  created_at: Instant('When it was told for the first time.'),
  updated_at: Instant('When something was told last.'),
})

export const DisputeWithStepsWire = Type.Object({
  ...DisputeWire.properties,
  steps: Type.Array(
    Type.Object({
      seq: Type.Integer({ description: 'Its place, from 1.' }),
      state: State('What it came to.'),
      occurred_at: Instant('When, by the processor’s clock.'),
      chargeback_id: Nullable(Id('rfd', 'The chargeback that was recorded.')),
      payment_id: Nullable(Id('pay', 'The payment by which the money came back.')),
      amount_minor: Nullable(Type.Integer({ description: 'How much of it moved, in minor units.' })),
      at: Instant('When it was learnt.'),
    }),
    { description: 'How it came to that, in order.' },
  ),
})

export function toWire(dispute: Dispute): Static<typeof DisputeWire> {
  const { mode, processor, reference, state, currency, reason, needs_attention, version } = dispute
  return {
    id: formatId('dsp', dispute.id),
    mode,
    account_id: formatId('acc', dispute.account_id),
    charge_id: formatId('chg', dispute.charge_id),
    processor,
    reference,
    state,
    amount_minor: dispute.amount_minor === null ? null : Number(dispute.amount_minor),
    currency,
    reason,
    missing_minor: Number(dispute.missing_minor),
    refunded_minor: Number(dispute.refunded_minor),
    needs_attention,
    occurred_at: dispute.occurred_at.toISOString(),
    version,
    created_at: dispute.created_at.toISOString(),
    updated_at: dispute.updated_at.toISOString(),
  }
}

export function withSteps(dispute: Dispute, steps: readonly DisputeStep[]): Static<typeof DisputeWithStepsWire> {
  return {
    ...toWire(dispute),
    steps: steps.map(({ seq, state, occurred_at, refund_id, payment_id, amount_minor, at }) => ({
      seq,
      state,
      occurred_at: occurred_at.toISOString(),
      chargeback_id: refund_id === null ? null : formatId('rfd', refund_id),
      payment_id: payment_id === null ? null : formatId('pay', payment_id),
      amount_minor: amount_minor === null ? null : Number(amount_minor),
      at: at.toISOString(),
    })),
  }
}
