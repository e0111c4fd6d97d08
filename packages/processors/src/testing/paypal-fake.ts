import { createHash } from 'node:crypto'
import { type Answered, type FakeServer, fakeServer } from './fake-server.ts'
import type { Received } from './mishap.ts'
import { type PaypalEngine, type PaypalVerdict, paypalEngine } from './paypal-engine.ts'
import { errorBody, PaypalRefusal } from './paypal-errors.ts'

export interface PaypalFake extends FakeServer {
  readonly clientId: string
  readonly clientSecret: string
  readonly webhookId: string
  /** What becomes of a capture or authorization, by payment token; without one it succeeds. */
  readonly verdicts: Map<string, PaypalVerdict>
  readonly engine: PaypalEngine
  /** The access tokens that are taken. Emptied, each is answered with 401. */
  readonly accessTokens: Set<string>
  /** What happens to the next requests for an access token. */
  readonly tokenAnswers: (Answered | undefined)[]
  /** The signatures that PayPal knows as its own. */
  readonly signatures: Set<string>
  tokensFetched(): number
}

/**
 * Answers as PayPal's REST API does, for what we use of it. A repeated PayPal-Request-Id is answered with what the first request made,
 * as it is now (developer.paypal.com/api/rest/reference/idempotency).
 */
export async function paypalFake(clientSecret = 'EFakeSecretOfPaypalThatIsLongEnough'): Promise<PaypalFake> {
  const clientId = 'AFakeClientIdOfPaypal'
  const webhookId = '5GP028458E2496506'
  const verdicts = new Map<string, PaypalVerdict>()
  const accessTokens = new Set<string>()
  const tokenAnswers: (Answered | undefined)[] = []
  const signatures = new Set<string>()
  const remembered = new Map<string, { readonly digest: string; readonly again: () => Answered }>()
  let tokensMade = 0

  function carryOut(request: Received): Answered {
    if (request.path === '/v1/oauth2/token') return accessToken(request)
    const token = /^Bearer (.+)$/.exec(String(request.headers.authorization))?.[1]
    if (token === undefined || !accessTokens.has(token)) return { status: 401, body: errorBody(401) }
    if (request.path === '/v1/notifications/verify-webhook-signature') return verification(request)
    const key = request.headers['paypal-request-id']
    if (request.method !== 'POST' || typeof key !== 'string') return judged(request).answered
    const digest = createHash('sha256').update(`${request.path}\n${request.body}`).digest('hex')
    const known = remembered.get(key)
    if (known === undefined) {
      const { answered, again } = judged(request)
      if (answered.status < 300) remembered.set(key, { digest, again })
      return answered
    }
    return known.digest === digest ? known.again() : { status: 422, body: errorBody(422, 'DUPLICATE_REQUEST_ID') }
  }

  function judged({ method, path, body }: Received): { answered: Answered; again: () => Answered } {
    try {
      const { status, read } = engine.judge(method, path, body === '' ? {} : JSON.parse(body))
      return {
        answered: { status, body: read() },
        again: () => ({ status: status === 201 ? 200 : status, body: read() }),
      }
    } catch (thrown) {
      if (!(thrown instanceof PaypalRefusal)) throw thrown
      const answered = { status: thrown.status, body: errorBody(thrown.status, thrown.issue, thrown.links) }
      return { answered, again: () => answered }
    }
  }

  function accessToken({ headers, body }: Received): Answered {
    const scripted = tokenAnswers.shift()
    if (scripted) return scripted
    const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64')
    if (headers.authorization !== `Basic ${basic}` || body !== 'grant_type=client_credentials')
      return { status: 401, body: { error: 'invalid_client', error_description: 'Client Authentication failed' } }
    const token = `A21AAFake${++tokensMade}.${clientSecret.slice(-4)}`
    accessTokens.add(token)
    return {
      status: 200,
      body: {
        access_token: token,
        token_type: 'Bearer',
        expires_in: 32_400,
        scope: 'https://uri.paypal.com/services/payments',
      },
    }
  }

  function verification({ body }: Received): Answered {
    const asked = JSON.parse(body) as { transmission_sig: string; webhook_id: string }
    const own = signatures.has(asked.transmission_sig) && asked.webhook_id === webhookId
    return { status: 200, body: { verification_status: own ? 'SUCCESS' : 'FAILURE' } }
  }

  const server = await fakeServer({
    idempotencyHeader: 'paypal-request-id',
    carryOut,
    errorOf: (status) => errorBody(status, status === 409 ? 'PREVIOUS_REQUEST_IN_PROGRESS' : undefined),
    counts: ({ path }) => path !== '/v1/oauth2/token',
  })
  const engine = paypalEngine(server.baseUrl, verdicts)
  return Object.assign(server, {
    clientId,
    clientSecret,
    webhookId,
    verdicts,
    engine,
    accessTokens,
    tokenAnswers,
    signatures,
    tokensFetched: () => server.received.filter(({ path }) => path === '/v1/oauth2/token').length,
  })
}
