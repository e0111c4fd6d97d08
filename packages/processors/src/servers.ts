import { checkedBaseUrl } from './base-url.ts'
import { type Mode, paypalHostMode } from './mode.ts'

/** Where the processors are reached. A setting of the process, and never of a tenant: card numbers go there. */
export interface ProcessorServers {
  readonly stripe: string
  readonly paypal: Readonly<Record<Mode, string>>
}

const STRIPE = 'https://api.stripe.com'
const PAYPAL: ProcessorServers['paypal'] = {
  test: 'https://api-m.sandbox.paypal.com',
  live: 'https://api-m.paypal.com',
}

/**
 * @param given What the process was told, undefined or empty for the processors' own servers. A server of PayPal's own is for the mode that
 *   it has; any other, such as a mock, is for both.
 * @throws {TypeError} Not a URL, or one over which numbers would go in the open. The message does not repeat it.
 */
export function processorServers(given: {
  readonly stripe?: string | undefined
  readonly paypal?: string | undefined
}): ProcessorServers {
  const stripe = checkedBaseUrl(given.stripe || STRIPE)
  if (!given.paypal) return { stripe, paypal: PAYPAL }
  const paypal = checkedBaseUrl(given.paypal)
  const mode = paypalHostMode(paypal)
  return { stripe, paypal: mode === undefined ? { test: paypal, live: paypal } : { ...PAYPAL, [mode]: paypal } }
}
