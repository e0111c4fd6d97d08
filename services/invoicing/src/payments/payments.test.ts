import { Unavailable } from '@kontor/http-api'
import { bucketOf, parseId } from '@kontor/ids'
import test from 'ava'
import fc from 'fast-check'
import {
  callApp,
  type InvoicingUnderTest,
  ISSUER,
  invoicingUnderTest,
  issuerAndAccount,
  type ServiceApp,
  tokenOf,
} from '../../../../test/support/invoicing.ts'
import { type MaskedInstrument, TokenGone } from '../vault/client.ts'

let kontor: InvoicingUnderTest
let admin: string
let twin: ServiceApp
/** What the vault answers, by token id. */
const vault = new Map<string, () => MaskedInstrument | undefined>()
let asked = 0

test.before(async () => {
  kontor = await invoicingUnderTest(async (_owner, tokenId) => {
    asked++
    return vault.get(tokenId)?.()
  })
  admin = await kontor.apiKey('admin')
  twin = await kontor.twin()
})
test.after.always(() => kontor.close())

async function issuedInvoice(changes: object = {}) {
  const { order } = await issuerAndAccount(kontor)
  const draft = await kontor.call('POST', '/v1/invoices', { ...order, ...changes })
  return (await kontor.call('POST', `/v1/invoices/${draft.body.id}/issue`)).body
}

const paid = (invoice: { id: string }, changes: object = {}) => ({
  invoice_id: invoice.id,
  method: 'bank_transfer',
  amount_minor: 100,
  currency: 'CHF',
  received_on: '2026-11-23',
  ...changes,
})

const pay = (invoice: { id: string }, changes: object = {}) =>
  kontor.call('POST', '/v1/payments', paid(invoice, changes))
const read = async (invoice: { id: string }) => (await kontor.call('GET', `/v1/invoices/${invoice.id}`)).body

test('an invoice is open, partially paid, paid: computed from what came in', async (t) => {
  const invoice = await issuedInvoice()
  t.like(await read(invoice), { payment_status: 'open', paid_minor: 0, open_minor: 10_810 })
  const first = await pay(invoice, { amount_minor: 10_000, reference: 'E2E-1' })
  t.is(first.status, 201)
  t.like(await read(invoice), { payment_status: 'partially_paid', paid_minor: 10_000, open_minor: 810 })
  await pay(invoice, { amount_minor: 810, method: 'cash' })
  t.like(await read(invoice), { payment_status: 'paid', paid_minor: 10_810, open_minor: 0 })
  t.deepEqual((await kontor.call('GET', `/v1/payments/${first.body.id}`)).body, first.body)
  t.like(first.body, {
    account_id: invoice.account_id,
    method: 'bank_transfer',
    token_id: null,
    instrument: null,
    reference: 'E2E-1',
    allocated_minor: 10_000,
    refunded_minor: 0,
    credit_minor: 0,
    allocations: [{ invoice_id: invoice.id, amount_minor: 10_000 }],
    refunds: [],
  })
  const list = await kontor.call('GET', `/v1/invoices?account_id=${invoice.account_id}`)
  t.like(list.body.data[0], { payment_status: 'paid', paid_minor: 10_810 })
})

test('money that came in is never refused: what its invoice has no use for is the account’s credit', async (t) => {
  const invoice = await issuedInvoice()
  const first = await pay(invoice, { amount_minor: 10_910 })
  t.like(first, { status: 201, body: { allocated_minor: 10_810, credit_minor: 100 } })
  t.deepEqual(first.body.allocations, [{ invoice_id: invoice.id, amount_minor: 10_810 }])
  const second = await pay(invoice, { amount_minor: 7 })
  t.like(second, { status: 201, body: { allocated_minor: 0, credit_minor: 7, allocations: [] } })
  t.like(await read(invoice), { payment_status: 'paid', paid_minor: 10_810, open_minor: 0 })
  const advance = await pay(invoice, { invoice_id: undefined, account_id: invoice.account_id, currency: 'EUR' })
  t.like(advance, { status: 201, body: { account_id: invoice.account_id, currency: 'EUR', credit_minor: 100 } })
})

test.serial('one payment is for several invoices, and one invoice is paid by several payments', async (t) => {
  const { order } = await issuerAndAccount(kontor)
  const [one, two] = [await issuedInvoice(order), await issuedInvoice(order)]
  const body = (first: number, second: number) => ({
    ...paid(one, { invoice_id: undefined, amount_minor: 15_000 }),
    allocations: [
      { invoice_id: one.id, amount_minor: first },
      { invoice_id: two.id, amount_minor: second },
    ],
  })
  const both = await kontor.call('POST', '/v1/payments', body(10_810, 4_000))
  t.like(both, { status: 201, body: { account_id: order.account_id, allocated_minor: 14_810, credit_minor: 190 } })
  t.like(await read(one), { payment_status: 'paid' })
  t.like(await read(two), { payment_status: 'partially_paid', open_minor: 6_810 })
  const before = await kontor.state()
  const over = await kontor.call('POST', '/v1/payments', body(1, 6_000))
  t.like(over, { status: 409, body: { code: 'over_allocation', open_minor: 0, invoice_id: one.id } })
  t.deepEqual(await kontor.state(), before, 'nothing of it is kept')
  await pay(two, { amount_minor: 6_810 })
  t.like(await read(two), { payment_status: 'paid' })
})

test('what is another account’s is not paid with it', async (t) => {
  const [mine, theirs] = [await issuedInvoice(), await issuedInvoice()]
  const both = [mine, theirs].map(({ id }) => ({ invoice_id: id, amount_minor: 1 }))
  for (const changes of [
    { invoice_id: undefined, allocations: both },
    { account_id: theirs.account_id },
    { invoice_id: undefined, account_id: theirs.account_id, allocations: both.slice(0, 1) },
  ]) {
    t.like(await pay(mine, changes), { status: 422, body: { code: 'account_mismatch' } })
  }
})

test('whatever comes in at once, never more is allocated than was open, and every Rappen is somewhere', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 9_000 }), { minLength: 2, maxLength: 12 }), async (amounts) => {
      const invoice = await issuedInvoice()
      const replies = await Promise.all(
        amounts.map((amount_minor, n) =>
          callApp(n % 2 ? twin : kontor.app, admin, 'POST', '/v1/payments', paid(invoice, { amount_minor })),
        ),
      )
      const sum = amounts.reduce((total, amount) => total + amount, 0)
      const allocated = Math.min(sum, 10_810)
      t.true(replies.every(({ status }) => status === 201))
      t.is(
        replies.map(({ body }) => body.allocated_minor).reduce((total, minor) => total + minor, 0),
        allocated,
      )
      t.is(
        replies.map(({ body }) => body.credit_minor).reduce((total, minor) => total + minor, 0),
        sum - allocated,
      )
      t.like(await read(invoice), { paid_minor: allocated, open_minor: 10_810 - allocated })
    }),
    { numRuns: 8 },
  )
})

test('whoever says at once what a payment is for, gets it exactly or not at all', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 9_000 }), { minLength: 2, maxLength: 12 }), async (amounts) => {
      const invoice = await issuedInvoice()
      const body = (amount_minor: number) => ({
        ...paid(invoice, { invoice_id: undefined, amount_minor }),
        allocations: [{ invoice_id: invoice.id, amount_minor }],
      })
      const replies = await Promise.all(
        amounts.map((amount, n) => callApp(n % 2 ? twin : kontor.app, admin, 'POST', '/v1/payments', body(amount))),
      )
      const taken = replies.filter(({ status }) => status === 201).map(({ body }) => body.amount_minor as number)
      const sum = taken.reduce((total, amount) => total + amount, 0)
      t.true(sum <= 10_810)
      t.like(await read(invoice), { paid_minor: sum, open_minor: 10_810 - sum })
      for (const [index, reply] of replies.entries()) {
        if (reply.status === 201) continue
        t.like(reply, { status: 409, body: { code: 'over_allocation' } })
        t.true((amounts[index] as number) > 10_810 - sum, 'nobody is refused who would still fit')
      }
    }),
    { numRuns: 8 },
  )
})

test('a draft takes no payment', async (t) => {
  const { order } = await issuerAndAccount(kontor)
  const draft = await kontor.call('POST', '/v1/invoices', order)
  t.like(await pay(draft.body), { status: 409, body: { code: 'not_issued' } })
})

test('money has come by today, where the issuer is', async (t) => {
  const issuer = await kontor.call('POST', '/v1/issuers', { ...ISSUER, time_zone: 'Pacific/Kiritimati' })
  const [there, here] = [await issuedInvoice({ issuer_id: issuer.body.id }), await issuedInvoice()]
  // 10:00 UTC on the 23rd: the 24th has begun on Kiritimati, and has not in Zurich.
  t.is((await pay(there, { received_on: '2026-11-24' })).status, 201)
  t.like(await pay(there, { received_on: '2026-11-25' }), { status: 422, body: { code: 'date_in_future' } })
  t.like(await pay(here, { received_on: '2026-11-24' }), { status: 422, body: { code: 'date_in_future' } })
})

/** A token that shares the bucket of the invoice's account, as a token of that account would. */
function tokenFor(
  invoice: { account_id: string },
  answer: (accountId: string) => MaskedInstrument | undefined,
): string {
  const accountId = parseId('acc', invoice.account_id)
  const token = tokenOf(bucketOf(accountId))
  vault.set(parseId('tok', token), () => answer(accountId))
  return token
}

test('a payment with a token keeps its masked values, and no method of its own', async (t) => {
  const invoice = await issuedInvoice()
  const token_id = tokenFor(invoice, (accountId) => ({ type: 'card', display: 'Visa •••• 4242', accountId }))
  const reply = await pay(invoice, { token_id, method: undefined })
  t.like(reply, { status: 201, body: { method: 'card', token_id, instrument: 'Visa •••• 4242' } })
  t.like(await pay(invoice, { token_id }), { status: 422, body: { code: 'method_missing' } })
})

test.serial(
  'a token that is not the account’s, gone or cannot be asked for pays nothing, and leaves nothing',
  async (t) => {
    const invoice = await issuedInvoice()
    const other = await issuedInvoice()
    const fails = (error: Error) => () => {
      throw error
    }
    const cases: readonly (readonly [string, string, number, string])[] = [
      ['unknown', tokenFor(invoice, () => undefined), 422, 'unknown_token'],
      [
        'another account’s in the same bucket',
        tokenFor(invoice, () => ({ type: 'card', display: 'x', accountId: parseId('acc', other.account_id) })),
        422,
        'unknown_token',
      ],
      [
        'another account’s',
        tokenFor(other, (accountId) => ({ type: 'card', display: 'x', accountId })),
        422,
        'unknown_token',
      ],
      ['a guest’s', tokenFor(invoice, () => ({ type: 'card', display: 'x', accountId: null })), 422, 'unknown_token'],
      ['gone', tokenFor(invoice, fails(new TokenGone())), 410, 'token_gone'],
      [
        'while the vault is down',
        tokenFor(invoice, fails(new Unavailable('vault_unavailable', 'the vault'))),
        503,
        'vault_unavailable',
      ],
    ]
    const before = await kontor.state()
    for (const [what, token_id, status, code] of cases) {
      t.like(await pay(invoice, { token_id, method: undefined }), { status, body: { code } }, what)
    }
    t.deepEqual(await kontor.state(), before)
  },
)

test.serial('a token of another bucket is not even asked for', async (t) => {
  const invoice = await issuedInvoice()
  const before = asked
  const token_id = tokenOf((bucketOf(parseId('acc', invoice.account_id)) + 1) % 4096)
  t.like(await pay(invoice, { token_id, method: undefined }), { status: 422, body: { code: 'unknown_token' } })
  t.is(asked, before)
})

test('a payment is an event of its account', async (t) => {
  const invoice = await issuedInvoice()
  const { body } = await pay(invoice)
  const events = await kontor.sql('select account_id, object_version, mode from event where object_id = $1', [
    parseId('pay', body.id),
  ])
  t.deepEqual(events, [{ account_id: parseId('acc', invoice.account_id), object_version: 1, mode: 'test' }])
})
