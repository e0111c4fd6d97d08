import test from 'ava'
import {
  ACCOUNT,
  type InvoicingUnderTest,
  invoicingUnderTest,
  issuerAndAccount,
} from '../../../../test/support/invoicing.ts'
import { creditNoteBeside } from '../testing/credit-note.ts'
import { paidBooks } from '../testing/paid-books.ts'

let kontor: InvoicingUnderTest
let books: ReturnType<typeof paidBooks>
test.before(async () => {
  kontor = await invoicingUnderTest()
  books = paidBooks(kontor)
})
test.after.always(() => kontor.close())

const get = (url: string) => kontor.call('GET', url)

/** An account on which everything has happened that can. */
async function storiedAccount() {
  const { invoice, url } = await books.paidInvoice(11_000, { issue_on: '2026-09-01' })
  kontor.clock.advance(1)
  await books.post(`${url}/refunds`, { amount_minor: 90, refunded_on: '2026-11-21' })
  kontor.clock.advance(1)
  await books.post(`${url}/chargebacks`, { amount_minor: 1_100, refunded_on: '2026-11-22' })
  kontor.clock.advance(1)
  await books.post(`/v1/invoices/${invoice.id}/write-offs`, { amount_minor: 10, reason: 'x' })
  await creditNoteBeside(kontor, invoice.id, 500)
  return invoice
}

test.serial('a statement tells what happened in order, with the balance after each', async (t) => {
  const { account_id } = await storiedAccount()
  const { status, body } = await get(`/v1/accounts/${account_id}/statement?currency=CHF`)
  t.is(status, 200)
  t.like(body, { account_id, currency: 'CHF', opening_minor: 0, closing_minor: 490, next: null })
  const told = body.data.map((entry: Record<string, unknown>) => [
    entry.on,
    entry.kind,
    entry.amount_minor,
    entry.balance_minor,
  ])
  t.deepEqual(told, [
    ['2026-09-01', 'invoice', 10_810, 10_810],
    ['2026-09-01', 'credit_note', -500, 10_310],
    ['2026-11-20', 'payment', -11_000, -690],
    ['2026-11-21', 'refund', 90, -600],
    ['2026-11-22', 'chargeback', 1_100, 500],
    ['2026-11-23', 'write_off', -10, 490],
  ])
  const balance = await get(`/v1/accounts/${account_id}/balance`)
  t.deepEqual(balance.body, {
    account_id,
    balances: [{ currency: 'CHF', open_minor: 990, credit_minor: 500, prepaid_minor: 0, balance_minor: 490 }],
  })
})

test.serial('a period opens with what was owed before, and pages meet', async (t) => {
  const { account_id } = await storiedAccount()
  const url = `/v1/accounts/${account_id}/statement?currency=CHF`
  const period = await get(`${url}&from=2026-11-21&to=2026-11-22`)
  t.like(period.body, { opening_minor: -690, closing_minor: 500 })
  t.deepEqual(
    period.body.data.map(({ kind }: { kind: string }) => kind),
    ['refund', 'chargeback'],
  )
  const whole = await get(url)
  const paged: unknown[] = []
  for (let after: string | null = ''; after !== null; ) {
    const page = await get(`${url}&limit=2${after && `&after=${after}`}`)
    t.like(page.body, { opening_minor: 0, closing_minor: 490 })
    paged.push(...page.body.data)
    after = page.body.next
  }
  t.deepEqual(paged, whole.body.data)
})

test.serial('an account on which nothing happened owes nothing in any currency', async (t) => {
  const { body: account } = await kontor.call('POST', '/v1/accounts', ACCOUNT)
  t.deepEqual((await get(`/v1/accounts/${account.id}/balance`)).body, { account_id: account.id, balances: [] })
  const statement = await get(`/v1/accounts/${account.id}/statement?currency=EUR`)
  t.like(statement.body, { opening_minor: 0, closing_minor: 0, next: null })
  t.deepEqual(statement.body.data, [])
})

test.serial('ageing counts what is open by how late it is, account by account', async (t) => {
  const days = {
    '2026-11-23': 1,
    '2026-11-22': 2,
    '2026-10-24': 4,
    '2026-10-23': 8,
    '2026-09-24': 16,
    '2026-08-25': 32,
    '2026-08-24': 64,
  }
  const { order } = await issuerAndAccount(kontor)
  const quarter = { ...order, currency: 'EUR' }
  for (const [due_on, units] of Object.entries(days)) {
    const lines = [{ name: 'x', quantity: String(units), unit: 'C62', price: '1', vat_category: 'S', vat_rate: '0' }]
    const draft = await kontor.call('POST', '/v1/invoices', {
      ...quarter,
      lines: lines.map((line) => ({ ...line, vat_category: 'Z' })),
      due_on,
      issue_on: '2026-08-01',
    })
    await kontor.call('POST', `/v1/invoices/${draft.body.id}/issue`)
  }
  await books.issuedInvoice({ currency: 'EUR', due_on: '2026-12-24' })
  const { body } = await get('/v1/ageing?currency=EUR')
  t.like(body, { on: '2026-11-23', has_more: false })
  t.is(body.data.length, 2)
  const own = body.data.find(({ account_id }: { account_id: string }) => account_id === order.account_id)
  t.like(own, {
    open_minor: 12_700,
    current_minor: 100,
    days_1_30_minor: 600,
    days_31_60_minor: 2_400,
    days_61_90_minor: 3_200,
    over_90_minor: 6_400,
  })
  const later = await get('/v1/ageing?currency=EUR&on=2027-11-23')
  t.like(
    later.body.data.find(({ account_id }: { account_id: string }) => account_id === order.account_id),
    {
      over_90_minor: 12_700,
    },
  )
  const first = await get('/v1/ageing?currency=EUR&limit=1')
  t.true(first.body.has_more)
  const second = await get(`/v1/ageing?currency=EUR&limit=1&after=${first.body.data[0].account_id}`)
  t.deepEqual([...first.body.data, ...second.body.data], body.data)
})

test.serial('the ageing of a day that is over says what was open at its end', async (t) => {
  const { order } = await issuerAndAccount(kontor)
  const on = (day: string) => kontor.clock.set(`${day}T10:00:00.000Z`)
  const openOn = async (day: string) => {
    const { body } = await get(`/v1/ageing?currency=GBP&on=${day}`)
    const [aged] = body.data
    return aged ? [aged.open_minor, aged.current_minor, aged.days_1_30_minor] : [0, 0, 0]
  }
  const issued = async (due_on: string) => {
    const { body } = await kontor.call('POST', '/v1/invoices', { ...order, currency: 'GBP', due_on })
    await kontor.call('POST', `/v1/invoices/${body.id}/issue`)
    return body.id
  }
  const paid = { method: 'cash', currency: 'GBP' }
  on('2026-03-01')
  const first = await issued('2026-03-10')
  on('2026-03-05')
  const second = await issued('2026-03-31')
  // It came on the 6th and is entered on the 8th.
  on('2026-03-08')
  await kontor.call('POST', '/v1/payments', {
    ...paid,
    invoice_id: first,
    amount_minor: 5_000,
    received_on: '2026-03-06',
  })
  const advance = { ...paid, account_id: order.account_id, amount_minor: 1_000, received_on: '2026-03-08' }
  const { body: credit } = await kontor.call('POST', '/v1/payments', advance)
  on('2026-03-12')
  await kontor.call('POST', `/v1/payments/${credit.id}/allocations`, { invoice_id: second, amount_minor: 1_000 })
  on('2026-03-14')
  await kontor.call('POST', `/v1/payments/${credit.id}/unallocations`, { invoice_id: second, amount_minor: 400 })
  on('2026-03-15')
  const lines = [{ line: 1, amount_minor: 1_000 }]
  const { body: note } = await kontor.call('POST', `/v1/invoices/${second}/credit-notes`, { reason: 'x', lines })
  on('2026-03-16')
  await kontor.call('POST', `/v1/credit-notes/${note.id}/issue`)
  on('2026-03-18')
  const { body: given } = await kontor.call('POST', `/v1/invoices/${first}/write-offs`, { reason: 'x' })
  on('2026-03-20')
  await kontor.call('POST', `/v1/invoices/${first}/adjustments/${given.id}/reversals`, {})
  const history = {
    '2026-02-28': [0, 0, 0],
    '2026-03-01': [10_810, 10_810, 0],
    '2026-03-04': [10_810, 10_810, 0],
    '2026-03-05': [21_620, 21_620, 0],
    '2026-03-06': [16_620, 16_620, 0],
    '2026-03-11': [16_620, 10_810, 5_810],
    '2026-03-12': [15_620, 9_810, 5_810],
    '2026-03-14': [16_020, 10_210, 5_810],
    '2026-03-15': [16_020, 10_210, 5_810],
    '2026-03-16': [14_939, 9_129, 5_810],
    '2026-03-18': [9_129, 9_129, 0],
    '2026-03-20': [14_939, 9_129, 5_810],
    '2026-04-01': [14_939, 0, 14_939],
  }
  on('2026-11-23')
  for (const [day, expected] of Object.entries(history)) t.deepEqual(await openOn(day), expected, day)
  const { body } = await get(`/v1/accounts/${order.account_id}/balance`)
  t.is(body.balances[0].open_minor, 14_939)
  // What is owed at the end of a day is what was open less what was nobody's yet.
  const statement = await get(`/v1/accounts/${order.account_id}/statement?currency=GBP&from=2026-03-15`)
  t.is(statement.body.opening_minor, 16_020 - 400)
})

test.serial('what was made void was never owed', async (t) => {
  const { id, account_id } = await books.issuedInvoice()
  t.is((await books.post(`/v1/invoices/${id}/void`, { reason: 'Falscher Empfänger' })).status, 201)
  const statement = await get(`/v1/accounts/${account_id}/statement?currency=CHF`)
  t.like(statement.body, { closing_minor: 0 })
  t.deepEqual(statement.body.data, [])
  t.deepEqual((await get(`/v1/accounts/${account_id}/balance`)).body.balances, [])
})

test.serial('what a report is asked for is checked', async (t) => {
  const { account_id } = await storiedAccount()
  const url = `/v1/accounts/${account_id}/statement`
  for (const [query, status, code] of [
    [`${url}`, 400, 'malformed_request'],
    [`${url}?currency=XXQ`, 422, 'unknown_currency'],
    [`${url}?currency=CHF&from=2026-02-30`, 422, 'invalid_date'],
    [`${url}?currency=CHF&to=2026-02-30`, 422, 'invalid_date'],
    [`${url}?currency=CHF&from=2026-02-02&to=2026-02-01`, 422, 'period_reversed'],
    [`${url}?currency=CHF&after=2026-02-02`, 400, 'malformed_request'],
    [`${url}?currency=CHF&after=2026-02-30.01a207d9-2100-7019-a40e-6339742884e2`, 422, 'invalid_date'],
    ['/v1/ageing', 400, 'malformed_request'],
    ['/v1/ageing?currency=XXQ', 422, 'unknown_currency'],
    ['/v1/ageing?currency=CHF&on=2026-02-30', 422, 'invalid_date'],
  ] as const) {
    t.like(await get(query), { status, body: { code } }, query)
  }
})
