import type { ExecutionContext } from 'ava'
import {
  type CallOptions,
  type InvoicingUnderTest,
  invoicingUnderTest,
  issuerAndAccount,
  LINE,
} from '../../../../test/support/invoicing.ts'

export const PAN = '4242424242424242'
export const SPACED_PAN = '4242 4242 4242 4242'

export type Errors = readonly (readonly [path: string, code: string])[]
export type Refusal = readonly [status: number, code: string, errors?: Errors]

/** A service with an issued quote and an issued invoice, and the forms that requests are made from. */
export interface RefusalStage {
  readonly kontor: InvoicingUnderTest
  readonly order: Awaited<ReturnType<typeof issuerAndAccount>>['order']
  readonly quoteId: string
  readonly invoiceId: string
  /** The body of an invoice. */
  invoice(changes: object): object
  /** The body of an invoice whose second line is changed. */
  line(changes: object): object
  /** The body of a payment. */
  payment(changes: object): object
  /** A refusal names what is at fault, repeats no card number, changes nothing and draws no number. */
  refused(
    t: ExecutionContext,
    request: readonly [method: string, url: string, body?: unknown, options?: CallOptions],
    refusal: Refusal,
  ): Promise<void>
}

export async function refusalStage(): Promise<RefusalStage> {
  const kontor = await invoicingUnderTest()
  const { order } = await issuerAndAccount(kontor)
  const issued = async (kind: 'quotes' | 'invoices'): Promise<string> => {
    const { body } = await kontor.call('POST', `/v1/${kind}`, order)
    await kontor.call('POST', `/v1/${kind}/${body.id}/issue`)
    return body.id
  }
  const [quoteId, invoiceId] = [await issued('quotes'), await issued('invoices')]
  const invoice = (changes: object) => ({ ...order, ...changes })
  return {
    kontor,
    order,
    quoteId,
    invoiceId,
    invoice,
    line: (changes) => invoice({ lines: [LINE, { ...LINE, ...changes }] }),
    payment: (changes) => ({
      invoice_id: invoiceId,
      method: 'cash',
      amount_minor: 100,
      currency: 'CHF',
      received_on: '2026-11-20',
      ...changes,
    }),
    async refused(t, [method, url, body, options], [status, code, errors]) {
      const before = await kontor.state()
      const logged = kontor.log.length
      const reply = await kontor.call(method, url, body, options)
      t.is(reply.status, status, reply.bytes.toString())
      t.is(reply.body.code, code, reply.bytes.toString())
      t.is(reply.headers['content-type'], 'application/problem+json')
      if (errors) {
        const found = reply.body.errors.map((error: { path: string; code: string }) => [error.path, error.code])
        t.deepEqual(found, errors)
      }
      for (const number of [PAN, SPACED_PAN]) {
        t.false(reply.bytes.toString().includes(number), 'the answer does not repeat it')
        t.false(kontor.log.slice(logged).join('').includes(number), 'the log does not have it')
      }
      t.deepEqual(await kontor.state(), before, 'nothing has changed')
    },
  }
}
