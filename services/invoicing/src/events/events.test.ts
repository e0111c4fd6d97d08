import { bucketOf, formatId, parseId } from '@kontor/ids'
import test from 'ava'
import { type InvoicingUnderTest, invoicingUnderTest, issuerAndAccount } from '../../../../test/support/invoicing.ts'
import { settled } from '../testing/settled.ts'
import { CURSOR } from './cursor.ts'
import { recordEvent } from './event.ts'

let kontor: InvoicingUnderTest
test.beforeEach(async () => {
  kontor = await invoicingUnderTest()
})
test.afterEach.always(() => kontor.close())

type Event = Record<'id' | 'type' | 'object_id' | 'account_id' | 'at' | 'mode', string> & { object_version: number }

const read = async (query = '') => (await kontor.call('GET', `/v1/events${query}`)).body
const types = (events: Event[]) => events.map(({ type }) => type)

/** Reads page by page to the end, from a cursor if one is given. */
async function walk(limit: number, after = '', filter = ''): Promise<{ events: Event[]; next: string }> {
  await settled(kontor)
  return pages(limit, after, filter)
}

async function pages(limit: number, after: string, filter = ''): Promise<{ events: Event[]; next: string }> {
  const events: Event[] = []
  for (let next = after; ; ) {
    const page = await read(`?limit=${limit}${next && `&after=${next}`}${filter}`)
    events.push(...page.data)
    next = page.next_after
    if (!page.has_more) return { events, next }
  }
}

test.serial('what happened is read in its order, page by page, each once, and nothing but ids', async (t) => {
  const { call } = kontor
  t.deepEqual((await read()).data, [])
  const { account, issuer, order } = await issuerAndAccount(kontor)
  const quote = await call('POST', '/v1/quotes', order)
  await call('POST', `/v1/quotes/${quote.body.id}/issue`)
  const invoice = await call('POST', `/v1/quotes/${quote.body.id}/accept`, {})
  await call('POST', `/v1/invoices/${invoice.body.id}/issue`)
  const expected = ['issuer.created', 'account.created', 'quote.created', 'quote.issued']
  for (const limit of [1, 3, 200]) {
    const { events, next } = await walk(limit)
    t.deepEqual(types(events).slice(0, 4), expected)
    t.is(types(events).at(-1), 'invoice.issued')
    t.is(new Set(events.map(({ id }) => id)).size, events.length)
    t.regex(next, new RegExp(CURSOR))
    t.deepEqual((await walk(limit, next)).events, [], 'and the end is the end')
  }
  const { events } = await walk(200)
  t.deepEqual(events.at(-1), {
    id: events.at(-1)?.id as string,
    type: 'invoice.issued',
    at: '2026-11-23T10:00:00.000Z',
    account_id: account.id,
    object_id: invoice.body.id,
    object_version: 2,
    mode: 'test',
  })
  t.like(events[0], { object_id: issuer.id, account_id: null })
  const { next } = await walk(200)
  await call('POST', '/v1/invoices', order)
  t.deepEqual(
    types((await walk(200, next)).events),
    ['invoice.created'],
    'who goes on sees what came later, and no more',
  )
})

test.serial('events are found by type, by kind, by account, by object and by time', async (t) => {
  const { call, clock } = kontor
  const { account, order } = await issuerAndAccount(kontor)
  const invoice = await call('POST', '/v1/invoices', order)
  clock.advance(2 * 3_600_000)
  const later = clock.now().toISOString()
  await call('POST', `/v1/invoices/${invoice.body.id}/issue`)
  const other = await issuerAndAccount(kontor)
  t.deepEqual(types((await walk(1, '', '&type=invoice.created')).events), ['invoice.created'])
  t.deepEqual(types((await walk(1, '', '&type=invoice.*')).events), ['invoice.created', 'invoice.issued'])
  t.is((await walk(200, '', '&type=*')).events.length, 6)
  const mine = ['account.created', 'invoice.created', 'invoice.issued']
  t.deepEqual(types((await walk(2, '', `&account_id=${account.id}`)).events), mine)
  const ofObject = await walk(1, '', `&object_id=${invoice.body.id}`)
  t.deepEqual(types(ofObject.events), ['invoice.created', 'invoice.issued'])
  const neither = await walk(200, '', `&object_id=${invoice.body.id}&account_id=${other.account.id}`)
  t.deepEqual(neither.events, [])
  const since = await walk(200, '', `&from=${later}`)
  t.deepEqual(types(since.events), ['invoice.issued', 'issuer.created', 'account.created'])
  t.deepEqual(types((await walk(200, '', '&from=2026-11-01T00:00:00Z')).events).length, 6)
  t.deepEqual((await walk(200, '', '&from=2026-12-01T00:00:00Z')).events, [])
})

test.serial('of two open transactions the one that commits last is not skipped, whatever its ids', async (t) => {
  const { database, deps } = kontor
  const { account } = await issuerAndAccount(kontor)
  const start = (await walk(200)).next
  const accountId = parseId('acc', account.id)
  const doer = { tenantId: kontor.tenantId, mode: 'test', keyId: accountId } as const
  const record = async (tx: Parameters<typeof recordEvent>[0], objectVersion: number) => {
    const id = deps.newId(bucketOf(accountId))
    const at = deps.now()
    await recordEvent(tx, doer, { id, type: 'account.updated', accountId, objectId: accountId, objectVersion, at })
    return formatId('evt', id)
  }
  const early = await database.knex.transaction()
  const first = await record(early, 2)
  const late = await database.knex.transaction()
  const second = await record(late, 3)
  await late.commit()
  const meanwhile = await pages(200, start)
  t.deepEqual(meanwhile.events, [], 'a transaction that began before is still open')
  const end = await read('?after=end')
  t.deepEqual([end.data, end.has_more], [[], false])
  await early.commit()
  for (const from of [start, meanwhile.next, end.next_after]) {
    const ids = (await walk(200, from)).events.map(({ id }) => id)
    t.deepEqual(ids, [first, second])
  }
  const rolledBack = await database.knex.transaction()
  await record(rolledBack, 4)
  const before = await pages(200, start)
  await rolledBack.rollback()
  t.deepEqual(await walk(200, start), before)
})

test.serial('a reader beside many writers sees every event once', async (t) => {
  const { order } = await issuerAndAccount(kontor)
  const { next } = await walk(200)
  let writing = true
  const seen: string[] = []
  const reader = (async () => {
    for (let after = next; ; ) {
      const last = !writing
      const page = last ? await walk(7, after) : await pages(7, after)
      seen.push(...page.events.map(({ id }) => id))
      after = page.next
      if (last) return
    }
  })()
  const writer = async () => {
    for (let n = 0; n < 12; n++) await kontor.call('POST', '/v1/invoices', order)
  }
  await Promise.all([1, 2, 3, 4].map(writer))
  writing = false
  await reader
  t.is(seen.length, 48)
  t.is(new Set(seen).size, 48)
})

test.serial('a cursor of another cluster, or of no form, is refused', async (t) => {
  const { next_after } = await read()
  const other = `${next_after[0] === '0' ? '1' : '0'}${next_after.slice(1)}`
  t.like(await kontor.call('GET', `/v1/events?after=${other}`), { status: 410, body: { code: 'cursor_expired' } })
  const largest = next_after.replace(/\.\d+\./, '.9999999999999999999.')
  t.is((await kontor.call('GET', `/v1/events?after=${largest}`)).status, 200)
  for (const query of [
    'after=nonsense',
    `after=${next_after}0`,
    `after=${next_after.replace(/\.\d+\./, '.99999999999999999999.')}`,
    'type=Invoice.issued',
    'type=*.created',
    'object_id=tok_01h455vb4pex5vsknk084sn02q',
    'account_id=inv_01h455vb4pex5vsknk084sn02q',
    'from=yesterday',
    'from=2026-11-23T25:00:00Z',
    'from=2026-02-30T00:00:00Z',
    'limit=201',
    'state=open',
  ]) {
    t.is((await kontor.call('GET', `/v1/events?${query}`)).status, 400, query)
  }
})

test.serial('events of another tenant or of the other mode are not seen', async (t) => {
  await issuerAndAccount(kontor)
  const live = await kontor.apiKey('admin', { mode: 'live' })
  const reply = await kontor.call('GET', '/v1/events', undefined, { as: live })
  t.deepEqual(reply.body.data, [])
})
