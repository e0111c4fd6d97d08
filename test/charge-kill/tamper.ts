import { parseId } from '@kontor/ids'
import pg from 'pg'
import type { Disputed } from './ledger.ts'
import type { StageUrls } from './stage.ts'
import type { AfterStorm } from './storm.ts'

/** Whatever keeps rows as they are. */
const DROP_GUARDS = ['charge_refund_step', 'refund', 'dispute', 'dispute_step', 'payment']
  .map((table) => `alter table ${table} disable trigger user`)
  .concat('drop index refund_charge_refund')
  .join('; ')

const COPY_REFUND = `
insert into refund select (jsonb_populate_record(null::refund, to_jsonb(refund) || jsonb_build_object('id', gen_random_uuid()))).*
  from refund where`

/**
 * Does to refunds and disputes what must never happen to them: every sentence of the verdict has its crime here, and each crime has victims
 * of its own.
 *
 * @returns What the verdict has to say of each.
 */
export async function tamper(urls: StageUrls, after: AfterStorm): Promise<RegExp[]> {
  const { ledger } = after
  const [doubled, gapped, ...victims] = oursAtStripe(after)
  if (!doubled || !gapped) throw new Error('there are too few refunds to do harm to')
  ledger.refunds.push({ id: 'crf_nobody', state: 'succeeded' })
  ledger.taken.push('evt_nobody')
  ledger.disputes.push({ ...(ledger.disputes[0] as Disputed), reference: 'dispute_nobody' })
  const db = new pg.Client({ connectionString: urls.migrationUrl })
  await db.connect()
  try {
    await db.query(DROP_GUARDS)
    await db.query(`${COPY_REFUND} charge_refund_id = $1`, [parseId('crf', doubled)])
    await db.query('delete from charge_refund_step where seq = 1 and charge_refund_id = $1', [parseId('crf', gapped)])
    return [
      ...tamperWithProcessor(after, victims),
      ...(await tamperWithDisputes(db, after)),
      new RegExp(`${doubled} is booked 2 times`),
      new RegExp(`the ledger of ${gapped} has a gap`),
      /crf_nobody was told to be succeeded, and is lost/,
      /evt_nobody was taken, and is lost/,
      /dispute_nobody was told, and is not written down/,
    ]
  } finally {
    await db.end()
  }
}

/** Names of refunds that Stripe was asked for and has made. */
const oursAtStripe = ({ stage: { processors } }: AfterStorm): string[] =>
  [...processors.stripe.state.refunds.values()].flatMap(({ metadata }) => metadata?.kontor_reference ?? [])

function tamperWithProcessor({ stage: { processors } }: AfterStorm, names: readonly string[]): RegExp[] {
  const { state, received } = processors.stripe
  const [twice, lost, strange, other, freshKey, unasked] = names.map((name) => {
    const refund = [...state.refunds.values()].find(({ metadata }) => metadata?.kontor_reference === name)
    if (!refund) throw new Error(name)
    return { name, refund }
  })
  if (!twice || !lost || !strange || !other || !freshKey || !unasked) throw new Error('there are too few refunds')
  state.refunds.set('re_twice', { ...twice.refund, id: 're_twice' })
  state.refunds.delete(lost.refund.id)
  state.refunds.set(strange.refund.id, { ...strange.refund, metadata: { kontor_reference: 'crf_of_nobody' } })
  state.refunds.set(other.refund.id, { ...other.refund, amount: 1 })
  const ask = (name: string, headers: object) => {
    const request = received.find(({ path, body }) => path === '/v1/refunds' && body.includes(name))
    if (!request) throw new Error(`${name} was never asked for`)
    const all = received as (typeof request)[]
    all.push({ ...request, headers: { ...request.headers, ...headers } })
  }
  ask(freshKey.name, { 'idempotency-key': 'under-another-key' })
  // More often than any storm makes one repeat.
  for (let times = 0; times < 99; times++) ask(unasked.name, {})
  return [
    new RegExp(`${twice.name} was sent back 2 times`),
    new RegExp(`${lost.name} is booked, and nothing was sent back`),
    /crf_of_nobody is money that went back without a trace/,
    new RegExp(`${other.name} sent back 1, was to send \\d+`),
    new RegExp(`${freshKey.name} was asked for under 2 keys`),
    new RegExp(`${unasked.name} was asked for \\d+ times, and \\d+ times by the ledger`),
  ]
}

async function tamperWithDisputes(db: pg.Client, { ledger }: AfterStorm): Promise<RegExp[]> {
  const { rows: won } = await db.query<{ reference: string }>(
    `select reference from payment where charge_id is null and reference like 'dispute_%'`,
  )
  const { rows: lost } = await db.query<{ reference: string }>(
    `select reference from refund where kind = 'chargeback' and reference = any($1)`,
    [ledger.disputes.filter(({ last, toldTwice }) => last === 'lost' && !toldTwice).map(({ reference }) => reference)],
  )
  const [again, unbooked, unread] = lost.map(({ reference }) => reference)
  const returned = won[0]?.reference
  if (!again || !unbooked || !unread || !returned) throw new Error('there are too few disputes to do harm to')
  await db.query(`${COPY_REFUND} kind = 'chargeback' and reference = $1`, [again])
  const twice = ledger.disputes.find(({ toldTwice }) => toldTwice)
  if (!twice) throw new Error('no dispute was told as a refund')
  await db.query(
    `${COPY_REFUND} payment_id = (select id from payment where charge_id = $1) and reverses_id is null limit 1`,
    [parseId('chg', twice.chargeId)],
  )
  await db.query(
    'delete from dispute_step where refund_id is not null and dispute_id = (select id from dispute where reference = $1)',
    [unbooked],
  )
  await db.query(`delete from refund where kind = 'chargeback' and reference = $1`, [unbooked])
  await db.query(`update dispute set state = 'under_review' where reference = $1`, [unread])
  await db.query(`update payment set amount_minor = amount_minor - 1 where reference = $1`, [returned])
  return [
    new RegExp(`${twice.reference} gave \\d+ back, and \\d+ are booked of its charge`),
    new RegExp(`${again} was charged back 2 times`),
    new RegExp(`${again} moved money that its ledger does not know`),
    new RegExp(`${unbooked} took \\d+, of which 0 are charged back`),
    new RegExp(`${unread} is lost at its processor, and under_review here`),
    new RegExp(`${returned} was won: \\d+ were taken, and \\d+ came back`),
    /of chg_\w+ \d+ came, and \d+ have gone/,
  ]
}
