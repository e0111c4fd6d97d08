import { bucketOf, parseId } from '@kontor/ids'
import {
  type InvoicingUnderTest,
  invoicingUnderTest,
  issuerAndAccount,
  LINE,
  tokenOf,
} from '../../../../test/support/invoicing.ts'

/** An issued invoice of 2,162.00 CHF, with what the test processor took for it. */
export interface Charged {
  readonly invoice: { readonly id: string; readonly account_id: string }
  readonly charge: { readonly id: string; readonly payment_id: string }
}

export interface ChargedStage {
  readonly kontor: InvoicingUnderTest
  issued(): Promise<Charged['invoice']>
  charged(changes?: object): Promise<Charged>
}

export async function chargedStage(): Promise<ChargedStage> {
  let accountId = ''
  const kontor = await invoicingUnderTest(async () => ({ type: 'card', display: 'Visa •••• 4242', accountId }))
  async function issued() {
    const { order } = await issuerAndAccount(kontor)
    const draft = await kontor.call('POST', '/v1/invoices', { ...order, lines: [{ ...LINE, price: '1000.00' }] })
    return (await kontor.call('POST', `/v1/invoices/${draft.body.id}/issue`)).body
  }
  return {
    kontor,
    issued,
    async charged(changes = {}) {
      const invoice = await issued()
      accountId = parseId('acc', invoice.account_id)
      const asked = { invoice_id: invoice.id, token_id: tokenOf(bucketOf(accountId)), processor: 'test', ...changes }
      const { body: charge } = await kontor.call('POST', '/v1/charges', asked)
      if (charge.state !== 'succeeded') throw new Error(JSON.stringify(charge))
      return { invoice, charge }
    },
  }
}
