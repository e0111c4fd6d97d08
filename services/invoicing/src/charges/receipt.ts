import { bucketOf } from '@kontor/ids'
import type { Succeeded } from '@kontor/processors'
import type { Deps } from '../deps.ts'
import { dayIn } from '../documents/calendar.ts'
import type { Receive } from '../payments/receive.ts'
import type { Asked, Charge } from './charge.ts'
import type { EventOfCharge } from './together.ts'

/** What a charge's event is called. */
export const typeOf = ({ version, state }: Pick<Charge, 'version' | 'state'>) =>
  version === 1 ? ('charge.created' as const) : (`charge.${state}` as const)

/** Makes what is written down when a charge has taken money. */
export function receipts(deps: Pick<Deps, 'newId' | 'now'>) {
  /** A payment as it follows from what the processor says it took. */
  function receivedFrom(charge: Charge, timeZone: string, outcome: Succeeded, asked: Asked): Parameters<Receive>[2] {
    return {
      account_id: charge.account_id,
      method: charge.method,
      token_id: charge.token_id,
      instrument: charge.instrument,
      currency: charge.currency,
      amount_minor: outcome.amount?.minor ?? asked.amountMinor ?? charge.amount_minor,
      received_on: dayIn(timeZone, deps.now()),
      reference: outcome.movement ?? outcome.reference,
      charge_id: charge.id,
    }
  }

  const eventOf = (charge: Charge): EventOfCharge => ({
    id: deps.newId(bucketOf(charge.id)),
    type: typeOf(charge),
    objectId: charge.id,
    objectVersion: charge.version,
  })

  const eventOn = (type: EventOfCharge['type'], objectId: string): EventOfCharge => ({
    id: deps.newId(bucketOf(objectId)),
    type,
    objectId,
    objectVersion: 1,
  })

  /** What was taken, with its allocation and the events of both. */
  function paidBy(charge: Charge, timeZone: string, outcome: Succeeded, asked: Asked) {
    const bucket = bucketOf(charge.account_id)
    const received = receivedFrom(charge, timeZone, outcome, asked)
    const payment = { ...received, id: deps.newId(bucket), mode: charge.mode, created_at: deps.now() }
    const allocationId = deps.newId(bucket)
    const events = [eventOn('payment.recorded', payment.id), eventOn('allocation.recorded', allocationId)]
    return { paid: { payment, allocationId }, events }
  }

  return { receivedFrom, paidBy, eventOf }
}
