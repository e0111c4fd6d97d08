import { bucketOf, parseId } from '@kontor/ids'
import type { Processor } from '@kontor/processors'
import {
  type CallOptions,
  type InvoicingUnderTest,
  invoicingUnderTest,
  issuerAndAccount,
  LINE,
  type Processing,
  type Reply,
  tokenOf,
} from '../../../../test/support/invoicing.ts'
import type { MaskedInstrument } from '../vault/client.ts'

/** An issued invoice of 2,162.00 CHF, and a token of its account. */
export interface Chargeable {
  readonly invoice: { readonly id: string; readonly account_id: string; readonly issuer_id: string }
  readonly token_id: string
}

export interface ChargeStage {
  readonly kontor: InvoicingUnderTest
  chargeable(changes?: object): Promise<Chargeable>
  /** A token as the vault knows it, in the bucket of an account. */
  token(accountId: string, answer: () => MaskedInstrument | undefined): string
  /** Charges through the test processor, unless told otherwise. */
  charge(of: Chargeable, changes?: object, options?: CallOptions): Promise<Reply>
  read(of: Chargeable): Promise<Reply['body']>
  show(chargeId: string): Promise<Reply['body']>
  steps(chargeId: string): Promise<string[]>
  paymentsOf(chargeId: string): Promise<Record<string, unknown>[]>
  /** Does what waits for later as well. */
  later(): Promise<void>
}

export async function chargeStage(processing: Processing = {}): Promise<ChargeStage> {
  const vault = new Map<string, () => MaskedInstrument | undefined>()
  const kontor = await invoicingUnderTest(async (_owner, tokenId) => vault.get(tokenId)?.(), processing)

  const token: ChargeStage['token'] = (accountId, answer) => {
    const made = tokenOf(bucketOf(parseId('acc', accountId)))
    vault.set(parseId('tok', made), answer)
    return made
  }

  return {
    kontor,
    token,
    async chargeable(changes = {}) {
      const { order } = await issuerAndAccount(kontor)
      const lines = [{ ...LINE, price: '1000.00' }]
      const draft = await kontor.call('POST', '/v1/invoices', { ...order, lines, ...changes })
      const { body: invoice } = await kontor.call('POST', `/v1/invoices/${draft.body.id}/issue`)
      const accountId = parseId('acc', invoice.account_id)
      const answer = () => ({ type: 'card', display: 'Visa •••• 4242', accountId }) as const
      return { invoice, token_id: token(invoice.account_id, answer) }
    },
    charge: ({ invoice, token_id }, changes = {}, options = {}) =>
      kontor.call('POST', '/v1/charges', { invoice_id: invoice.id, token_id, processor: 'test', ...changes }, options),
    read: async ({ invoice }) => (await kontor.call('GET', `/v1/invoices/${invoice.id}`)).body,
    show: async (chargeId) => (await kontor.call('GET', `/v1/charges/${chargeId}`)).body,
    async steps(chargeId) {
      const { body } = await kontor.call('GET', `/v1/charges/${chargeId}/steps`)
      return body.data.map(({ kind, request, outcome }: Record<string, string | null>) =>
        [kind, request, outcome].filter((part) => part !== null).join(' '),
      )
    },
    paymentsOf: (chargeId) =>
      kontor.sql('select id, amount_minor from payment where charge_id = $1', [parseId('chg', chargeId)]),
    async later() {
      await kontor.sql('update graphile_worker._private_jobs set run_at = now()')
      await kontor.work()
    },
  }
}

/** A processor of which one method does something else. */
export const instead = (processor: Processor, changed: Partial<Processor>): Processor => ({ ...processor, ...changed })
