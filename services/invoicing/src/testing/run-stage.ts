import { type InvoicingUnderTest, issuerAndAccount } from '../../../../test/support/invoicing.ts'

/** A draft of a run, as the service answers it. */
export interface ItemShown {
  readonly position: number
  readonly invoice_id: string
  readonly state: string
  readonly number: string | null
  readonly code: string | null
  readonly path: string | null
}

/** What tests of runs do again and again. */
export function runStage(kontor: InvoicingUnderTest) {
  return {
    /** Drafts of an issuer and an account of their own. */
    async drafts(count: number) {
      const { order, account, issuer } = await issuerAndAccount(kontor)
      const ids: string[] = []
      for (let n = 0; n < count; n++) ids.push((await kontor.call('POST', '/v1/invoices', order)).body.id)
      return { order, account, issuer, ids }
    },

    /** Makes a run, does its jobs and shows what has become of it. */
    async run(body: object) {
      const made = await kontor.call('POST', '/v1/invoice-runs', body)
      if (made.status !== 202) throw new Error(made.bytes.toString())
      await kontor.work()
      return (await kontor.call('GET', `/v1/invoice-runs/${made.body.id}`)).body
    },

    itemsOf: async (id: string): Promise<ItemShown[]> =>
      (await kontor.call('GET', `/v1/invoice-runs/${id}/items?limit=200`)).body.data,

    invoice: async (id: string) => (await kontor.call('GET', `/v1/invoices/${id}`)).body,
  }
}
