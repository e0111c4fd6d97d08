import Stripe from 'stripe'
import { checkedBaseUrl } from '../base-url.ts'
import { exchange } from '../exchange.ts'
import { ExchangeFailed } from '../exchange-failed.ts'
import { checkStripeKey, type Mode } from '../mode.ts'

/** The version whose answers this code was written for, and whose webhooks an endpoint is made with. */
export const STRIPE_API_VERSION = '2026-10-28.endive' satisfies Stripe.LatestApiVersion

export interface StripeConnection {
  readonly secretKey: string
  /** What the key has to be for. */
  readonly mode: Mode
  /** `https://api.stripe.com`, unless a mock server stands in. */
  readonly baseUrl: string
  readonly timeoutMs: number
}

/** What leaves the process. The package would also report the platform, what runs it, and how long requests took. */
const SENT = new Set(['authorization', 'content-type', 'stripe-version', 'idempotency-key'])

/**
 * The package's client over our own exchange, because its own
 * - sends a request a second time after a reset, even with `maxNetworkRetries: 0`, and then does not say that it did;
 * - takes an answer of 500 for a success if its JSON has no `error`;
 * - reads an answer of any size;
 * - prints what a `stripe-notice` header says as a warning of the process;
 * - has no base path.
 */
export function stripeClient({ secretKey, mode, baseUrl, timeoutMs }: StripeConnection): Stripe {
  checkStripeKey(secretKey, mode)
  return new Stripe(secretKey, {
    apiVersion: STRIPE_API_VERSION,
    httpClient: httpClient(checkedBaseUrl(baseUrl)),
    maxNetworkRetries: 0,
    timeout: timeoutMs,
    telemetry: false,
  })
}

function httpClient(base: string): Stripe.HttpClient {
  return {
    getClientName: () => 'kontor',
    async makeRequest(_host, _port, path, method, headers, body, _protocol, timeoutMs) {
      const { status, json } = await exchange({
        method,
        url: `${base}${path}`,
        headers: allowed(headers),
        ...(method === 'GET' ? {} : { body }),
        timeoutMs,
      })
      return response(status, usable(status, json))
    },
  }
}

function allowed(headers: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => SENT.has(name.toLowerCase()))
      .map(([name, value]) => [name.toLowerCase(), String(value)]),
  )
}

/** A success is an object of Stripe's, anything else has an `error` (docs.stripe.com/api/errors). */
function usable(
  status: number,
  json: Readonly<Record<string, unknown>> | undefined,
): Readonly<Record<string, unknown>> {
  const error = json?.error
  const isError = typeof error === 'object' && error !== null && typeof (error as { type?: unknown }).type === 'string'
  if (status >= 200 && status < 300 && typeof json?.object === 'string' && error === undefined) return json
  if (status >= 400 && json !== undefined && isError) return json
  throw ExchangeFailed.unknown(status >= 500 ? 'processor_error' : 'unreadable_answer')
}

function response(status: number, json: Readonly<Record<string, unknown>>): Stripe.HttpClientResponse {
  return {
    getStatusCode: () => status,
    getHeaders: () => ({}),
    getRawResponse: () => ({}),
    toStream: () => undefined,
    toJSON: async () => json,
  }
}
