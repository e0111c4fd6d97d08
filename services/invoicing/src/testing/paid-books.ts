import type { ExecutionContext } from 'ava'
import { type InvoicingUnderTest, issuerAndAccount, type Reply } from '../../../../test/support/invoicing.ts'

/** Invoices of an account, paid or not, and what is asked of them. */
export function paidBooks(kontor: InvoicingUnderTest) {
  async function issuedInvoice(changes: object = {}) {
    const { order } = await issuerAndAccount(kontor)
    const draft = await kontor.call('POST', '/v1/invoices', { ...order, ...changes })
    return (await kontor.call('POST', `/v1/invoices/${draft.body.id}/issue`)).body
  }

  async function paidInvoice(amount_minor: number, changes: object = {}) {
    const invoice = await issuedInvoice(changes)
    const payment = await kontor.call('POST', '/v1/payments', {
      invoice_id: invoice.id,
      method: 'cash',
      amount_minor,
      currency: 'CHF',
      received_on: '2026-11-20',
    })
    return { invoice, payment: payment.body, url: `/v1/payments/${payment.body.id}` }
  }

  return {
    issuedInvoice,
    paidInvoice,
    /** A second invoice of the same account. */
    another: ({ account_id, issuer_id }: { account_id: string; issuer_id: string }, changes: object = {}) =>
      issuedInvoice({ account_id, issuer_id, ...changes }),
    read: async (invoice: { id: string }) => (await kontor.call('GET', `/v1/invoices/${invoice.id}`)).body,
    post: (url: string, body: object) => kontor.call('POST', url, body),
    /** A refusal leaves everything as it was. */
    async refused(t: ExecutionContext, run: () => Promise<Reply>, status: number, body: object) {
      const before = await kontor.state()
      t.like(await run(), { status, body })
      t.deepEqual(await kontor.state(), before)
    },
  }
}

export const REFUNDED_ON = '2026-11-23'
