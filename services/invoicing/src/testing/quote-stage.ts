import { createHash } from 'node:crypto'
import {
  callApp,
  type InvoicingUnderTest,
  invoicingUnderTest,
  issuerAndAccount,
  LINE,
  type Reply,
  type ServiceApp,
} from '../../../../test/support/invoicing.ts'

/** Two processes of the service, and what is done with quotes over HTTP. */
export interface QuoteStage {
  readonly kontor: InvoicingUnderTest
  readonly twin: ServiceApp
  /** A quote that was sent: three lines of 10 × 1.00, 4 × 2.50 and 1 × 100.00. */
  sent(changes?: object): Promise<Reply['body']>
  act(id: string, action: string, body?: object, key?: string): Promise<Reply>
  /** By the other process. */
  actBeside(id: string, action: string, body?: object): Promise<Reply>
  get(id: string): Promise<Reply['body']>
}

export const LINES = [
  { ...LINE, name: 'Kabel', quantity: '10', unit: 'MTR', price: '1.00' },
  { ...LINE, name: 'Stunde', quantity: '4', price: '2.50' },
  { ...LINE, name: 'Gerät', quantity: '1', unit: 'C62', price: '100.00' },
]

export async function quoteStage(): Promise<QuoteStage> {
  const kontor = await invoicingUnderTest()
  const [admin, twin] = [await kontor.apiKey('admin'), await kontor.twin()]
  const act: QuoteStage['act'] = (id, action, body = {}, key) =>
    kontor.call('POST', `/v1/quotes/${id}/${action}`, action === 'issue' ? undefined : body, key ? { key } : {})
  return {
    kontor,
    twin,
    act,
    async sent(changes = {}) {
      const { order } = await issuerAndAccount(kontor)
      const draft = await kontor.call('POST', '/v1/quotes', { ...order, lines: LINES, ...changes })
      if (draft.status !== 201) throw new Error(draft.bytes.toString())
      const { status, body, bytes } = await act(draft.body.id, 'issue')
      if (status !== 200) throw new Error(bytes.toString())
      return body
    },
    actBeside: (id, action, body = {}) =>
      callApp(twin, admin, 'POST', `/v1/quotes/${id}/${action}`, action === 'issue' ? undefined : body),
    get: async (id) => (await kontor.call('GET', `/v1/quotes/${id}`)).body,
  }
}

export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')
