import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { IntegrityViolation } from '@kontor/jose-box'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { canonicalContext } from './context.ts'
import { KeyProviderRefused, KeyProviderUnavailable, RootKeyMissing } from './errors.ts'
import { type FakeTransit, fakeTransit, type Mishap } from './testing/fake-transit.ts'
import { newFakeKey } from './testing/fake-transit-engine.ts'
import { transitProvider } from './transit.ts'
import type { TransitOptions } from './transit-client.ts'

const key = Buffer.alloc(32, 5)
const context = { typ: 'kek', ten: 'ten_1', ver: 1 }

async function started(t: ExecutionContext, mount?: string) {
  const fake = await fakeTransit(mount)
  t.teardown(() => fake.close())
  return { fake, provider: providerOf(fake, mount === undefined ? {} : { mount }) }
}

function providerOf(fake: FakeTransit, other: Partial<TransitOptions> = {}) {
  return transitProvider({ address: fake.address, key: 'kontor', readToken: async () => fake.token, ...other })
}

test('what is wrapped in a context unwraps in it, and in no other', async (t) => {
  const { provider } = await started(t)
  const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,8}$/).filter((n) => n !== 'kid')
  const value = fc.oneof(
    fc.maxSafeInteger(),
    fc.string({ unit: 'grapheme', maxLength: 20 }).filter((s) => s.isWellFormed()),
  )
  const contexts = fc.dictionary(name, value, { maxKeys: 4 })
  const keys = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes))
  await fc.assert(
    fc.asyncProperty(keys, contexts, contexts, async (kek, one, other) => {
      const { kid, wrapped } = await provider.wrap(kek, one)
      t.is(kid, 'transit:kontor:v1')
      t.deepEqual(await provider.unwrap(kid, wrapped, Object.fromEntries(Object.entries(one).reverse())), kek)
      const equal = canonicalContext(one) === canonicalContext(other)
      if (!equal) await t.throwsAsync(provider.unwrap(kid, wrapped, other), { instanceOf: IntegrityViolation })
    }),
    { numRuns: 40 },
  )
})

test('no character of a wrapped key can change without being noticed', async (t) => {
  const { provider } = await started(t)
  const { kid, wrapped } = await provider.wrap(key, context)
  const edits = fc.tuple(fc.nat(wrapped.length - 1), fc.string({ unit: 'binary-ascii', maxLength: 2 }))
  await fc.assert(
    fc.asyncProperty(edits, async ([at, replacement]) => {
      const altered = wrapped.slice(0, at) + replacement + wrapped.slice(at + 1)
      if (altered === wrapped) return
      await t.throwsAsync(provider.unwrap(kid, altered, context), { instanceOf: IntegrityViolation })
    }),
    { numRuns: 60 },
  )
})

test('after a rotation the new version wraps at once, and the old one unwraps', async (t) => {
  const { fake, provider } = await started(t)
  const before = await provider.wrap(key, context)
  await fetch(`${fake.address}/v1/transit/keys/kontor/rotate`, {
    method: 'POST',
    headers: { 'x-vault-token': fake.token },
  })
  t.is(await provider.currentKid(), 'transit:kontor:v2')
  const after = await provider.wrap(key, context)
  t.is(after.kid, 'transit:kontor:v2')
  for (const { kid, wrapped } of [before, after]) t.deepEqual(await provider.unwrap(kid, wrapped, context), key)
  t.deepEqual(await provider.kids(), [
    { kid: 'transit:kontor:v2', state: 'current', createdAt: '2015-09-21T16:03:33.000Z' },
    { kid: 'transit:kontor:v1', state: 'retired', createdAt: '2015-09-21T16:03:32.000Z' },
  ])
})

test('what one version wrapped does not unwrap under the name of another, and asks the server nothing', async (t) => {
  const { fake, provider } = await started(t)
  const { wrapped } = await provider.wrap(key, context)
  fake.requests.length = 0
  await t.throwsAsync(provider.unwrap('transit:kontor:v2', wrapped, context), { instanceOf: IntegrityViolation })
  for (const kid of ['transit:other:v1', 'transit:kontor:v0', 'transit:kontor:v1x', 'transit:kontor:', 'root-1', '']) {
    await t.throwsAsync(provider.unwrap(kid, wrapped, context), { instanceOf: RootKeyMissing })
  }
  t.deepEqual(fake.requests, [])
})

test('a version that was trimmed or never was is missing, not an integrity violation', async (t) => {
  const { fake, provider } = await started(t)
  const { kid, wrapped } = await provider.wrap(key, context)
  fake.keys.set('kontor', {
    ...newFakeKey(),
    latest: 2,
    minDecryption: 2,
    versions: new Map([[2, { key, createdAtS: 1 }]]),
  })
  await t.throwsAsync(provider.unwrap(kid, wrapped, context), { instanceOf: RootKeyMissing })
  const newer = wrapped.replace('vault:v1:', 'vault:v9:')
  await t.throwsAsync(provider.unwrap('transit:kontor:v9', newer, context), { instanceOf: RootKeyMissing })
})

test('a key that cannot bind a context is refused before anything is wrapped', async (t) => {
  const { fake, provider } = await started(t)
  for (const change of [{ type: 'rsa-4096' }, { type: 'aes128-gcm96' }, { derived: true }]) {
    fake.keys.set('kontor', { ...newFakeKey(), ...change })
    await t.throwsAsync(provider.wrap(key, context), { instanceOf: KeyProviderRefused })
  }
  t.false(fake.requests.some((request) => request.includes('encrypt')))
})

test('an unknown key, mount or namespace and a token that is not allowed are refusals', async (t) => {
  const { fake } = await started(t)
  fake.tokens.set('reader', /^GET /)
  const refused: Partial<TransitOptions>[] = [
    { key: 'other' },
    { mount: 'elsewhere' },
    { namespace: 'nobody' },
    { readToken: async () => 'wrong' },
    { readToken: async () => 'reader' },
  ]
  for (const other of refused) {
    const error = await t.throwsAsync(providerOf(fake, other).wrap(key, context), { instanceOf: KeyProviderRefused })
    t.false(error?.message.includes('wrong') || error?.message.includes('reader'))
  }
  t.false(fake.keys.has('other'), 'looking for a key does not make it')
})

test('the token, the namespace and the mount go along as they are configured', async (t) => {
  const { fake } = await started(t, 'team/transit')
  fake.namespace = 'ns1'
  const tokens = ['expired', fake.token]
  const readToken = async () => tokens.shift() ?? fake.token
  const provider = providerOf(fake, { mount: 'team/transit', namespace: 'ns1', readToken })
  await t.throwsAsync(provider.currentKid(), { instanceOf: KeyProviderRefused })
  t.is(await provider.currentKid(), 'transit:kontor:v1', 'a renewed token is used with the next request')
})

test('a token that cannot be read at the moment is an outage, and says nothing of where it is', async (t) => {
  const { fake } = await started(t)
  let there = true
  const readToken = async () => {
    if (there) return fake.token
    throw new Error('/run/secrets/token')
  }
  const provider = providerOf(fake, { readToken })
  const { kid, wrapped } = await provider.wrap(key, context)
  there = false
  const error = await t.throwsAsync(provider.unwrap(kid, wrapped, context), { instanceOf: KeyProviderUnavailable })
  t.false(error?.message.includes('secrets'))
  there = true
  t.deepEqual(await provider.unwrap(kid, wrapped, context), key)
})

const passing: Mishap[][] = [[503], [429], [500, 502], ['reset'], ['nonsense', 'reset'], ['lost answer']]
for (const mishaps of passing) {
  test(`${mishaps.join(' and ')} is asked again`, async (t) => {
    const { fake, provider } = await started(t)
    const { kid, wrapped } = await provider.wrap(key, context)
    fake.mishaps.push(...mishaps)
    t.deepEqual(await provider.unwrap(kid, wrapped, context), key)
  })
}

const lasting: Mishap[] = [503, 429, 500, 301, 'reset', 'nonsense']
for (const mishap of lasting) {
  test(`${mishap} again and again is an unavailable provider, after three attempts`, async (t) => {
    const { fake, provider } = await started(t)
    const { kid, wrapped } = await provider.wrap(key, context)
    fake.requests.length = 0
    fake.mishaps.push(mishap, mishap, mishap)
    await t.throwsAsync(provider.unwrap(kid, wrapped, context), { instanceOf: KeyProviderUnavailable })
    t.is(fake.requests.length, 3)
  })
}

test('a sealed server, a silent one and none at all are unavailable', async (t) => {
  const { fake, provider } = await started(t)
  fake.sealed = true
  await t.throwsAsync(provider.currentKid(), { instanceOf: KeyProviderUnavailable, message: /sealed/ })
  fake.sealed = false
  fake.mishaps.push('silence')
  const hasty = providerOf(fake, { timeoutMs: 50 })
  await t.throwsAsync(hasty.currentKid(), { instanceOf: KeyProviderUnavailable, message: /in time/ })
  await fake.close()
  await t.throwsAsync(provider.currentKid(), { instanceOf: KeyProviderUnavailable, message: /reached/ })
  await t.throwsAsync(provider.unwrap('transit:kontor:v1', 'vault:v1:AAAA', context), {
    instanceOf: KeyProviderUnavailable,
  })
})

test('an error tells neither the key nor the token, and printing a provider neither', async (t) => {
  const { fake, provider } = await started(t)
  const secret = randomBytes(32)
  fake.mishaps.push(403)
  const error = await t.throwsAsync(provider.wrap(secret, context))
  const shown = inspect(error, { depth: 10 }) + inspect(provider, { depth: 10, showHidden: true })
  for (const text of [secret.toString('base64'), fake.token]) t.false(shown.includes(text))
})

const impossible: [because: string, options: Partial<TransitOptions>][] = [
  ['no URL', { address: 'openbao' }],
  ['another scheme', { address: 'ftp://openbao.example' }],
  ['plain HTTP over the network', { address: 'http://openbao.example:8200' }],
  ['a password in the URL', { address: 'https://user:pw@openbao.example' }],
  ['a query', { address: 'https://openbao.example/?a=b' }],
  ['a key that climbs', { key: '../sys/seal' }],
  ['a key with a slash', { key: 'a/b' }],
  ['no key', { key: '' }],
  ['a mount that climbs', { mount: '../sys' }],
  ['an empty part of a mount', { mount: 'a//b' }],
]
for (const [because, options] of impossible) {
  test(`options with ${because} are refused`, (t) => {
    const whole = { address: 'https://openbao.example:8200', key: 'kontor', readToken: async () => '', ...options }
    t.throws(() => transitProvider(whole), { instanceOf: TypeError })
  })
}

test('a context names no kid and holds only text and integers, a key has 32 bytes', async (t) => {
  const { provider } = await started(t)
  for (const bad of [{ kid: 'x' }, { a: 1.5 }, { 'a"b': 1 }, { a: '\ud800' }, { a: null as unknown as string }]) {
    await t.throwsAsync(provider.wrap(key, bad), { instanceOf: TypeError })
    await t.throwsAsync(provider.unwrap('transit:kontor:v1', 'vault:v1:AAAA', bad), { instanceOf: TypeError })
  }
  await t.throwsAsync(provider.wrap(Buffer.alloc(16), context), { instanceOf: TypeError })
})
