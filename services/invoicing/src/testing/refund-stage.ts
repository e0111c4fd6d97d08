import { parseId } from '@kontor/ids'
import type { CallOptions, Processing, Reply } from '../../../../test/support/invoicing.ts'
import { type Chargeable, type ChargeStage, chargeStage } from './charge-stage.ts'

/** A charge of an invoice of 2,162.00 CHF that took money. */
export interface Charged extends Chargeable {
  readonly charge: { readonly id: string; readonly payment_id: string; readonly reference: string }
}

export interface RefundStage extends ChargeStage {
  charged(changes?: object): Promise<Charged>
  /** Sends back what a charge took, unless told otherwise. */
  refund(of: Charged, changes?: object, options?: CallOptions): Promise<Reply>
  /** Refunds of a charge, in order. */
  refundsOf(of: Charged): Promise<Reply['body'][]>
  payment(of: Charged): Promise<Reply['body']>
  /** The ledger of a refund, a line for each step. */
  stepsOf(of: Charged, refundId: string): Promise<string[]>
  /** Types of the events of a refund, in order. */
  eventsOf(refundId: string): Promise<string[]>
  byHand(of: Charged, kind: 'refunds' | 'chargebacks', body: object): Promise<Reply>
}

export async function refundStage(processing: Processing = {}): Promise<RefundStage> {
  const stage = await chargeStage(processing)
  const { kontor } = stage
  const url = ({ charge }: Charged) => `/v1/charges/${charge.id}/refunds`
  return {
    ...stage,
    async charged(changes = {}) {
      const of = await stage.chargeable()
      const { body, status } = await stage.charge(of, changes)
      if (body.state !== 'succeeded') throw new Error(`${status} ${JSON.stringify(body)}`)
      return { ...of, charge: body }
    },
    refund: (of, changes = {}, options = {}) => kontor.call('POST', url(of), changes, options),
    refundsOf: async (of) => (await kontor.call('GET', url(of))).body.data,
    payment: async ({ charge }) => (await kontor.call('GET', `/v1/payments/${charge.payment_id}`)).body,
    async stepsOf(of, refundId) {
      const { body } = await kontor.call('GET', `${url(of)}/${refundId}/steps`)
      return body.data.map(({ kind, request, outcome }: Record<string, string | null>) =>
        [kind, request, outcome].filter((part) => part !== null).join(' '),
      )
    },
    async eventsOf(refundId) {
      const rows = await kontor.sql<{ type: string }>(
        'select type from event where object_id = $1 order by object_version',
        [parseId('crf', refundId)],
      )
      return rows.map(({ type }) => type)
    },
    byHand: ({ charge }, kind, body) =>
      kontor.call('POST', `/v1/payments/${charge.payment_id}/${kind}`, { refunded_on: '2026-11-23', ...body }),
  }
}
