import { bucketOf, parseId } from '@kontor/ids'
import { parsePan } from '@kontor/payment-data'
import { paypalEvent, stripeEvent } from '@kontor/processors/testing'
import { issuerAndAccount, LINE, tokenOf } from '../../../../test/support/invoicing.ts'
import { type ProcessorStage, processorStage } from './processor-stage.ts'

/** What is paid of each invoice here, in CHF. */
export const PAYABLE = 216_200

export type DisputeStage = Awaited<ReturnType<typeof disputeStage>>
/** What a processor calls a charge, and the movement of money in it. */
interface Named {
  readonly reference: string
  readonly movement: string
}

/** What a step of a dispute shows, on one line. */
export const stepsOf = ({
  steps,
}: {
  steps: { state: string; amount_minor: number | null; payment_id: string | null }[]
}) => steps.map(({ state, amount_minor, payment_id }) => `${state} ${amount_minor ?? '–'}${payment_id ? ' back' : ''}`)

/** Charges through Stripe and PayPal, which then tell of disputes by signed deliveries. */
export async function disputeStage() {
  const accounts = new Map<string, string>()
  const stage: ProcessorStage = await processorStage({
    findInstrument: async (_owner, tokenId) => {
      const accountId = accounts.get(tokenId)
      return accountId === undefined ? undefined : { type: 'card', display: 'Visa •••• 4242', accountId }
    },
    registrationOf: async (_owner, tokenId, name) => {
      if (name === 'paypal') return { type: 'paypal', instrument: '8kk8451t', customer: 'customer_1' }
      const registered = await stage.at('stripe').register({
        idempotencyKey: `register-${tokenId}`,
        instrument: {
          type: 'card',
          open: () => ({ pan: parsePan('4242424242424242').reveal(), expiryMonth: 12, expiryYear: 2030 }),
        },
      })
      if (registered.outcome !== 'registered') throw new Error(registered.outcome)
      return registered.reference
    },
  })

  /** An invoice of 2,162.00 CHF that a processor was asked to take the money for. */
  async function charge(processor: 'stripe' | 'paypal', changes: object = {}) {
    const { kontor } = stage
    const { order } = await issuerAndAccount(kontor)
    const draft = await kontor.call('POST', '/v1/invoices', { ...order, lines: [{ ...LINE, price: '1000.00' }] })
    const { body: invoice } = await kontor.call('POST', `/v1/invoices/${draft.body.id}/issue`)
    const accountId = parseId('acc', invoice.account_id)
    const token = tokenOf(bucketOf(accountId))
    accounts.set(parseId('tok', token), accountId)
    const asked = await kontor.call('POST', '/v1/charges', {
      invoice_id: invoice.id,
      token_id: token,
      processor,
      ...changes,
    })
    if (asked.status !== 201) throw new Error(JSON.stringify(asked.body))
    const { id, reference, payment_id: paymentId } = asked.body
    const payment = paymentId && (await kontor.call('GET', `/v1/payments/${paymentId}`)).body
    return {
      id: id as string,
      reference: reference as string,
      movement: (payment?.reference ?? '') as string,
      paymentId: paymentId as string,
      accountId: invoice.account_id as string,
      invoice: async () => (await kontor.call('GET', `/v1/invoices/${invoice.id}`)).body,
      payment: async () => (await kontor.call('GET', `/v1/payments/${paymentId}`)).body,
      refunds: async () => (await kontor.call('GET', `/v1/charges/${id}/refunds`)).body.data,
      disputes: async () => (await kontor.call('GET', `/v1/disputes?charge_id=${id}`)).body.data,
      dispute: async () => {
        const { body } = await kontor.call('GET', `/v1/disputes?charge_id=${id}`)
        return (await kontor.call('GET', `/v1/disputes/${body.data[0].id}`)).body
      },
      /** Account of the charge: what is asked for, less what is credit. */
      balance: async () => {
        const { body } = await kontor.call('GET', `/v1/accounts/${invoice.account_id}/balance`)
        return body.balances[0]?.balance_minor ?? 0
      },
      events: async () =>
        (
          await kontor.sql<{ type: string; object_version: number }>(
            `select type, object_version from event where account_id = $1 and type like 'dispute.%' order by object_version`,
            [accountId],
          )
        ).map(({ type, object_version }) => `${type} ${object_version}`),
    }
  }

  let told = 0
  const NOON = Date.parse('2026-11-23T12:00:00Z')
  const newDispute = () => `dp_${++told}`

  /** Has Stripe tell of a dispute, an hour after noon for each hour. @returns The id of the event. */
  async function byStripe(
    dispute: string,
    of: Pick<Named, 'reference'>,
    status: string,
    hour: number,
    more: object = {},
  ) {
    const id = `evt_dispute_${++told}`
    const object = { id: dispute, payment_intent: of.reference, amount: PAYABLE, currency: 'chf', reason: 'fraudulent' }
    const body = stripeEvent(
      id,
      'charge.dispute.updated',
      { ...object, status, ...more },
      { createdMs: NOON + hour * 3_600_000 },
    )
    const { status: answered } = await stage.deliver(stage.byStripe(body))
    if (answered !== 200) throw new Error(String(answered))
    return id
  }

  async function byPaypal(
    dispute: string,
    of: Pick<Named, 'movement'>,
    status: string,
    outcome: string | undefined,
    hour: number,
    minor = PAYABLE,
  ) {
    const resource = {
      dispute_id: dispute,
      status,
      ...(outcome !== undefined && { dispute_outcome: { outcome_code: outcome } }),
      disputed_transactions: [{ seller_transaction_id: of.movement }],
      dispute_amount: { currency_code: 'CHF', value: (minor / 100).toFixed(2) },
      reason: 'MERCHANDISE_OR_SERVICE_NOT_RECEIVED',
    }
    const body = paypalEvent(`WH-dispute-${++told}`, 'CUSTOMER.DISPUTE.UPDATED', resource, NOON + hour * 3_600_000)
    const { status: answered } = await stage.deliver(stage.byPaypal(body), { processor: 'paypal' })
    if (answered !== 200) throw new Error(String(answered))
  }

  /** PayPal gives money of a charge back, under no name of ours. @returns Its id of the refund. */
  function refundAtPaypal(of: Pick<Named, 'movement'>, minor: number): string {
    const amount = { currency_code: 'CHF', value: (minor / 100).toFixed(2) }
    const { read } = stage.paypal.engine.judge('POST', `/v2/payments/captures/${of.movement}/refund`, { amount })
    return (read() as { id: string }).id
  }

  async function tellOfRefund(reference: string, type = 'PAYMENT.CAPTURE.REFUNDED') {
    const refund = stage.paypal.engine.refunds.get(reference) as object
    const body = paypalEvent(`WH-refund-${++told}`, type, refund, NOON)
    const { status: answered } = await stage.deliver(stage.byPaypal(body), { processor: 'paypal' })
    if (answered !== 200) throw new Error(String(answered))
  }

  const work = () => stage.kontor.work()
  async function later(): Promise<void> {
    await stage.kontor.sql('update graphile_worker._private_jobs set run_at = now()')
    await work()
  }
  const eventOf = async (id: string) => {
    const [row] = await stage.kontor.sql('select state, failure from processor_event where event_reference = $1', [id])
    return row
  }

  return {
    kontor: stage.kontor,
    stripe: stage.stripe,
    paypal: stage.paypal,
    charge,
    newDispute,
    byStripe,
    byPaypal,
    refundAtPaypal,
    tellOfRefund,
    work,
    later,
    eventOf,
    close: () => stage.close(),
  }
}
