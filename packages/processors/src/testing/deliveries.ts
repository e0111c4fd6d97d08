import Stripe from 'stripe'

/** What a processor posts. */
export interface Delivered {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const signer = new Stripe('sk_test_unused')

/** The body of an event of Stripe about `object`. */
export function stripeEvent(id: string, type: string, object: object, { live = false, createdMs = 0 } = {}): string {
  const created = Math.floor(createdMs / 1_000)
  return JSON.stringify({ id, object: 'event', type, created, livemode: live, data: { object } })
}

/** Signs as Stripe does. */
export function stripeDelivery(body: string, secret: string, signedMs: number): Delivered {
  const timestamp = Math.floor(signedMs / 1_000)
  const signature = signer.webhooks.generateTestHeaderString({ payload: body, secret, timestamp })
  return { headers: { 'content-type': 'application/json; charset=utf-8', 'stripe-signature': signature }, body }
}

/** The body of an event of PayPal about `resource`. */
export function paypalEvent(id: string, type: string, resource: object, createdMs = 0): string {
  return JSON.stringify({ id, event_type: type, create_time: new Date(createdMs).toISOString(), resource })
}

/** The headers of PayPal around a signature, which the fake takes for its own once it is among its `signatures`. */
export function paypalDelivery(body: string, signature: string): Delivered {
  return {
    headers: {
      'content-type': 'application/json',
      'paypal-auth-algo': 'SHA256withRSA',
      'paypal-cert-url': 'https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594',
      'paypal-transmission-id': 'a8e1b5f0-6a3d-11ef-b1a6-1f2d3c4b5a69',
      'paypal-transmission-sig': signature,
      'paypal-transmission-time': '2026-11-28T12:00:00Z',
    },
    body,
  }
}
