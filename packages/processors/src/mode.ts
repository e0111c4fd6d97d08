/** Whether money is real. The two never meet. */
export type Mode = 'test' | 'live'

/** Restricted keys begin with `rk_` (docs.stripe.com/keys, "Key types"). */
const STRIPE_KEY = /^[rs]k_(test|live)_[\x21-\x7e]{1,250}$/

/** @returns What a secret key says it is for. Undefined where it is none. */
export function stripeKeyMode(secretKey: string): Mode | undefined {
  return STRIPE_KEY.exec(secretKey)?.[1] as Mode | undefined
}

/** @throws {TypeError} No secret key, or one of the other mode. The message does not repeat it. */
export function checkStripeKey(secretKey: string, mode: Mode): void {
  const keyMode = stripeKeyMode(secretKey)
  if (keyMode === undefined) throw new TypeError('the secret key of Stripe is not one like sk_test_…')
  if (keyMode !== mode) throw new TypeError(`the secret key of Stripe is one for ${keyMode} mode`)
}

const PAYPAL_HOSTS: Readonly<Record<string, Mode>> = {
  'api-m.paypal.com': 'live',
  'api.paypal.com': 'live',
  'api-m.sandbox.paypal.com': 'test',
  'api.sandbox.paypal.com': 'test',
}

/** @returns Which mode a server of PayPal's own is for. Undefined for any other server. */
export function paypalHostMode(baseUrl: string): Mode | undefined {
  return PAYPAL_HOSTS[new URL(baseUrl).hostname]
}

/** PayPal's credentials look alike in both modes; what differs is where they are sent. */
export function checkPaypalHost(baseUrl: string, mode: Mode): void {
  const hostMode = paypalHostMode(baseUrl)
  if (hostMode !== undefined && hostMode !== mode)
    throw new TypeError(`the base URL of PayPal is the one for ${hostMode} mode`)
}
