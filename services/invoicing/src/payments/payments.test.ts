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
    allocations: [{ invoice_id: invoice.id, amount_minor: 10_000 }],
  })
  t.like(await pay(invoice, { amount_minor: 1 }), { status: 409, body: { code: 'over_allocation', open_minor: 0 } })
  const list = await kontor.call('GET', `/v1/invoices?account_id=${invoice.account_id}`)
  t.like(list.body.data[0], { payment_status: 'paid', paid_minor: 10_810 })
})

test('whatever comes in at once, never more is allocated than was open', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 9_000 }), { minLength: 2, maxLength: 12 }), async (amounts) => {
      const invoice = await issuedInvoice()
      const replies = await Promise.all(
        amounts.map((amount_minor, n) =>
          callApp(n % 2 ? twin : kontor.app, admin, 'POST', '/v1/payments', paid(invoice, { amount_minor })),
        ),
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
