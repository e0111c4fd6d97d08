import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { OrderForm } from '../orders/order-form.ts'
import type { OrderFile } from '../orders/read-orders.ts'
import { type Api, NoAnswer, Refused } from './api-client.ts'
import { runJob } from './job.ts'
import { openOutFolder } from './out-folder.ts'

const order: OrderForm = {
  document: 'invoice',
  type_code: '380',
  issue_date: '2026-03-02',
  currency: 'EUR',
  seller: { name: 'Papierhaus', country: 'DE' },
  buyer: { name: 'Erika Mustermann', country: 'DE' },
  lines: [{ id: '1', name: 'x', quantity: '1', unit: 'C62', price: '1', vat_category: 'S', vat_rate: '19' }],
  instrument: { type: 'card', card: {}, holder: {} },
}
const file = (name: string, change: Partial<OrderForm> = {}): OrderFile => ({
  path: name,
  name,
  text: JSON.stringify({ ...order, ...change }),
})

const totals = {
  lines_minor: 100,
  allowances_minor: 0,
  charges_minor: 0,
  net_minor: 100,
  vat_minor: 19,
  gross_minor: 119,
  prepaid_minor: 0,
  rounding_minor: 0,
  payable_minor: 119,
  vat_groups: [],
}

/** Services that do as they are told and remember it. `refuse` is asked before each write. */
function services(refuse: (path: string, body: Record<string, unknown>) => Error | undefined = () => undefined) {
  const writes: { path: string; key: string; body: Record<string, unknown> }[] = []
  const wire = (path: string, body: Record<string, unknown>) => ({
    id: `id-${writes.length}`,
    name: body.name,
    customer_number: '100000016',
    display: 'Visa •••• 4242',
    number: '100000016-1',
    currency: 'EUR',
    totals,
    line_net_minor: [100],
    instrument: { token_id: 'tok_1', display: 'Visa •••• 4242' },
    warnings: [],
    state: path.endsWith('/issue') ? 'issued' : body.return_url ? 'requires_action' : 'draft',
    invoice_id: null,
    payment_status: path.endsWith('/issue') ? 'open' : null,
  })
  const api = (signal: AbortSignal): Api => ({
    get: async <T>() => ({ data: [] }) as T,
    post: async <T>(path: string, key: string, body: unknown = {}) => {
      signal.throwIfAborted()
      const refusal = refuse(path, body as Record<string, unknown>)
      if (refusal) throw refusal
      writes.push({ path, key, body: body as Record<string, unknown> })
      return wire(path, body as Record<string, unknown>) as T
    },
    download: async () => new Blob(['x']).stream(),
  })
  return { writes, connect: (signal: AbortSignal) => ({ vault: api(signal), invoicing: api(signal) }) }
}

async function run(t: ExecutionContext, files: readonly OrderFile[], { connect }: ReturnType<typeof services>) {
  const folder = mkdtempSync(join(tmpdir(), 'kontor-job-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const progress: string[] = []
  const out = await openOutFolder(folder)
  const result = await runJob(files, { connect, out, onProgress: (done, total) => progress.push(`${done}/${total}`) })
  return { result, progress }
}

const refusal = (status: number, code: string) =>
  new Refused({ type: 'urn:kontor:problem:x', title: 'No', instance: 'x', status, code }, 'vault')

test('an order that is a credit note becomes one, and charges nobody', async (t) => {
  const made = services()
  const { instrument: _, ...uncharged } = order
  const credit = {
    document: 'credit_note',
    type_code: '381',
    preceding_invoice: { number: ' ALT\n7 ', issued_on: '2026-01-01' },
    reason: 'Bonus\r\n2025',
  } as const
  const downloads: string[] = []
  const seen = (signal: AbortSignal) => {
    const { vault, invoicing } = made.connect(signal)
    const download = (path: string) => {
      downloads.push(path)
      return invoicing.download(path)
    }
    return { vault, invoicing: { ...invoicing, download } }
  }
  const { result } = await run(
    t,
    [{ path: 'c', name: 'credit.json', text: JSON.stringify({ ...uncharged, ...credit }) }],
    { ...made, connect: seen },
  )
  const { writes } = made
  t.deepEqual(
    writes.map(({ path }) => path),
    ['/v1/accounts', '/v1/issuers', '/v1/credit-notes', '/v1/credit-notes/id-3/issue'],
  )
  t.like(writes[2]?.body, { preceding_invoice: { number: 'ALT 7', issued_on: '2026-01-01' }, reason: 'Bonus\n2025' })
  t.deepEqual(downloads, ['/v1/credit-notes/id-4.pdf', '/v1/exports/invoices.csv'])
  t.like(result.orders[0], { credit_note_number: '100000016-1', invoice_number: null, quote_number: null, error: null })
})

test('an order becomes account, issuer, token, quote, invoice and charge, in that order', async (t) => {
  const fake = services()
  const { result } = await run(t, [file('a.json')], fake)
  const steps = fake.writes.map(({ path }) => path.replace(/id-\d+/, ':id'))
  t.deepEqual(steps.slice(0, 2).sort(), ['/v1/accounts', '/v1/issuers'])
  t.deepEqual(steps.slice(2), [
    '/v1/tokens',
    '/v1/quotes',
    '/v1/quotes/:id/issue',
    '/v1/quotes/:id/accept',
    '/v1/invoices/:id/issue',
    '/v1/tokens/tok_1/registrations',
    '/v1/charges',
  ])
  t.is(new Set(fake.writes.map(({ key }) => key)).size, fake.writes.length, 'each write has a key of its own')
  t.like(result.orders[0], { payable: '1.19', invoice_number: '100000016-1', error: null })
  t.deepEqual(JSON.parse(readFileSync(result.summary, 'utf8')), result.orders)
})

test('what the test processor does not take is recorded as paid', async (t) => {
  const fake = services((path) =>
    path.endsWith('/registrations') ? refusal(422, 'instrument_not_accepted') : undefined,
  )
  const { result } = await run(t, [file('a.json')], fake)
  const [, , , , , , , payment] = fake.writes
  t.like(payment, { path: '/v1/payments', body: { token_id: 'tok_1', amount_minor: 119, received_on: '2026-03-02' } })
  t.is(result.orders[0]?.error, null)
})

test('whose account it is agrees: to a debit at the checkout, and at PayPal', async (t) => {
  const written = async (type: 'bank_account' | 'paypal_account') => {
    const fake = services()
    await run(
      t,
      [file('a.json', { instrument: { type, [type]: {}, holder: {} } as NonNullable<OrderForm['instrument']> })],
      fake,
    )
    return fake.writes.filter(({ path }) => path.includes('/registrations'))
  }
  t.like((await written('bank_account'))[0]?.body, { mandate: { accepted_at: '2026-03-02T00:00:00Z' } })
  const [asked, agreed] = await written('paypal_account')
  t.is(asked?.body.return_url, 'https://shop.example/back')
  t.is(agreed?.path, '/v1/tokens/tok_1/registrations/test/finish')
})

test('only the vault sees the instrument', async (t) => {
  const fake = services()
  await run(t, [file('a.json', { instrument: { type: 'card', card: { number: 'SECRET' }, holder: {} } })], fake)
  t.deepEqual(
    fake.writes.filter(({ body }) => JSON.stringify(body).includes('SECRET')).map(({ path }) => path),
    ['/v1/tokens'],
  )
})

test('orders of one account go by issue date, whatever their files are called', async (t) => {
  const fake = services()
  const dates = ['2026-03-03', '2026-03-01', '2026-03-02']
  await run(
    t,
    dates.map((issue_date, index) => file(`${index}.json`, { issue_date })),
    fake,
  )
  const quoted = fake.writes.filter(({ path }) => path === '/v1/quotes').map(({ body }) => body.issue_on)
  t.deepEqual(quoted, [...dates].sort())
  t.is(fake.writes.filter(({ path }) => path === '/v1/issuers').length, 1)
})

test('an order that is refused stops no other, and one that cannot be read is counted', async (t) => {
  const fake = services((path, body) => (path === '/v1/quotes' && body.terms ? refusal(422, 'bad') : undefined))
  const files = [file('a.json', { terms: 'x' }), file('b.json'), { path: 'c', name: 'c.json', text: '{' }]
  const { result, progress } = await run(t, files, fake)
  t.deepEqual(
    result.orders.map(({ error }) => error?.code ?? null),
    ['bad', null, 'unreadable_order'],
  )
  t.is(result.orders[0]?.instrument, 'Visa •••• 4242', 'it says how far it came')
  t.deepEqual(progress, ['1/3', '2/3', '3/3'])
})

test('an order with half a character in it is refused, and not worked', async (t) => {
  const fake = services()
  const text = JSON.stringify({ ...order, terms: 'x' }).replace('"terms":"x"', '"terms":"\\ud800"')
  const { result } = await run(t, [{ path: 'a', name: 'a.json', text }, file('b.json')], fake)
  t.deepEqual(
    result.orders.map(({ error }) => error?.code ?? null),
    ['invalid_order', null],
  )
  t.is(fake.writes.filter(({ path }) => path === '/v1/quotes').length, 1)
})

for (const [because, failure] of [
  ['a service that is gone', new NoAnswer('vault')],
  ['a part that stays down', refusal(503, 'keys_unavailable')],
] as const) {
  test(`${because} ends the job for every order`, async (t) => {
    const fake = services((path) => (path === '/v1/tokens' ? failure : undefined))
    const files = Array.from({ length: 20 }, (_, index) =>
      file(`${index}.json`, { buyer: { name: `Buyer ${index}`, country: 'DE' } }),
    )
    t.is(await t.throwsAsync(run(t, files, fake)), failure)
    t.true(fake.writes.filter(({ path }) => path === '/v1/accounts').length < files.length)
  })
}
