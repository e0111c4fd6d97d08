import { ACCOUNT, type InvoicingUnderTest, ISSUER } from '../../../../test/support/invoicing.ts'

/** Ways to order from an issuer of one's choice, for an account of one's choice. */
export function tradeOf(kontor: InvoicingUnderTest) {
  /** Makes an issuer and an account, and says how to order from them. */
  async function between(issuer: object = {}, account: object = {}) {
    const made = [
      await kontor.call('POST', '/v1/issuers', { ...ISSUER, ...issuer }),
      await kontor.call('POST', '/v1/accounts', { ...ACCOUNT, ...account }),
    ]
    for (const { status, bytes } of made) if (status !== 201) throw new Error(bytes.toString())
    return { issuer_id: made[0]?.body.id as string, account_id: made[1]?.body.id as string, currency: 'EUR' }
  }

  /** Drafts and issues; the answer is that of the step that was refused, else of the last. */
  async function issue(order: object, changes: object, kind: 'quotes' | 'invoices' = 'invoices') {
    const draft = await kontor.call('POST', `/v1/${kind}`, { ...order, ...changes })
    return draft.status === 201 ? kontor.call('POST', `/v1/${kind}/${draft.body.id}/issue`) : draft
  }
  return { between, issue }
}
