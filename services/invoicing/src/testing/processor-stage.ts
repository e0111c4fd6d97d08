import { randomBytes } from 'node:crypto'
import { formatId, newUuid, toBucket } from '@kontor/ids'
import { parsePan } from '@kontor/payment-data'
import { type Processor, paypalProcessor, stripeProcessor } from '@kontor/processors'
import {
  type Delivered,
  type PaypalFake,
  paypalDelivery,
  paypalFake,
  type StripeFake,
  stripeDelivery,
  stripeFake,
} from '@kontor/processors/testing'
import {
  type InvoicingUnderTest,
  invoicingUnderTest,
  type Processing,
  type Reply,
  type ServiceApp,
} from '../../../../test/support/invoicing.ts'
import { ProcessorNotConfigured } from '../processors/errors.ts'
import type { FindInstrument } from '../vault/client.ts'

/** The secret that is being replaced, and the one that replaces it. */
export const STRIPE_SECRETS = ['whsec_test_newNewNewNewNewNewNewNew', 'whsec_test_oldOldOldOldOldOldOldOld'] as const
export const PAYPAL_SIGNATURE = 'kDSKfoBfHcKnp3zkFPEmHVdKp0ykTXMwEA9OYZqJ7wz0YKP3=='

/** A service whose tenant has given credentials of Stripe and PayPal, which are fakes over HTTP. */
export interface ProcessorStage {
  readonly kontor: InvoicingUnderTest
  readonly stripe: StripeFake
  readonly paypal: PaypalFake
  /** Who moves the money, by `tenant/mode/processor`; instead of one, an error that asking for it ends with. */
  readonly processors: Map<string, Processor | Error>
  /** The id of the tenant on the wire. */
  readonly tenant: string
  readonly at: (name: 'stripe' | 'paypal') => Processor
  /** Another tenant, with credentials of its own at Stripe. */
  otherTenant(slug: string, webhookSecret: string): Promise<string>
  /** Signed by Stripe at this moment, unless told otherwise. */
  byStripe(body: string, given?: { secret?: string; atMs?: number }): Delivered
  byPaypal(body: string): Delivered
  /** Posts a delivery, to the tenant and its test mode unless told otherwise. */
  deliver(
    delivered: { readonly headers: Readonly<Record<string, string>>; readonly body: string | Buffer },
    to?: { processor?: string; tenant?: string; mode?: string; app?: ServiceApp },
  ): Promise<Reply>
  close(): Promise<void>
}

/** @param instruments What the vault knows; nothing, unless told otherwise. */
export async function processorStage(
  instruments: { readonly findInstrument?: FindInstrument } & Pick<Processing, 'registrationOf'> = {},
): Promise<ProcessorStage> {
  const [stripe, paypal] = [await stripeFake(), await paypalFake()]
  const processors = new Map<string, Processor | Error>()
  const kontor: InvoicingUnderTest = await invoicingUnderTest(instruments.findInstrument, {
    ...(instruments.registrationOf && { registrationOf: instruments.registrationOf }),
    processorOf: async ({ tenantId, mode }, name) => {
      const found = processors.get(`${tenantId}/${mode}/${name}`) ?? new ProcessorNotConfigured()
      if (found instanceof Error) throw found
      return found
    },
  })
  const { clock, tenantId } = kontor
  const connection = { mode: 'test', timeoutMs: 20_000, nowMs: clock.nowMs } as const
  const atStripe = (webhookSecrets: readonly string[]) =>
    stripeProcessor({ ...connection, secretKey: stripe.secretKey, baseUrl: stripe.baseUrl, webhookSecrets })
  const { clientId, clientSecret, webhookId, baseUrl } = paypal
  const own = {
    stripe: atStripe(STRIPE_SECRETS),
    paypal: paypalProcessor({ ...connection, clientId, clientSecret, webhookId, baseUrl }),
  }
  for (const processor of Object.values(own)) processors.set(`${tenantId}/test/${processor.name}`, processor)
  paypal.signatures.add(PAYPAL_SIGNATURE)
  const tenant = formatId('ten', tenantId)
  return {
    kontor,
    stripe,
    paypal,
    processors,
    tenant,
    at: (name) => own[name],
    async otherTenant(slug, webhookSecret) {
      const id = newUuid(toBucket(0), clock.nowMs(), randomBytes)
      await kontor.sql('insert into tenant (id, slug, name) values ($1, $2, $2)', [id, slug])
      processors.set(`${id}/test/stripe`, atStripe([webhookSecret]))
      return formatId('ten', id)
    },
    byStripe: (body, { secret = STRIPE_SECRETS[0], atMs = clock.nowMs() } = {}) => stripeDelivery(body, secret, atMs),
    byPaypal: (body) => paypalDelivery(body, PAYPAL_SIGNATURE),
    async deliver({ headers, body }, to = {}) {
      const reply = await (to.app ?? kontor.app).inject({
        method: 'POST',
        url: `/v1/processors/${to.processor ?? 'stripe'}/webhooks/${to.tenant ?? tenant}/${to.mode ?? 'test'}`,
        headers,
        payload: body,
      })
      return { status: reply.statusCode, body: reply.json(), headers: reply.headers, bytes: reply.rawPayload }
    },
    async close() {
      await kontor.close()
      await Promise.all([stripe.close(), paypal.close()])
    },
  }
}

/** A charge of 100.00 EUR that the processor has taken. @returns The processor's id of it. */
export async function charged(processor: Processor, key: string): Promise<string> {
  const card = {
    type: 'card',
    open: () => ({ pan: parsePan('4242 4242 4242 4242').reveal(), expiryMonth: 12, expiryYear: 2030 }),
  } as const
  const registered = await processor.register({ idempotencyKey: `${key}-register`, instrument: card })
  if (registered.outcome !== 'registered') throw new Error(registered.outcome)
  const instrument = registered.reference
  const created = await processor.create({
    idempotencyKey: `${key}-create`,
    amount: { minor: 10_000n, currency: 'EUR' },
    capture: 'automatic',
    instrument,
    ourReference: key,
  })
  if (created.outcome !== 'created') throw new Error(created.outcome)
  const { reference } = created
  await processor.confirm({
    idempotencyKey: `${key}-confirm`,
    reference,
    instrument,
    capture: 'automatic',
    offSession: true,
  })
  return reference
}
