import { formatId } from '@kontor/ids'
import { parsePan } from '@kontor/payment-data'
import type { Processor } from '@kontor/processors'
import {
  type PaypalFake,
  paypalDelivery,
  paypalEvent,
  paypalFake,
  type StripeFake,
  stripeDelivery,
  stripeEvent,
  stripeFake,
} from '@kontor/processors/testing'
import { processorsOf } from '../processors/processor-of.ts'
import type { Registration } from '../vault/registrations.ts'
import { instead } from './charge-stage.ts'
import { type Charged, type RefundStage, refundStage } from './refund-stage.ts'

const SECRET = 'whsec_test_refunds_refunds_refunds_'
const SIGNATURE = 'kDSKfoBfHcKnp3zkFPEmHVdKp0ykTXMwEA9OYZqJ7wz0YKP3=='

/** Charges and refunds through fakes of Stripe and PayPal over HTTP, which tell what became of them. */
export interface ToldStage extends RefundStage {
  readonly stripe: StripeFake
  readonly paypal: PaypalFake
  /** What is wrong with the processor, until it is not any more. */
  broken: ((whole: Processor) => Partial<Processor>) | undefined
  at(name: 'stripe' | 'paypal'): Promise<Processor>
  /** Has Stripe tell of a refund as it is there. */
  tell(reference: string, type?: string): Promise<void>
  tellByPaypal(reference: string): Promise<void>
  /** What became of the event that told of a refund. */
  toldOf(reference: string): Promise<Record<string, unknown>>
  /** A refund made in the dashboard, which knows no name of ours. @returns Its id. */
  outside(of: Charged, minor: number, name?: 'stripe' | 'paypal'): Promise<string>
  /** What Stripe made of a refund meanwhile. */
  becomes(reference: string, status: string, more?: object): void
  /** What of a charge Stripe sent back. */
  sent(of: Charged): { readonly id: string }[]
  close(): Promise<void>
}

export async function toldStage(): Promise<ToldStage> {
  const [stripe, paypal] = await Promise.all([stripeFake(), paypalFake()])
  paypal.signatures.add(SIGNATURE)
  const { clientId, clientSecret, webhookId } = paypal
  const stage = await refundStage({
    processorOf: async (owner, name) => {
      const whole = await processorOf(owner, name)
      return told.broken ? instead(whole, told.broken(whole)) : whole
    },
    registrationOf: async (owner, tokenId, name) => registered(await processorOf(owner, name), tokenId),
  })
  const { kontor } = stage
  const processorOf = processorsOf({
    database: kontor.database,
    credentialsOf: async (_owner, processor) =>
      processor === 'stripe'
        ? { processor, mode: 'test', version: 1, secretKey: stripe.secretKey, webhookSecrets: [SECRET] }
        : { processor, mode: 'test', version: 1, clientId, clientSecret, webhookId },
    baseUrls: { stripe: stripe.baseUrl, paypal: paypal.baseUrl },
    nowMs: kontor.clock.nowMs,
    monotonicMs: () => performance.now(),
  })
  let events = 0

  async function post(processor: 'stripe' | 'paypal', { headers, body }: { headers: object; body: string }) {
    const url = `/v1/processors/${processor}/webhooks/${formatId('ten', kontor.tenantId)}/test`
    const reply = await kontor.app.inject({ method: 'POST', url, headers: { ...headers }, payload: body })
    if (reply.statusCode !== 200) throw new Error(reply.body)
  }

  const at: ToldStage['at'] = (name) => processorOf({ tenantId: kontor.tenantId, mode: 'test' }, name)
  const told: ToldStage = {
    ...stage,
    stripe,
    paypal,
    broken: undefined,
    at,
    async tell(reference, type = 'refund.updated') {
      const createdMs = kontor.clock.nowMs()
      const refund = stripe.state.refunds.get(reference) as object
      const body = stripeEvent(`evt_refund_${++events}`, type, refund, { createdMs })
      await post('stripe', stripeDelivery(body, SECRET, createdMs))
    },
    async tellByPaypal(reference) {
      const refund = paypal.engine.refunds.get(reference) as object
      const body = paypalEvent(`WH-${++events}`, 'PAYMENT.CAPTURE.REFUNDED', refund, kontor.clock.nowMs())
      await post('paypal', paypalDelivery(body, SIGNATURE))
    },
    async toldOf(reference) {
      const { body } = await kontor.call('GET', '/v1/processor-events?limit=200')
      return body.data.find((each: { reference: string }) => each.reference === reference)
    },
    async outside({ charge }, minor, name = 'stripe') {
      const amount = { minor: BigInt(minor), currency: 'CHF' }
      const request = { idempotencyKey: `dashboard-${++events}`, reference: charge.reference, amount }
      const made = await (await at(name)).refund(request)
      if (made.outcome !== 'succeeded') throw new Error(made.outcome)
      return made.reference
    },
    becomes(reference, status, more = {}) {
      const refund = stripe.state.refunds.get(reference)
      stripe.state.refunds.set(reference, { ...(refund as NonNullable<typeof refund>), status, ...more })
    },
    sent: ({ charge }) =>
      [...stripe.state.refunds.values()].filter(({ payment_intent }) => payment_intent === charge.reference),
    async close() {
      await kontor.close()
      await Promise.all([stripe.close(), paypal.close()])
    },
  }
  return told
}

/** As the vault registers. */
async function registered(processor: Processor, tokenId: string): Promise<Registration> {
  if (processor.name === 'paypal') return { type: 'paypal', instrument: '8kk8451t', customer: 'customer_1' }
  const outcome = await processor.register({
    idempotencyKey: `register-${tokenId}`,
    instrument: {
      type: 'card',
      open: () => ({ pan: parsePan('4242424242424242').reveal(), expiryMonth: 12, expiryYear: 2030, cvc: '737' }),
    },
  })
  if (outcome.outcome !== 'registered') throw new Error(outcome.outcome)
  return outcome.reference
}
