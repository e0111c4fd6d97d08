import { bucketOf, parseId } from '@kontor/ids'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import {
  callApp,
  type InvoicingUnderTest,
  invoicingUnderTest,
  issuerAndAccount,
  type ServiceApp,
} from '../../../../test/support/invoicing.ts'

// Random requests to two processes at once. Whatever came of each: nothing is lost, nothing is used twice, and every way of
// adding the account up gives the same number.
let kontor: InvoicingUnderTest
let admin: string
let apps: readonly [ServiceApp, ServiceApp]
test.before(async () => {
  kontor = await invoicingUnderTest()
  admin = await kontor.apiKey('admin')
  apps = [kontor.app, await kontor.twin()]
})
test.after.always(() => kontor.close())

const INVOICES = 3
const amount_minor = fc.integer({ min: 1, max: 12_000 })
const at = fc.nat({ max: INVOICES - 1 })
const ON = { refunded_on: '2026-11-23' }

interface Use {
  readonly do: 'allocations' | 'discount' | 'unallocations' | 'refunds' | 'refund of invoice' | 'chargebacks'
  readonly at: number
  readonly from: number
  readonly amount_minor: number
}
type Step =
  | Use
  | { readonly do: 'pay' | 'advance' | 'write off' | 'credit'; readonly at: number; readonly amount_minor: number }
  | { readonly do: 'split'; readonly amounts: readonly number[] }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('pay', 'advance', 'write off', 'credit'), at, amount_minor }),
  fc.record({
    do: fc.constant('split'),
    amounts: fc.array(amount_minor, { minLength: INVOICES, maxLength: INVOICES }),
  }),
  fc.record({
    do: fc.constantFrom('allocations', 'discount', 'unallocations', 'refunds', 'refund of invoice', 'chargebacks'),
    at,
    from: fc.nat({ max: 9 }),
    amount_minor,
  }),
)
/** Steps of one round run at once. */
const rounds = fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { minLength: 2, maxLength: 5 })

/** Answers that say no. Anything else, a 500 or a deadlock that nobody resolved, is a defect. */
const REFUSALS = [
  'over_allocation',
  // A credit note does not come in time.
  'cash_discount_not_offered',
  'allocation_exceeds_credit',
  'over_unallocation',
  'refund_exceeds_credit',
  'write_off_exceeds_open',
  'credit_exceeds_invoice',
]

test('whatever is done at once, the sum of everything is zero', async (t) => {
  await fc.assert(
    fc.asyncProperty(rounds, async (plan) => {
      const made = await issuerAndAccount(kontor)
      const order = { ...made.order, cash_discounts: [{ percent: '2', within_days: 10 }] }
      const headers = { 'if-match': '"1"' }
      await kontor.call('PATCH', `/v1/issuers/${order.issuer_id}`, { small_difference_minor: 500 }, { headers })
      const invoices: string[] = []
      for (let n = 0; n < INVOICES; n++) {
        const { body } = await kontor.call('POST', '/v1/invoices', order)
        await kontor.call('POST', `/v1/invoices/${body.id}/issue`)
        invoices.push(body.id)
      }
      const sources: string[] = []
      let calls = 0
      const post = async (url: string, body: object) => {
        const reply = await callApp(apps[calls++ % 2] as ServiceApp, admin, 'POST', url, body)
        if (reply.status >= 300) t.true(REFUSALS.includes(reply.body.code), `${url}: ${reply.bytes}`)
        return reply
      }
      const paid = { method: 'cash', currency: 'CHF', received_on: '2026-11-20' }
      const pay = async (body: object) => {
        const reply = await post('/v1/payments', { ...paid, ...body })
        if (reply.status === 201) sources.push(`payments/${reply.body.id}`)
      }
      const run = async (one: Step): Promise<unknown> => {
        if (one.do === 'split') {
          const allocations = one.amounts.map((amount, n) => ({
            invoice_id: invoices[n],
            amount_minor: amount,
            cash_discount: n === 0,
          }))
          return pay({ allocations, amount_minor: one.amounts.reduce((sum, amount) => sum + amount, 0) })
        }
        const invoice_id = invoices[one.at] as string
        const { amount_minor } = one
        if (one.do === 'pay') return pay({ invoice_id, amount_minor })
        if (one.do === 'advance') return pay({ account_id: order.account_id, amount_minor })
        if (one.do === 'write off') return post(`/v1/invoices/${invoice_id}/write-offs`, { amount_minor, reason: 'x' })
        if (one.do === 'credit') {
          const lines = [{ line: 1, amount_minor: Math.min(amount_minor, 2_000) }]
          const note = await post(`/v1/invoices/${invoice_id}/credit-notes`, { reason: 'x', lines })
          if (note.status !== 201) return note
          sources.push(`credit-notes/${note.body.id}`)
          return post(`/v1/credit-notes/${note.body.id}/issue`, {})
        }
        const source = sources[(one as Use).from % sources.length]
        if (source === undefined) return undefined
        if (one.do === 'refunds') return post(`/v1/${source}/refunds`, { amount_minor, ...ON })
        if (one.do === 'refund of invoice') return post(`/v1/${source}/refunds`, { amount_minor, invoice_id, ...ON })
        if (one.do === 'discount')
          return post(`/v1/${source}/allocations`, { amount_minor, invoice_id, cash_discount: true })
        if (one.do !== 'chargebacks') return post(`/v1/${source}/${one.do}`, { amount_minor, invoice_id })
        if (!source.startsWith('payments')) return undefined
        return post(`/v1/${source}/chargebacks`, { amount_minor, ...ON })
      }
      for (const round of plan) await Promise.all(round.map(run))
      await addsUp(t, order.account_id, invoices)
    }),
    { numRuns: 12 },
  )
})

async function addsUp(t: ExecutionContext, accountId: string, invoices: readonly string[]) {
  const account = parseId('acc', accountId)
  const own = [bucketOf(account), account]
  const [sum] = await kontor.sql<Record<string, bigint>>(
    `select (select coalesce(sum(payable_minor), 0) from document where bucket = $1 and account_id = $2 and document_type = 'invoice')::bigint as invoiced,
            (select coalesce(sum(payable_minor), 0) from document where bucket = $1 and account_id = $2 and document_type = 'credit_note' and state = 'issued')::bigint as credited,
            (select coalesce(sum(amount_minor), 0) from payment where bucket = $1 and account_id = $2)::bigint as paid,
            (select coalesce(sum(amount_minor), 0) from refund where bucket = $1 and account_id = $2)::bigint as refunded,
            (select coalesce(sum(amount_minor), 0) from adjustment where bucket = $1 and account_id = $2)::bigint as adjusted,
            (select coalesce(sum(allocation.amount_minor), 0) from allocation join document on document.bucket = allocation.bucket and document.id = allocation.invoice_id
              where document.bucket = $1 and document.account_id = $2)::bigint as allocated,
            (select count(*) from (select from allocation join document on document.bucket = allocation.bucket and document.id = allocation.invoice_id
              where document.bucket = $1 and document.account_id = $2
              group by allocation.invoice_id, allocation.payment_id, allocation.credit_note_id having sum(allocation.amount_minor) < 0) as below)::bigint as below_zero`,
    own,
  )
  const {
    invoiced = 0n,
    credited = 0n,
    paid = 0n,
    refunded = 0n,
    adjusted = 0n,
    allocated = 0n,
    below_zero,
  } = sum ?? {}
  t.is(below_zero, 0n, 'nothing is taken back that was not there')
  const shown = await Promise.all(invoices.map(async (id) => (await kontor.call('GET', `/v1/invoices/${id}`)).body))
  for (const { open_minor, paid_minor, credited_minor, adjusted_minor, totals } of shown) {
    t.true(open_minor >= 0 && paid_minor >= 0 && credited_minor >= 0)
    t.is(paid_minor + credited_minor + adjusted_minor + open_minor, totals.payable_minor)
  }
  const open = BigInt(shown.reduce((total, { open_minor }) => total + open_minor, 0))
  t.is(invoiced - allocated - adjusted, open)
  const { body } = await kontor.call('GET', `/v1/accounts/${accountId}/balance`)
  const [balance] = body.balances
  t.is(BigInt(balance.open_minor), open)
  t.is(paid + credited, allocated + refunded + BigInt(balance.credit_minor), 'every Rappen is somewhere')
  t.is(BigInt(balance.balance_minor), invoiced - credited - paid + refunded - adjusted, 'the sum of everything is zero')
  const statement = await kontor.call('GET', `/v1/accounts/${accountId}/statement?currency=CHF&limit=200`)
  t.is(statement.body.closing_minor, balance.balance_minor)
  t.is(statement.body.data.at(-1).balance_minor, balance.balance_minor)
  const ageing = await kontor.call('GET', '/v1/ageing?currency=CHF&limit=200')
  const aged = ageing.body.data.find((row: { account_id: string }) => row.account_id === accountId)
  t.is(aged?.open_minor ?? 0, balance.open_minor)
}
