import test from 'ava'
import { expiringCache } from './expiring-cache.ts'

function cacheAt(options: { maxEntries?: number } = {}) {
  const clock = { ms: 0 }
  const cache = expiringCache<string>({
    maxEntries: options.maxEntries ?? 10,
    ttlMs: 1_000,
    monotonicMs: () => clock.ms,
  })
  const loads: string[] = []
  const load = (value: string) => async () => {
    loads.push(value)
    return value
  }
  return { clock, cache, loads, load }
}

test('a value is loaded once and held until its time is over', async (t) => {
  const { clock, cache, loads, load } = cacheAt()
  t.is(await cache.get('key', load('first')), 'first')
  clock.ms = 999
  t.is(await cache.get('key', load('second')), 'first')
  clock.ms = 1_000
  t.is(await cache.get('key', load('third')), 'third')
  t.deepEqual(loads, ['first', 'third'])
})

test('callers that ask at once share one load', async (t) => {
  const { cache, loads, load } = cacheAt()
  await Promise.all([cache.get('key', load('a')), cache.get('key', load('b')), cache.get('key', load('c'))])
  t.deepEqual(loads, ['a'])
})

test('a failed load is not held', async (t) => {
  const { cache, load } = cacheAt()
  await t.throwsAsync(
    cache.get('key', () => Promise.reject(new Error('down'))),
    { message: 'down' },
  )
  t.is(await cache.get('key', load('up')), 'up')
})

test('beyond its bound the oldest entry goes', async (t) => {
  const { cache, loads, load } = cacheAt({ maxEntries: 2 })
  for (const key of ['a', 'b', 'c']) await cache.get(key, load(key))
  await cache.get('b', load('b again'))
  await cache.get('c', load('c again'))
  await cache.get('a', load('a again'))
  t.deepEqual(loads, ['a', 'b', 'c', 'a again'])
})

test('a key forgotten while it loads is loaded anew by the next caller', async (t) => {
  const { cache, load } = cacheAt()
  const loading = cache.get('key', load('old'))
  cache.forget('key')
  t.is(await loading, 'old')
  t.is(await cache.get('key', load('new')), 'new')
})

test('a sweep drops what is too old and keeps the rest', async (t) => {
  const { clock, cache, loads, load } = cacheAt()
  await cache.get('old', load('old'))
  clock.ms = 600
  await cache.get('young', load('young'))
  clock.ms = 1_200
  cache.sweep()
  await cache.get('young', load('not asked for'))
  await cache.get('old', load('old again'))
  t.deepEqual(loads, ['old', 'young', 'old again'])
})
