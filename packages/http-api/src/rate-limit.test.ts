import test from 'ava'
import fc from 'fast-check'
import { rateLimiter, rateLimitFields } from './rate-limit.ts'

/** A limiter whose clock is moved by hand. */
function limiter() {
  const clock = { ms: 0 }
  return { clock, limits: rateLimiter(() => clock.ms) }
}

test('a minute’s allowance may be spent at once, and not one request more', (t) => {
  const { limits } = limiter()
  t.true(Array.from({ length: 60 }, () => limits.take('key', 60)).every(({ allowed }) => allowed))
  const refused = limits.take('key', 60)
  t.deepEqual(refused, { allowed: false, perMinute: 60, remaining: 0, retryAfterSeconds: 1, fullAfterSeconds: 60 })
})

test('the allowance comes back steadily, and asking while refused does not prolong the wait', (t) => {
  const { clock, limits } = limiter()
  for (let n = 0; n < 6; n++) limits.take('key', 6)
  for (let n = 0; n < 100; n++) t.is(limits.take('key', 6).retryAfterSeconds, 10)
  clock.ms = 9_999
  t.false(limits.take('key', 6).allowed)
  clock.ms = 10_000
  t.true(limits.take('key', 6).allowed)
  t.false(limits.take('key', 6).allowed)
})

test('callers have allowances of their own', (t) => {
  const { limits } = limiter()
  t.true(limits.take('one', 1).allowed)
  t.false(limits.take('one', 1).allowed)
  t.true(limits.take('other', 1).allowed)
})

test('looking takes nothing', (t) => {
  const { limits } = limiter()
  for (let n = 0; n < 5; n++) t.true(limits.look('key', 1).allowed)
  t.true(limits.take('key', 1).allowed)
  t.false(limits.look('key', 1).allowed)
})

test('a lowered limit holds from the next request on', (t) => {
  const { limits } = limiter()
  limits.take('key', 1_000)
  t.is(limits.take('key', 2).remaining, 1)
})

test('whoever waits as long as it was told is let through, whatever the limit and the times', (t) => {
  const gaps = fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 50 })
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), gaps, (perMinute, waits) => {
        const { clock, limits } = limiter()
        for (const wait of waits) {
          clock.ms += wait
          const { allowed, retryAfterSeconds } = limits.take('key', perMinute)
          if (allowed) continue
          clock.ms += retryAfterSeconds * 1_000
          if (!limits.take('key', perMinute).allowed) return false
        }
        return true
      }),
    ),
  )
})

test('the header fields are those of the draft', (t) => {
  const { limits } = limiter()
  limits.take('key', 100)
  t.deepEqual(rateLimitFields('key', limits.take('key', 100)), {
    'ratelimit-policy': '"key";q=100;w=60',
    ratelimit: '"key";r=98;t=2',
  })
})
