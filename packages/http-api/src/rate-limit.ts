/** What a caller has left, after this request was counted. */
export interface Allowance {
  readonly allowed: boolean
  /** Requests a minute. */
  readonly perMinute: number
  /** Requests that may follow at once. */
  readonly remaining: number
  /** Seconds until the next request is allowed; 0 where one is. */
  readonly retryAfterSeconds: number
  /** Seconds until the whole allowance is there again, if nothing is asked meanwhile. */
  readonly fullAfterSeconds: number
}

/** Counts the requests of many callers. */
export interface RateLimiter {
  /** Takes one request off the caller's allowance. A refused one takes nothing, so that asking on does not prolong the wait. */
  take(caller: string, perMinute: number): Allowance
  /** Says what `take` would, and takes nothing. */
  look(caller: string, perMinute: number): Allowance
}

interface Bucket {
  tokens: number
  atMs: number
}

const MINUTE_MS = 60_000
/** Callers remembered at once; beyond, whoever has been known longest is forgotten and starts anew. */
const CALLERS_MAX = 10_000

/**
 * A bucket of tokens for each caller: it holds a minute's allowance and refills steadily, so that nobody can spend two
 * allowances around the turn of a minute.
 *
 * `@fastify/rate-limit` was left out: it counts in fixed windows, writes the older header fields of the draft, and runs an asynchronous
 * hook with a store for each request, while this is one map lookup. Each process counts by itself: n processes let n times as many through.
 *
 * @param monotonicMs A clock that never goes back, in milliseconds.
 */
export function rateLimiter(monotonicMs: () => number): RateLimiter {
  const buckets = new Map<string, Bucket>()

  function bucketOf(caller: string, perMinute: number): Bucket {
    const atMs = monotonicMs()
    let bucket = buckets.get(caller)
    if (!bucket) {
      if (buckets.size >= CALLERS_MAX) buckets.delete(buckets.keys().next().value as string)
      bucket = { tokens: perMinute, atMs }
      buckets.set(caller, bucket)
    }
    bucket.tokens = Math.min(perMinute, bucket.tokens + ((atMs - bucket.atMs) * perMinute) / MINUTE_MS)
    bucket.atMs = atMs
    return bucket
  }

  function allowance(tokens: number, perMinute: number, allowed: boolean): Allowance {
    const secondsFor = (missing: number) => Math.ceil((missing * MINUTE_MS) / perMinute / 1_000)
    return {
      allowed,
      perMinute,
      remaining: Math.max(0, Math.floor(tokens)),
      retryAfterSeconds: allowed ? 0 : Math.max(1, secondsFor(1 - tokens)),
      fullAfterSeconds: secondsFor(perMinute - tokens),
    }
  }

  return {
    take(caller, perMinute) {
      const bucket = bucketOf(caller, perMinute)
      const allowed = bucket.tokens >= 1
      if (allowed) bucket.tokens--
      return allowance(bucket.tokens, perMinute, allowed)
    },
    look(caller, perMinute) {
      const { tokens } = bucketOf(caller, perMinute)
      return allowance(tokens, perMinute, tokens >= 1)
    },
  }
}

/**
 * Writes the header fields by which a caller can pace itself.
 *
 * @param policy Names what is counted.
 * @see draft-ietf-httpapi-ratelimit-headers-11: `RateLimit-Policy` with quota and window, `RateLimit` with what remains and
 *   the seconds until it is whole again, both as lists of structured fields (RFC 9651).
 */
export function rateLimitFields(policy: string, { perMinute, remaining, fullAfterSeconds }: Allowance) {
  return {
    'ratelimit-policy': `"${policy}";q=${perMinute};w=60`,
    ratelimit: `"${policy}";r=${remaining};t=${fullAfterSeconds}`,
  }
}
