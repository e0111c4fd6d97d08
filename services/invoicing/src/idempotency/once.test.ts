import { bucketOf, parseId } from '@kontor/ids'
import { connect } from '@kontor/postgres'
import test from 'ava'
import {
  ACCOUNT,
  callApp,
  type InvoicingUnderTest,
  ISSUER,
  invoicingUnderTest,
  issuerAndAccount,
  LINE,
  type Reply,
  type ServiceApp,
  tokenOf,
} from '../../../../test/support/invoicing.ts'
import { TokenGone } from '../vault/client.ts'
import { digestIntent } from './command.ts'

let kontor: InvoicingUnderTest
let twin: ServiceApp
let admin: string
/** What the vault does when it is asked. */
let vault: () => { accountId: string } | undefined = () => undefined

test.before(async () => {
  kontor = await invoicingUnderTest(async () => {
    const found = vault()
    return found && { type: 'card', display: 'Visa •••• 4242', accountId: found.accountId }
  })
  twin = await kontor.twin()
  admin = await kontor.apiKey('admin')
})
test.after.always(() => kontor.close())

/** An order of its own, with a quote and an invoice in both states. */
async function stage() {
  const { call } = kontor
  const { order, account } = await issuerAndAccount(kontor)
  const quote = await call('POST', '/v1/quotes', order)
  const issuedQuote = await call('POST', '/v1/quotes', order)
  await call('POST', `/v1/quotes/${issuedQuote.body.id}/issue`)
  const draft = await call('POST', '/v1/invoices', order)
  const invoice = await call('POST', '/v1/invoices', order)
  await call('POST', `/v1/invoices/${invoice.body.id}/issue`)
  return { order, account, quote: quote.body, issuedQuote: issuedQuote.body, draft: draft.body, invoice: invoice.body }
}

const cash = (invoice: { id: string }, amount_minor = 100) => ({
  invoice_id: invoice.id,
  method: 'cash',
  amount_minor,
  currency: 'CHF',
  received_on: '2026-11-20',
})

type Write = readonly [url: string, body: object | undefined, changed?: object]

/** Every write of the API that takes a key, and a change of its body that means something else. */
function writes({ order, quote, issuedQuote, draft, invoice }: Awaited<ReturnType<typeof stage>>): readonly Write[] {
  return [
    ['/v1/issuers', ISSUER, { ...ISSUER, name: 'Andere AG' }],
    ['/v1/accounts', ACCOUNT, { ...ACCOUNT, name: 'Andere GmbH' }],
    ['/v1/quotes', order, { ...order, terms: 'anders' }],
    ['/v1/invoices', order, { ...order, lines: [LINE, LINE] }],
    ['/v1/invoice-runs', { invoice_ids: [draft.id], dry_run: true }, { invoice_ids: [draft.id], dry_run: false }],
    [`/v1/quotes/${quote.id}/issue`, undefined],
    [`/v1/quotes/${issuedQuote.id}/accept`, {}, { type_code: '389' }],
    [`/v1/invoices/${draft.id}/issue`, undefined],
    ['/v1/payments', cash(invoice), cash(invoice, 101)],
  ]
}

function same(first: Reply, second: Reply): boolean {
  return first.status === second.status && first.bytes.equals(second.bytes)
}

// Serial, because they compare everything there is before and after.
test.serial('a repeated write is answered to the byte, says so, and is not done again', async (t) => {
  for (const [index, [url, body]] of writes(await stage()).entries()) {
    const key = `repeated-${index}`
    const first = await kontor.call('POST', url, body, { key })
    t.true([200, 201, 202].includes(first.status), `${url}: ${first.bytes}`)
    t.is(first.headers['idempotent-replayed'], undefined)
    const before = await kontor.state()
    for (const app of [kontor.app, twin]) {
      const again = await callApp(app, admin, 'POST', url, body, { key })
      t.true(same(first, again), `${url}: ${again.bytes}`)
      t.is(again.headers['idempotent-replayed'], 'true')
      t.is(again.headers['content-type'], first.headers['content-type'])
    }
    t.deepEqual(await kontor.state(), before, url)
  }
})

test.serial('the order of fields and white space do not make another request of it', async (t) => {
  const first = await kontor.call('POST', '/v1/accounts', ACCOUNT, { key: 'reordered' })
  const text = JSON.stringify(Object.fromEntries(Object.entries(ACCOUNT).toReversed()), null, 2)
  const headers = { 'content-type': 'application/json' }
  t.true(same(first, await kontor.call('POST', '/v1/accounts', text, { key: 'reordered', headers })))
})

test.serial('another request under a used key is refused, and changes nothing', async (t) => {
  for (const [index, [url, body, changed]] of writes(await stage()).entries()) {
    if (!changed) continue
    const key = `changed-${index}`
    await kontor.call('POST', url, body, { key })
    const before = await kontor.state()
    const other = await kontor.call('POST', url, changed, { key })
    t.like(other, { status: 422, body: { code: 'idempotency_mismatch' } }, url)
    t.deepEqual(await kontor.state(), before, url)
  }
})

test('thirty twins in two processes make one thing, and each of them gets it', async (t) => {
  for (const [index, [url, body]] of writes(await stage()).entries()) {
    const key = `raced-key-${index}`
    const replies = await Promise.all(
      Array.from({ length: 30 }, (_, n) => callApp(n % 2 ? twin : kontor.app, admin, 'POST', url, body, { key })),
    )
    const [first] = replies as [Reply]
    t.true([200, 201, 202].includes(first.status), `${url}: ${first.bytes}`)
    t.true(
      replies.every((reply) => same(first, reply)),
      `${url}: ${replies.map(({ status }) => status)}`,
    )
    t.is(replies.filter((reply) => reply.headers['idempotent-replayed'] === undefined).length, 1, url)
  }
})

test('a refusal is not kept: the same request is judged anew', async (t) => {
  const { order } = await stage()
  const body = { ...order, external_id: 'judged-anew' }
  const taken = await kontor.call('POST', '/v1/invoices', body)
  t.is(taken.status, 201)
  const key = 'judged-anew-1'
  for (let times = 0; times < 2; times++) {
    const refused = await kontor.call('POST', '/v1/invoices', body, { key })
    t.like(refused, { status: 409, body: { code: 'external_id_in_use' } })
  }
  const other = await kontor.call('POST', '/v1/invoices', { ...body, external_id: 'judged-anew-2' }, { key })
  t.is(other.status, 201, 'a refused request has not used its key')
})

test('a key names an intent on one route and one object; elsewhere it is another intent', async (t) => {
  const [one, two] = [await stage(), await stage()]
  const key = 'everywhere-the-same'
  const replies = [
    await kontor.call('POST', '/v1/issuers', ISSUER, { key }),
    await kontor.call('POST', '/v1/accounts', ACCOUNT, { key }),
    await kontor.call('POST', '/v1/quotes', one.order, { key }),
    await kontor.call('POST', '/v1/invoices', one.order, { key }),
    await kontor.call('POST', '/v1/invoices', two.order, { key }),
    await kontor.call('POST', `/v1/invoices/${one.draft.id}/issue`, undefined, { key }),
    await kontor.call('POST', `/v1/invoices/${two.draft.id}/issue`, undefined, { key }),
    await kontor.call('POST', '/v1/payments', cash(one.invoice), { key }),
    await kontor.call('POST', '/v1/payments', cash(two.invoice), { key }),
  ]
  t.deepEqual(
    replies.map(({ status }) => status),
    [201, 201, 201, 201, 201, 200, 200, 201, 201],
  )
  t.is(new Set(replies.map(({ body }) => body.id)).size, replies.length)
})

test('after the API key was changed for another one a retry finds its answer; who may not write does not', async (t) => {
  const { order } = await stage()
  const key = 'rotated-key-1'
  const first = await kontor.call('POST', '/v1/invoices', order, { key })
  const again = await kontor.call('POST', '/v1/invoices', order, { key, as: await kontor.apiKey('checkout') })
  t.true(same(first, again))
  const denied = await kontor.call('POST', '/v1/invoices', order, { key, as: await kontor.apiKey('accounting') })
  t.is(denied.status, 403)
})

test('a retry is answered even when what the request names is gone by now, or cannot be asked', async (t) => {
  const { order, account, invoice } = await stage()
  const accountId = parseId('acc', account.id)
  const token_id = tokenOf(bucketOf(accountId))
  vault = () => ({ accountId })
  const { method: _, ...paid } = cash(invoice)
  const bodies = [
    ['/v1/quotes', { ...order, token_id }],
    ['/v1/invoices', { ...order, token_id }],
    ['/v1/payments', { ...paid, token_id }],
  ] as const
  for (const [url, body] of bodies) {
    vault = () => ({ accountId })
    const first = await kontor.call('POST', url, body, { key: 'token-gone-1' })
    t.is(first.status, 201, first.bytes.toString())
    vault = () => {
      throw new TokenGone()
    }
    t.true(same(first, await kontor.call('POST', url, body, { key: 'token-gone-1' })), url)
    t.like(await kontor.call('POST', url, body), { status: 410, body: { code: 'token_gone' } })
  }
})

test('a twin waits two seconds for the first, then is told that it is in progress, and finds the answer later', async (t) => {
  const key = 'in-progress-1'
  const digest = digestIntent(kontor.deps.idempotencySecret, {
    tenantId: kontor.tenantId,
    mode: 'test',
    operation: 'POST /v1/accounts',
    parentId: '',
    idempotencyKey: key,
    request: ACCOUNT,
  })
  const other = connect({ url: kontor.databases.invoicingUrl, max: 1, applicationName: 'the first twin' })
  const tx = await other.knex.transaction()
  await tx('idempotency').insert({
    bucket: digest.bucket,
    key_hmac: digest.keyHmac,
    tenant_id: kontor.tenantId,
    request_hmac: digest.requestHmac,
    status: 201,
    answer: '{"first":true}',
  })
  const startedAt = performance.now()
  const waiting = await kontor.call('POST', '/v1/accounts', ACCOUNT, { key })
  const waitedMs = performance.now() - startedAt
  t.like(waiting, { status: 409, body: { code: 'idempotency_in_progress' } })
  t.true(waitedMs >= 1_900 && waitedMs < 8_000, `${waitedMs} ms`)
  const patient = kontor.call('POST', '/v1/accounts', ACCOUNT, { key })
  await tx.commit()
  t.like(await patient, { status: 201, body: { first: true } })
  await other.close()
})

test('neither a key nor a body stands in the records, only keyed digests of them', async (t) => {
  const key = 'kept-as-digest-only'
  const made = await kontor.call('POST', '/v1/accounts', ACCOUNT, { key })
  const rows = await kontor.sql<{ row: object }>('select to_jsonb(idempotency) as row from idempotency')
  const text = JSON.stringify(rows)
  t.true(text.includes(made.body.id))
  t.false(text.includes(key))
  const [{ count } = { count: '' }] = await kontor.sql<{ count: string }>(
    'select count(*)::text as count from idempotency where status not between 200 and 299',
  )
  t.is(count, '0')
})
