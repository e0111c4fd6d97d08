import { createHash } from 'node:crypto'
import { type Answered, type FakeServer, fakeServer } from './fake-server.ts'
import { type Form, parseForm } from './form-body.ts'
import type { Received } from './mishap.ts'
import { StripeRefusal, type StripeState, stripeEngine, type Verdict } from './stripe-engine.ts'

export interface StripeFake extends FakeServer {
  readonly secretKey: string
  /** What becomes of a confirmed charge, by PaymentMethod; without one it succeeds. */
  readonly verdicts: Map<string, Verdict>
  /** What becomes of the next SetupIntents. */
  readonly setupVerdicts: (Verdict | undefined)[]
  readonly state: StripeState
}

interface Remembered {
  readonly digest: string
  readonly answered: Answered
}

/**
 * Answers as Stripe's API of the pinned version does, for what we use of it. A key is remembered with its answer, whatever that was,
 * save where nothing was carried out (docs.stripe.com/api/idempotent_requests).
 */
export async function stripeFake(secretKey = 'sk_test_fake_4eC39HqLyjWDarjtT1zdp7dc'): Promise<StripeFake> {
  const verdicts = new Map<string, Verdict>()
  const setupVerdicts: (Verdict | undefined)[] = []
  const engine = stripeEngine({ verdicts, setupVerdicts })
  const remembered = new Map<string, Remembered>()

  function carryOut(request: Received): Answered {
    const refused = doorRefusal(request, secretKey)
    if (refused) return refused
    const key = request.headers['idempotency-key']
    if (request.method !== 'POST' || typeof key !== 'string') return judged(request)
    const digest = createHash('sha256').update(`${request.path}\n${request.body}`).digest('hex')
    const known = remembered.get(key)
    if (known === undefined) {
      const answered = judged(request)
      // A request whose parameters fail is not remembered: "the results are only saved if the endpoint started executing".
      if (answered.status !== 400 && answered.status !== 404) remembered.set(key, { digest, answered })
      return answered
    }
    if (known.digest === digest) return known.answered
    return error(400, {
      type: 'idempotency_error',
      message: `Keys for idempotent requests can only be used once: ${key}`,
    })
  }

  function judged({ method, path, body }: Received): Answered {
    try {
      return { status: 200, body: engine.judge(method, path, formOf(method, body)) }
    } catch (thrown) {
      if (thrown instanceof StripeRefusal) return error(thrown.status, thrown.error)
      throw thrown
    }
  }

  const server = await fakeServer({
    idempotencyHeader: 'idempotency-key',
    carryOut,
    errorOf: (status, { path }) => error(status, refusalBody(status, path)).body ?? {},
    counts: () => true,
  })
  return Object.assign(server, { secretKey, verdicts, setupVerdicts, state: engine.state })
}

const formOf = (method: string, body: string): Form => (method === 'POST' ? parseForm(body) : {})

function error(status: number, body: object): Answered {
  return { status, body: { error: body } }
}

/** docs.stripe.com/api/errors, "HTTP status code summary"; texts that quote a request are quoted on purpose. */
function refusalBody(status: number, path: string): object {
  if (status === 409)
    return { type: 'invalid_request_error', code: 'idempotency_key_in_use', message: `in use: ${path}` }
  if (status === 429) return { type: 'invalid_request_error', code: 'rate_limit', message: 'Too many requests' }
  if (status >= 500) return { type: 'api_error', message: 'Something went wrong' }
  return { type: 'invalid_request_error', code: 'parameter_invalid_empty', message: `refused: ${path}` }
}

function doorRefusal({ headers }: Received, secretKey: string): Answered | undefined {
  if (headers.authorization !== `Bearer ${secretKey}`)
    return error(401, { type: 'invalid_request_error', message: 'Invalid API Key provided: sk_test_****' })
  return undefined
}
