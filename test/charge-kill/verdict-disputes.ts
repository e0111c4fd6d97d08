import { formatId } from '@kontor/ids'
import type pg from 'pg'
import type { Disputed } from './ledger.ts'
import type { AfterStorm } from './storm.ts'

/** A dispute as its ledger shows it, with the money that bears its name. */
interface Dispute {
  readonly reference: string
  readonly state: string
  readonly missing_minor: number
  readonly refunded_minor: number
  readonly steps: number
  readonly last_step: number
  readonly taken: number
  readonly returned: number
  readonly chargebacks: number
  readonly chargebacks_minor: number
  readonly returns: number
  readonly returns_minor: number
}

const DISPUTES_SQL = `
select dispute.reference, dispute.state, dispute.missing_minor::float8 as missing_minor,
       dispute.refunded_minor::float8 as refunded_minor,
       count(step.seq)::int as steps, coalesce(max(step.seq), 0)::int as last_step,
       count(step.refund_id)::int as taken, count(step.payment_id)::int as returned,
       (select count(*)::int from refund where refund.kind = 'chargeback' and refund.reference = dispute.reference) as chargebacks,
       (select coalesce(sum(amount_minor), 0)::float8 from refund
         where refund.kind = 'chargeback' and refund.reference = dispute.reference) as chargebacks_minor,
       (select count(*)::int from payment where payment.charge_id is null and payment.reference = dispute.reference) as returns,
       (select coalesce(sum(amount_minor), 0)::float8 from payment
         where payment.charge_id is null and payment.reference = dispute.reference) as returns_minor
  from dispute left join dispute_step as step on step.bucket = dispute.bucket and step.dispute_id = dispute.id
 group by dispute.bucket, dispute.id`

/** Charge by charge: what came in, what has gone out of it, and what went though it was not there any more. */
interface Money {
  readonly id: string
  readonly came_minor: number
  readonly gone_minor: number
  readonly lost_minor: number
}

const MONEY_SQL = `
select charge.id, payment.amount_minor::float8 as came_minor,
       (select coalesce(sum(amount_minor), 0)::float8 from refund
         where refund.bucket = payment.bucket and refund.payment_id = payment.id) as gone_minor,
       ((select coalesce(sum(unbooked_minor), 0) from charge_refund
          where charge_refund.bucket = charge.bucket and charge_refund.charge_id = charge.id)
      + (select coalesce(sum(missing_minor), 0) from dispute
          where dispute.bucket = charge.bucket and dispute.charge_id = charge.id))::float8 as lost_minor
  from charge join payment on payment.bucket = charge.bucket and payment.charge_id = charge.id`

/** What was told of disputes is written down, and has moved money once. */
export async function judgeDisputes(db: pg.Client, { ledger }: AfterStorm): Promise<string[]> {
  const { rows: disputes } = await db.query<Dispute>(DISPUTES_SQL)
  const { rows: money } = await db.query<Money>(MONEY_SQL)
  const { rows: events } = await db.query<{ name: string; state: string }>(
    'select event_reference as name, state from processor_event',
  )
  const known = new Map(disputes.map((dispute) => [dispute.reference, dispute]))
  const kept = new Map(events.map(({ name, state }) => [name, state]))
  return [
    ...ledger.taken.flatMap((event) =>
      kept.get(event) === 'handled' ? [] : [`${event} was taken, and is ${kept.get(event) ?? 'lost'}`],
    ),
    ...ledger.disputes.flatMap((told) => compare(told, known.get(told.reference))),
    ...money.flatMap(moneyOf),
    ...ledger.disputes.filter(({ toldTwice }) => toldTwice).flatMap((told) => onceOf(told, money)),
  ]
}

function compare(told: Disputed, dispute: Dispute | undefined): string[] {
  const { reference, last, amountMinor } = told
  if (dispute === undefined) return [`${reference} was told, and is not written down`]
  const { state, chargebacks, chargebacks_minor, returns, returns_minor, missing_minor, refunded_minor } = dispute
  const faults: string[] = []
  if (state !== last) faults.push(`${reference} is ${last} at its processor, and ${state} here`)
  if (dispute.steps !== dispute.last_step) faults.push(`the ledger of ${reference} has a gap`)
  if (chargebacks > 1) faults.push(`${reference} was charged back ${chargebacks} times`)
  if (returns > 1) faults.push(`${reference} came back ${returns} times`)
  if (chargebacks !== dispute.taken || returns !== dispute.returned)
    faults.push(`${reference} moved money that its ledger does not know`)
  if (last === 'lost' && chargebacks_minor + missing_minor + refunded_minor !== amountMinor)
    faults.push(`${reference} took ${amountMinor}, of which ${chargebacks_minor} are charged back`)
  if (last === 'won' && chargebacks_minor !== returns_minor)
    faults.push(`${reference} was won: ${chargebacks_minor} were taken, and ${returns_minor} came back`)
  return faults
}

/** What was told as a dispute and as a refund has gone once. */
function onceOf({ reference, chargeId, amountMinor }: Disputed, money: readonly Money[]): string[] {
  const of = money.find(({ id }) => formatId('chg', id) === chargeId)
  const gone = (of?.gone_minor ?? 0) + (of?.lost_minor ?? 0)
  return gone === amountMinor ? [] : [`${reference} gave ${amountMinor} back, and ${gone} are booked of its charge`]
}

function moneyOf({ id, came_minor, gone_minor, lost_minor }: Money): string[] {
  const name = formatId('chg', id)
  if (gone_minor > came_minor) return [`of ${name} ${came_minor} came, and ${gone_minor} have gone`]
  return lost_minor > 0 && gone_minor < came_minor
    ? [`of ${name} ${lost_minor} are in no book, though ${came_minor - gone_minor} are left`]
    : []
}
