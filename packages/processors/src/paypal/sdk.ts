import sdk from '@paypal/checkout-server-sdk'
import { checkedBaseUrl } from '../base-url.ts'
import { type ExchangeAnswer, exchange } from '../exchange.ts'
import { ExchangeFailed } from '../exchange-failed.ts'
import { checkPaypalHost, type Mode } from '../mode.ts'
import type { PaypalAnswer, PaypalRequest } from './request.ts'

export interface PaypalConnection {
  readonly clientId: string
  readonly clientSecret: string
  /** What the server has to be for. */
  readonly mode: Mode
  /** `https://api-m.paypal.com`, `https://api-m.sandbox.paypal.com`, or a mock server. */
  readonly baseUrl: string
  readonly timeoutMs: number
  readonly nowMs: () => number
}

interface AccessToken {
  readonly authorization: string
  readonly expiresAtMs: number
}

/** A token is replaced this much before it ends. */
const TOKEN_MARGIN_MS = 60_000

/**
 * The only place that knows PayPal's package (docs/adr/0022-paypal-sdk.md). Its client is kept as a class, and its way of sending
 * is not: that ends the process on an answer that it does not like, shares access tokens between credentials and servers, asks
 * for compressed answers, waits for thirty seconds, forgets the path of a base URL and quotes answers in its errors.
 */
export class PaypalClient extends sdk.core.PayPalHttpClient {
  readonly #connection: PaypalConnection
  readonly #base: string
  #token: AccessToken | undefined
  #fetching: Promise<AccessToken> | undefined

  constructor(connection: PaypalConnection) {
    const base = checkedBaseUrl(connection.baseUrl)
    checkPaypalHost(base, connection.mode)
    // Without credentials: the package would keep the secret where `inspect` prints it, and file its tokens under the id alone.
    super(new sdk.core.PayPalEnvironment('', '', base, base))
    this.#connection = connection
    this.#base = base
  }

  /** @throws {ExchangeFailed} */
  override async execute(request: PaypalRequest): Promise<PaypalAnswer> {
    const token = await this.#accessToken()
    const first = await this.#send(request, token.authorization)
    if (first.status !== 401) return answerOf(first)
    // Refused at the door, so nothing was carried out: once more, under the same key, with a token of its own.
    if (this.#token === token) this.#token = undefined
    const second = await this.#send(request, (await this.#accessToken()).authorization)
    if (second.status === 401) throw ExchangeFailed.notSent('credentials_refused')
    return answerOf(second)
  }

  /** What the package would call by itself. Tokens never leave this class. */
  override async fetchAccessToken(): Promise<undefined> {
    await this.#accessToken()
  }

  #send({ path, verb, headers, body }: PaypalRequest, authorization: string): Promise<ExchangeAnswer> {
    return exchange({
      method: verb,
      url: `${this.#base}${path.replace(/\?$/, '')}`,
      headers: { ...lowerCased(headers), accept: 'application/json', authorization },
      body: body === undefined || body === null ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
      timeoutMs: this.#connection.timeoutMs,
    })
  }

  /** However many ask at once, one token is fetched. */
  async #accessToken(): Promise<AccessToken> {
    if (this.#token && this.#token.expiresAtMs > this.#connection.nowMs()) return this.#token
    this.#fetching ??= this.#fetchToken().finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  async #fetchToken(): Promise<AccessToken> {
    const { clientId, clientSecret, nowMs } = this.#connection
    const requestedAtMs = nowMs()
    const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64')
    const answer = await this.#sendFirst(
      {
        path: '/v1/oauth2/token',
        verb: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'grant_type=client_credentials',
      },
      `Basic ${basic}`,
    )
    const { access_token: token, expires_in: seconds } = answer.json ?? {}
    if (
      answer.status !== 200 ||
      typeof token !== 'string' ||
      !/^[\x21-\x7e]{1,4096}$/.test(token) ||
      !isSeconds(seconds)
    )
      throw ExchangeFailed.notSent(refusalOf(answer.status))
    this.#token = {
      authorization: `Bearer ${token}`,
      expiresAtMs: requestedAtMs + seconds * 1000 - TOKEN_MARGIN_MS,
    }
    return this.#token
  }

  /** Whatever becomes of the request for a token, the one that needs it has not been sent. */
  async #sendFirst(request: PaypalRequest, authorization: string): Promise<ExchangeAnswer> {
    try {
      return await this.#send(request, authorization)
    } catch (error) {
      if (error instanceof ExchangeFailed && error.outcome.outcome === 'unknown')
        throw ExchangeFailed.notSent('preparation_failed')
      throw error
    }
  }
}

function refusalOf(status: number): 'credentials_refused' | 'rate_limited' | 'preparation_failed' {
  if (status === 400 || status === 401 || status === 403) return 'credentials_refused'
  return status === 429 ? 'rate_limited' : 'preparation_failed'
}

const isSeconds = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0

/** A `204` has no body; any other answer is a JSON object, or cannot be relied on. */
function answerOf({ status, json, empty }: ExchangeAnswer): PaypalAnswer {
  if (json !== undefined) return { status, body: json }
  if (status === 204 && empty) return { status, body: {} }
  throw ExchangeFailed.unknown(status >= 500 ? 'processor_error' : 'unreadable_answer')
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

const WHOLE = 'return=representation'

export function createOrder(key: string, body: object): PaypalRequest {
  const request = new sdk.orders.OrdersCreateRequest().prefer(WHOLE).requestBody(body)
  // The class is older than the header, without which an order is made twice.
  request.headers['PayPal-Request-Id'] = key
  return request
}

export const getOrder = (id: string): PaypalRequest => new sdk.orders.OrdersGetRequest(id)

export const captureOrder = (key: string, id: string, body: object): PaypalRequest =>
  new sdk.orders.OrdersCaptureRequest(id).payPalRequestId(key).prefer(WHOLE).requestBody(body)

export const authorizeOrder = (key: string, id: string, body: object): PaypalRequest =>
  new sdk.orders.OrdersAuthorizeRequest(id).payPalRequestId(key).prefer(WHOLE).requestBody(body)

export const captureAuthorization = (key: string, id: string, body: object): PaypalRequest =>
  new sdk.payments.AuthorizationsCaptureRequest(id).payPalRequestId(key).prefer(WHOLE).requestBody(body)

/** Takes no key: letting go twice is letting go. */
export const voidAuthorization = (id: string): PaypalRequest => new sdk.payments.AuthorizationsVoidRequest(id)

export const refundCapture = (key: string, id: string, body: object): PaypalRequest =>
  new sdk.payments.CapturesRefundRequest(id).payPalRequestId(key).prefer(WHOLE).requestBody(body)

export const getRefund = (id: string): PaypalRequest => new sdk.payments.RefundsGetRequest(id)
