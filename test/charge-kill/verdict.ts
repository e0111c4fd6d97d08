import { setTimeout as pause } from 'node:timers/promises'
import { formatId } from '@kontor/ids'
import pg from 'pg'
import type { StageUrls } from './stage.ts'
import type { AfterStorm } from './storm.ts'
import type { Till } from './till.ts'
import { judgeDisputes } from './verdict-disputes.ts'
import { compareRefunds, REFUNDS_SQL, type Refund } from './verdict-refunds.ts'

export interface Judgement {
  /** What is wrong, one sentence each; empty when every charge is what its processor says. */
  readonly faults: readonly string[]
  readonly charges: number
  readonly succeeded: number
  /** Refunds whose money has gone. */
  readonly sentBack: number
  /** Charges, refunds and events that were still open when the storm was over, and how long it took until none was. */
  readonly resolved: number
  readonly resolvedMs: number
}

/** As a row of the ledger shows it. */
export interface Charge {
  readonly id: string
  readonly state: string
  readonly reference: string | null
  readonly processor: string
  readonly invoice_id: string
  readonly amount_minor: number
  readonly paid: number
  readonly paid_minor: number
  readonly steps: number
  readonly last_step: number
  readonly creates: number
  readonly confirms: number
}

const CHARGES_SQL = `
select charge.id, charge.state, charge.reference, charge.processor, charge.invoice_id, charge.amount_minor::float8 as amount_minor,
       (select count(*)::int from payment where payment.bucket = charge.bucket and payment.charge_id = charge.id) as paid,
       (select coalesce(sum(amount_minor), 0)::float8 from payment
         where payment.bucket = charge.bucket and payment.charge_id = charge.id) as paid_minor,
       count(step.seq)::int as steps, max(step.seq)::int as last_step,
       count(*) filter (where step.kind = 'sent' and step.request = 'create')::int as creates,
       count(*) filter (where step.kind = 'sent' and step.request = 'confirm')::int as confirms
  from charge join charge_step as step on step.bucket = charge.bucket and step.charge_id = charge.id
 group by charge.bucket, charge.id`

/** What nobody knows the end of yet; of disputes, what was told of them and has not been looked at. */
const LIVE = `
select ((select count(*) from charge where charge_is_live(state))
      + (select count(*) from charge_refund where charge_refund_is_live(state))
      + (select count(*) from processor_event where state = 'received'))::int as live`
/** What waits for later is looked at now: the processor answers again, and how long a job waits is not what is proved. */
const NOW = 'update graphile_worker._private_jobs set run_at = now() where run_at > now()'

const RESOLVED_WITHIN_MS = 60_000
const LOOK_EVERY_MS = 200

/** Waits until nothing is open any more, then compares the ledger with what the processors did. */
export async function judge(urls: StageUrls, after: AfterStorm): Promise<Judgement> {
  const db = new pg.Client({ connectionString: urls.migrationUrl })
  await db.connect()
  try {
    const { live, ms } = await resolve(db)
    const { rows } = await db.query<Charge>(CHARGES_SQL)
    const { rows: refunds } = await db.query<Refund>(REFUNDS_SQL)
    const { rows: left } = await db.query<{ live: number }>(LIVE)
    const { rows: deadlocks } = await db.query(
      'select deadlocks from pg_stat_database where datname = current_database() and deadlocks > 0',
    )
    const faults = [
      ...after.ledger.unexpected,
      ...faultsInLog(after.log()),
      ...deadlocks.map((row) => `the server had to break a deadlock: ${row.deadlocks} times`),
      ...((left[0]?.live ?? 0) > 0 ? [`${left[0]?.live} were not resolved within ${RESOLVED_WITHIN_MS} ms`] : []),
      ...compare(rows, after.stage.processors.books()),
      ...compareRequests(rows, after),
      ...compareInvoices(rows, after),
      ...compareTold(rows, after),
      ...compareRefunds(refunds, rows, after),
      ...(await judgeDisputes(db, after)),
    ]
    return {
      faults,
      charges: rows.length,
      succeeded: rows.filter(({ state }) => state === 'succeeded').length,
      sentBack: refunds.filter(({ state }) => state === 'succeeded').length,
      resolved: live,
      resolvedMs: ms,
    }
  } finally {
    await db.end()
  }
}

async function resolve(db: pg.Client): Promise<{ live: number; ms: number }> {
  const startedAt = performance.now()
  const open = async () => (await db.query<{ live: number }>(LIVE)).rows[0]?.live ?? 0
  const live = await open()
  while ((await open()) > 0 && performance.now() - startedAt < RESOLVED_WITHIN_MS) {
    await db.query(NOW)
    await pause(LOOK_EVERY_MS)
  }
  return { live, ms: Math.round(performance.now() - startedAt) }
}

/**
 * No defect, and above all no deadlock (40P01), may have been logged, even if no client saw it. That a job failed is said twice: as what it
 * was, and as what the queue made of that.
 */
const faultsInLog = (log: string): string[] =>
  log
    .split('\n')
    .filter((line) => /40P01|internal_error|job_defect|"level":60|cannot start|at file:/.test(line))
    .filter((line) => !line.includes('"type":"JobFailed"'))

const nameOf = ({ id }: Pick<Charge, 'id'>) => formatId('chg', id)

/** Charge by charge, what the ledger says and what the processor did. */
function compare(charges: readonly Charge[], books: readonly Till[]): string[] {
  const byName = new Map(charges.map((charge) => [nameOf(charge), charge]))
  const madeFor = Map.groupBy(books, ({ ours }) => ours)
  const faults: string[] = []
  for (const [name, tills] of madeFor) {
    const charge = byName.get(name)
    const taken = tills.flatMap(({ takenMinor }) => takenMinor)
    if (charge === undefined) {
      faults.push(`${name} is a charge at the processor without a trace in the ledger`)
      continue
    }
    if (tills.length > 1) faults.push(`${name} was made ${tills.length} times`)
    if (taken.length > 1) faults.push(`${name} was charged ${taken.length} times`)
    if (taken.length > 0 && (charge.state !== 'succeeded' || charge.paid !== 1))
      faults.push(`${name} was charged, and is ${charge.state} with ${charge.paid} payments`)
    if (taken.length > 0 && (taken[0] !== charge.amount_minor || taken[0] !== charge.paid_minor))
      faults.push(`${name} took ${taken[0]}, was to take ${charge.amount_minor} and paid ${charge.paid_minor}`)
  }
  for (const charge of charges) {
    const till = madeFor.get(nameOf(charge))?.find(({ reference }) => reference === charge.reference)
    if (charge.paid > 0 && till?.takenMinor.length !== 1)
      faults.push(`${nameOf(charge)} is paid, and nothing was charged`)
    if (charge.reference !== null && till === undefined)
      faults.push(`${nameOf(charge)} names a charge that its processor does not know`)
    if (charge.steps !== charge.last_step) faults.push(`the ledger of ${nameOf(charge)} has a gap`)
  }
  return faults
}

/** Whatever reached a processor was written down before, and went out under one key. */
function compareRequests(charges: readonly Charge[], { stage: { processors } }: AfterStorm): string[] {
  const byName = new Map(charges.map((charge) => [nameOf(charge), charge]))
  const keys = [
    ...processors.stripe.received.map(({ headers }) => headers['idempotency-key']),
    ...processors.paypal.received.map(({ headers }) => headers['paypal-request-id']),
  ].filter((key) => typeof key === 'string' && key.startsWith('chg_'))
  const times = new Map<string, number>()
  for (const key of keys) times.set(String(key), (times.get(String(key)) ?? 0) + 1)
  return [...times].flatMap(([key, received]) => {
    const [name = '', request] = key.split(':')
    const charge = byName.get(name)
    const sent = request === 'create' ? charge?.creates : charge?.confirms
    return sent === undefined || received > sent
      ? [`${key} was received ${received} times, and sent ${sent ?? 0} times by the ledger`]
      : []
  })
}

function compareInvoices(charges: readonly Charge[], { ledger, stage }: AfterStorm): string[] {
  const madeFor = Map.groupBy(stage.processors.books(), ({ ours }) => ours)
  const takenFor = (charge: Charge) => (madeFor.get(nameOf(charge)) ?? []).flatMap(({ takenMinor }) => takenMinor)
  const ofInvoice = Map.groupBy(charges, ({ invoice_id }) => formatId('inv', invoice_id))
  return ledger.invoices.flatMap(({ id, payableMinor }) => {
    const own = ofInvoice.get(id) ?? []
    const taken = own.flatMap(takenFor).reduce((sum, minor) => sum + minor, 0)
    const paid = own.reduce((sum, charge) => sum + charge.paid_minor, 0)
    return [
      ...(taken > payableMinor ? [`${id} asks for ${payableMinor}, and ${taken} were taken`] : []),
      ...(taken !== paid ? [`of ${id} ${paid} are paid, and ${taken} were taken`] : []),
    ]
  })
}

/** What a client was told stays so. */
function compareTold(charges: readonly Charge[], { ledger }: AfterStorm): string[] {
  const byName = new Map(charges.map((charge) => [nameOf(charge), charge]))
  return ledger.told.flatMap(({ id, state }) => {
    const now = byName.get(id)?.state
    const ended = state === 'succeeded' || state === 'declined'
    return now === undefined || (ended && now !== state)
      ? [`${id} was told to be ${state}, and is ${now ?? 'lost'}`]
      : []
  })
}
