/** A request of PayPal's REST API, as its client takes it. */
export interface PaypalRequest {
  readonly path: string
  readonly verb: string
  readonly headers: Readonly<Record<string, string>>
  /** A text is sent as it is. */
  readonly body?: unknown
}

export interface PaypalAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

const JSON_TYPE = { 'content-type': 'application/json' }
const segment = encodeURIComponent

/** Creates a setup token: the payer's permission to keep their account, before they have given it. */
export const createSetupToken = (key: string, body: object): PaypalRequest => ({
  path: '/v3/vault/setup-tokens',
  verb: 'POST',
  headers: { ...JSON_TYPE, 'paypal-request-id': key },
  body,
})

export const getSetupToken = (id: string): PaypalRequest => ({
  path: `/v3/vault/setup-tokens/${segment(id)}`,
  verb: 'GET',
  headers: {},
})

/** Turns an approved setup token into a payment token, which is kept. */
export const createPaymentToken = (key: string, body: object): PaypalRequest => ({
  path: '/v3/vault/payment-tokens',
  verb: 'POST',
  headers: { ...JSON_TYPE, 'paypal-request-id': key },
  body,
})

/** Makes PayPal ask the payer. Confirming twice is confirming: it takes no key. */
export const confirmOrder = (id: string, body: object): PaypalRequest => ({
  path: `/v2/checkout/orders/${segment(id)}/confirm-payment-source`,
  verb: 'POST',
  headers: { ...JSON_TYPE, prefer: 'return=representation' },
  body,
})

/** @param body JSON text: it holds the event as it arrived, which an object would not. */
export const verifyWebhookSignature = (body: string): PaypalRequest => ({
  path: '/v1/notifications/verify-webhook-signature',
  verb: 'POST',
  headers: JSON_TYPE,
  body,
})
