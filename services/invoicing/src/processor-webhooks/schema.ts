import { formatId } from '@kontor/ids'
import Type, { type Static } from 'typebox'
import { Currency, Id, Instant, Nullable } from '../wire/fields.ts'
import { type KeptEvent, TELLING } from './processor-event.ts'

/** Not enumerated: what is unknown here is refused like what is forged. */
export const AddressParams = Type.Object({
  processor: Type.String({ maxLength: 100, description: 'stripe or paypal.' }),
  tenantId: Type.String({ maxLength: 100, description: 'The tenant, such as ten_01h455vb4pex5vsknk084sn02q.' }),
  mode: Type.String({ maxLength: 100, description: 'test or live.' }),
})

export const StateFilter = Type.Enum(['received', 'handled', 'ignored'], {
  description:
    'received: not handled yet; handled: what follows from it is done; ignored: nothing follows, because it is of a kind that is not used or about no charge of this tenant.',
})

export const ProcessorEventWire = Type.Object({
  id: Id('pev', 'The event, as it is kept here.'),
  mode: Type.Enum(['test', 'live'], { description: 'Test or live data.' }),
  processor: Type.Enum([...TELLING], { description: 'Who told.' }),
  event_reference: Type.String({ description: 'The processor’s own id of the event.' }),
  type: Type.String({ description: 'The processor’s own name of what happened.' }),
  kind: Type.Enum(['charge', 'refund', 'dispute', 'registration', 'other'], { description: 'What it is about.' }),
  reference: Nullable(Type.String({ description: 'The processor’s id of what it is about.' })),
  charge_reference: Nullable(Type.String({ description: 'The processor’s id of the charge of a refund or dispute.' })),
  dispute: Nullable(
    Type.Object(
      {
        state: Type.Enum(['inquiry', 'needs_response', 'under_review', 'won', 'lost', 'closed'], {
          description: 'How far the dispute is.',
        }),
        amount_minor: Nullable(Type.Integer({ description: 'What is disputed, in minor units: 1050 is 10.50 EUR.' })),
        currency: Nullable(Currency),
        reason: Nullable(Type.String({ description: 'The processor’s code of why.' })),
      },
      { description: 'What was told of a dispute.' },
    ),
  ),
  state: StateFilter,
  failures: Type.Integer({ description: 'How often handling it failed.' }),
  failure: Nullable(Type.String({ description: 'The code of the last time that it failed.' })),
  occurred_at: Instant('When it happened, by the processor’s clock.'),
  received_at: Instant('When it was delivered for the first time.'),
  settled_at: Nullable(Instant('When it was handled or ignored.')),
})

export function toWire(event: KeptEvent): Static<typeof ProcessorEventWire> {
  const { dispute_state: state, amount_minor: minor } = event
  return {
    id: formatId('pev', event.id),
    mode: event.mode,
    processor: event.processor,
    event_reference: event.event_reference,
    type: event.type,
    kind: event.kind,
    reference: event.reference,
    charge_reference: event.charge_reference,
    dispute:
      state === null
        ? null
        : {
            state,
            amount_minor: minor === null ? null : Number(minor),
            currency: event.currency,
            reason: event.dispute_reason,
          },
    state: event.state,
    failures: event.failures,
    failure: event.failure,
    occurred_at: event.occurred_at.toISOString(),
    received_at: event.received_at.toISOString(),
    settled_at: event.settled_at?.toISOString() ?? null,
  }
}
