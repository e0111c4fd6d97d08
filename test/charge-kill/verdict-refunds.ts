import { formatId } from '@kontor/ids'
import type { AfterStorm } from './storm.ts'
import type { SentBack } from './till.ts'
import type { Charge } from './verdict.ts'

/** A refund of a charge as its ledger shows it. */
export interface Refund {
  readonly id: string
  readonly charge_id: string
  readonly state: string
  readonly origin: 'request' | 'processor'
  readonly decline_code: string | null
  readonly reference: string | null
  readonly amount_minor: number
  readonly unbooked_minor: number
  readonly booked: number
  readonly booked_minor: number
  readonly steps: number
  readonly last_step: number
  readonly sent: number
}

export const REFUNDS_SQL = `
select charge_refund.id, charge_refund.charge_id, charge_refund.state, charge_refund.origin, charge_refund.decline_code,
       charge_refund.reference,
       charge_refund.amount_minor::float8 as amount_minor, charge_refund.unbooked_minor::float8 as unbooked_minor,
       (select count(*)::int from refund
         where refund.bucket = charge_refund.bucket and refund.charge_refund_id = charge_refund.id) as booked,
       (select coalesce(sum(amount_minor), 0)::float8 from refund
         where refund.bucket = charge_refund.bucket and refund.charge_refund_id = charge_refund.id) as booked_minor,
       count(step.seq)::int as steps, max(step.seq)::int as last_step,
       count(*) filter (where step.kind = 'sent' and step.request = 'refund')::int as sent
  from charge_refund
  join charge_refund_step as step on step.bucket = charge_refund.bucket and step.charge_refund_id = charge_refund.id
 group by charge_refund.bucket, charge_refund.id`

const nameOf = ({ id }: Pick<Refund, 'id'>) => formatId('crf', id)

/** Refund by refund, and charge by charge, what the ledger says and what the processor did. */
export function compareRefunds(refunds: readonly Refund[], charges: readonly Charge[], after: AfterStorm): string[] {
  const books = after.stage.processors.sentBack()
  return [
    ...compareBooks(refunds, books),
    ...compareKeys(refunds, after),
    ...compareTaken(charges, books),
    ...compareTold(refunds, after),
  ]
}

/** Its money is booked as what a dispute took. */
const isOfDispute = ({ state, decline_code }: Refund): boolean =>
  state === 'declined' && decline_code === 'known_as_dispute'

function compareBooks(refunds: readonly Refund[], books: readonly SentBack[]): string[] {
  const byName = new Map(refunds.map((refund) => [nameOf(refund), refund]))
  const byReference = new Map(refunds.map((refund) => [refund.reference, refund]))
  const there = new Set(books.map(({ reference }) => reference))
  const faults: string[] = []
  const madeFor = Map.groupBy(
    books.filter(({ ours }) => ours !== ''),
    ({ ours }) => ours,
  )
  for (const [name, made] of madeFor) if (made.length > 1) faults.push(`${name} was sent back ${made.length} times`)
  for (const { reference, ours, minor } of books) {
    const refund = ours === '' ? byReference.get(reference) : byName.get(ours)
    const what = ours || reference
    if (refund === undefined) {
      faults.push(`${what} is money that went back without a trace in the ledger`)
      continue
    }
    if (isOfDispute(refund)) continue
    if (refund.state !== 'succeeded') faults.push(`${what} was sent back, and is ${refund.state}`)
    if (minor !== refund.amount_minor || minor !== refund.booked_minor + refund.unbooked_minor)
      faults.push(
        `${what} sent back ${minor}, was to send ${refund.amount_minor} and is booked as ${refund.booked_minor}`,
      )
  }
  for (const refund of refunds) {
    const name = nameOf(refund)
    const isThere = refund.reference !== null && there.has(refund.reference)
    if (refund.booked > 1) faults.push(`${name} is booked ${refund.booked} times`)
    if (refund.booked > 0 && !isThere) faults.push(`${name} is booked, and nothing was sent back`)
    // Nobody here asks for more than is left, so that no processor has a reason.
    if (refund.state === 'declined' && !isOfDispute(refund))
      faults.push(`${name} was declined, and there was nothing wrong with it`)
    if (refund.steps !== refund.last_step) faults.push(`the ledger of ${name} has a gap`)
  }
  return faults
}

/** Whatever reached a processor was written down before, and went out under one key for ever. */
function compareKeys(refunds: readonly Refund[], { stage: { processors } }: AfterStorm): string[] {
  const byName = new Map(refunds.map((refund) => [nameOf(refund), refund]))
  const { stripe, paypal } = processors
  const asked = [
    ...stripe.received.map((request) => ({ ...request, key: request.headers['idempotency-key'] })),
    ...paypal.received.map((request) => ({ ...request, key: request.headers['paypal-request-id'] })),
  ].filter(
    ({ method, path }) => method === 'POST' && /^\/(v1\/refunds|v2\/payments\/captures\/\w+\/refund)$/.test(path),
  )
  const ofName = Map.groupBy(asked, ({ body }) => /crf_\w+/.exec(body)?.[0] ?? 'nobody')
  return [...ofName].flatMap(([name, requests]) => {
    const keys = new Set(requests.map(({ key }) => String(key)))
    const sent = byName.get(name)?.sent ?? 0
    return [
      ...(keys.size > 1 ? [`${name} was asked for under ${keys.size} keys`] : []),
      ...(requests.length > sent
        ? [`${name} was asked for ${requests.length} times, and ${sent} times by the ledger`]
        : []),
    ]
  })
}

/** Never more goes back than was taken. */
function compareTaken(charges: readonly Charge[], books: readonly SentBack[]): string[] {
  const ofCharge = Map.groupBy(books, ({ charge }) => charge)
  const taken = new Map(charges.map((charge) => [charge.reference, charge.paid_minor]))
  return [...ofCharge].flatMap(([charge, made]) => {
    const gone = made.reduce((sum, { minor }) => sum + minor, 0)
    const came = taken.get(charge) ?? 0
    return gone > came ? [`of ${charge} ${came} were taken, and ${gone} went back`] : []
  })
}

/** What a client was told stays so. */
function compareTold(refunds: readonly Refund[], { ledger }: AfterStorm): string[] {
  const byName = new Map(refunds.map((refund) => [nameOf(refund), refund]))
  return ledger.refunds.flatMap(({ id, state }) => {
    const now = byName.get(id)?.state
    const ended = state === 'succeeded' || state === 'declined' || state === 'cancelled'
    return now === undefined || (ended && now !== state)
      ? [`${id} was told to be ${state}, and is ${now ?? 'lost'}`]
      : []
  })
}
