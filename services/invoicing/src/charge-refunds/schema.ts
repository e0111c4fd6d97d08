import Type from 'typebox'
import { PayableId } from '../balances/document-id.ts'
import { PositiveMinor } from '../balances/schema.ts'
import { AbsoluteMinor, Body, Currency, Id, Instant, Line, Nullable, Paging, Version } from '../wire/fields.ts'

export const RefundCharge = Body(
  {
    amount_minor: Type.Optional(
      PositiveMinor('How much; everything that was taken and is not on its way back yet, unless given.'),
    ),
    invoice_id: Type.Optional(
      PayableId(
        'The invoice or proforma whose allocation goes back; it is open again. Unless given, what is left of the payment goes back first, and then what its documents have of it, the one paid last first.',
      ),
    ),
    reason: Type.Optional(Line(200, 'Why, for your own records. It is not sent to the processor.')),
  },
  { description: 'Money to be sent back through the processor that took it.' },
)

export const SettleRefund = Body(
  { note: Line(200, 'What was found, for the record.') },
  { description: 'That somebody has looked at what is unbooked of a refund.' },
)

export const ChargeRefundWire = Type.Object({
  id: Id('crf', 'The refund of the charge.'),
  mode: Type.Enum(['test', 'live'], { description: 'Test or live data.' }),
  account_id: Id('acc', 'Whose it is.'),
  charge_id: Id('chg', 'The charge.'),
  payment_id: Id('pay', 'The payment that the charge became.'),
  invoice_id: Nullable(PayableId('The invoice or proforma whose allocation goes back first.')),
  origin: Type.Enum(['request', 'processor'], {
    description: 'Whether it was asked for here, or made at the processor and told.',
  }),
  processor: Type.Enum(['stripe', 'paypal', 'test'], { description: 'Through whom.' }),
  amount_minor: PositiveMinor('What goes back.'),
  currency: Currency,
  unbooked_minor: AbsoluteMinor(
    'What has gone back though the payment did not have it any more, because of a chargeback say. It is in no balance: somebody must look.',
  ),
  reason: Nullable(Type.String({ description: 'Why.' })),
  state: Type.Enum(['processing', 'unknown', 'pending', 'succeeded', 'declined', 'cancelled', 'not_sent', 'failed'], {
    description:
      'processing, unknown (nobody can say; it is being found out), pending (decided later), succeeded, declined, cancelled, not_sent (certainly nothing happened), failed (it had succeeded, and reached nobody after all).',
  }),
  decline: Nullable(
    Type.Object(
      {
        reason: Type.String({ description: 'Why, in our words; see docs/processors.md.' }),
        soft: Type.Boolean({ description: 'Whether the same may succeed later.' }),
        code: Nullable(Type.String({ description: 'The processor’s own code.' })),
      },
      { description: 'Why it was declined, or failed.' },
    ),
  ),
  reference: Nullable(Type.String({ description: 'The processor’s id of it.' })),
  refund_id: Nullable(Id('rfd', 'The movement of money that it became.')),
  next_check_at: Nullable(Instant('When the processor is asked next.')),
  needs_attention: Type.Boolean({
    description: 'It has not ended, and nobody asks any more; or more has gone back than there was.',
  }),
  settled: Nullable(
    Type.Object(
      {
        at: Instant('When.'),
        note: Type.String({ description: 'What was found.' }),
      },
      { description: 'That somebody has looked at what is unbooked.' },
    ),
  ),
  version: Version,
  created_at: Instant('When it was asked for, or told.'),
  updated_at: Instant('When it last changed.'),
})

export const ChargeRefundStepWire = Type.Object({
  seq: Type.Integer({ minimum: 1, description: 'Its place in the ledger of the refund.' }),
  kind: Type.Enum(['claimed', 'sent', 'answered', 'unknown'], {
    description: 'A request is `sent` before it leaves; one that nothing follows broke off.',
  }),
  request: Nullable(Type.String({ description: 'refund or retrieve; told is a webhook.' })),
  outcome: Nullable(Type.String({ description: 'What came of it.' })),
  because: Nullable(Type.String({ description: 'Why it was declined or not sent, or is unknown.' })),
  code: Nullable(Type.String({ description: 'The processor’s own code.' })),
  learned_by: Type.Enum(['request', 'job', 'webhook'], { description: 'Who asked or heard.' }),
  at: Instant('When.'),
})

export const ChargeRefundQuery = Type.Object(
  { after: Type.Optional(Id('crf', 'The last id of the page before.')), ...Paging },
  { additionalProperties: false },
)
