import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { IntegrityViolation } from '@kontor/jose-box'
import test from 'ava'
import fc from 'fast-check'
import { KeystoreMissing, RootKeyMissing } from './errors.ts'
import { rootKeyProvider } from './provider.ts'
import type { RootKey } from './root-key.ts'

const bytes = (text: string) => createHash('sha256').update(text).digest()
const current: RootKey = { kid: 'kid-2', state: 'current', createdAtMs: 2_000, key: bytes('second root key') }
const retired: RootKey = { kid: 'kid-1', state: 'retired', createdAtMs: 1_000, key: bytes('first root key') }
const over = (keys: readonly RootKey[]) => rootKeyProvider({ latest: async () => keys, known: () => keys })
const provider = over([retired, current])
const tenantKek = bytes('tenant KEK')
const context = { typ: 'kek', ten: 'ten_1', ver: 1 }

test('a tenant KEK is unwrapped by the same root key in the same context', async (t) => {
  const keks = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((b) => Buffer.from(b))
  await fc.assert(
    fc.asyncProperty(keks, async (kek) => {
      const { kid, wrapped } = await provider.wrap(kek, context)
      t.is(kid, 'kid-2')
      t.deepEqual(await provider.unwrap(kid, wrapped, context), kek)
    }),
  )
})

test('the current key comes first among the keys, then the youngest', async (t) => {
  t.is(await provider.currentKid(), 'kid-2')
  const oldest = { ...retired, kid: 'kid-0', createdAtMs: 0 }
  t.deepEqual(await over([oldest, retired, current]).kids(), [
    { kid: 'kid-2', state: 'current', createdAt: '1970-01-01T00:00:02.000Z' },
    { kid: 'kid-1', state: 'retired', createdAt: '1970-01-01T00:00:01.000Z' },
    { kid: 'kid-0', state: 'retired', createdAt: '1970-01-01T00:00:00.000Z' },
  ])
})

test('a retired key unwraps what it wrapped when it was current, and wraps nothing new', async (t) => {
  const { kid, wrapped } = await over([{ ...retired, state: 'current' }]).wrap(tenantKek, context)
  t.is(kid, 'kid-1')
  t.deepEqual(await provider.unwrap('kid-1', wrapped, context), tenantKek)
  t.is((await provider.wrap(tenantKek, context)).kid, 'kid-2')
})

test('while the keys cannot be had, what is known unwraps and nothing is wrapped', async (t) => {
  const { kid, wrapped } = await provider.wrap(tenantKek, context)
  const latest = () => Promise.reject(new KeystoreMissing('/keystore'))
  const cut = rootKeyProvider({ latest, known: () => [current] })
  t.deepEqual(await cut.unwrap(kid, wrapped, context), tenantKek)
  await t.throwsAsync(cut.unwrap('kid-1', wrapped, context), { instanceOf: KeystoreMissing })
  await t.throwsAsync(cut.wrap(tenantKek, context), { instanceOf: KeystoreMissing })
  await t.throwsAsync(cut.currentKid(), { instanceOf: KeystoreMissing })
  await t.throwsAsync(cut.kids(), { instanceOf: KeystoreMissing })
})

test('in another context, or under the name of another key, nothing is unwrapped', async (t) => {
  const { wrapped } = await provider.wrap(tenantKek, context)
  for (const other of [{ ...context, ten: 'ten_2' }, { ...context, ver: 2 }, { ...context, typ: 'dek' }, {}]) {
    await t.throwsAsync(provider.unwrap('kid-2', wrapped, other), { instanceOf: IntegrityViolation })
  }
  await t.throwsAsync(provider.unwrap('kid-1', wrapped, context), { instanceOf: IntegrityViolation })
})

test('two ids for the same bytes are still two keys, because the id is bound', async (t) => {
  const renamed = over([{ ...current, kid: 'kid-3' }])
  const { wrapped } = await provider.wrap(tenantKek, context)
  await t.throwsAsync(renamed.unwrap('kid-3', wrapped, context), { instanceOf: IntegrityViolation })
})

test('a key that the provider does not hold is missing, not an integrity violation', async (t) => {
  await t.throwsAsync(provider.unwrap('kid-9', 'e30..AAAA.AAAA.AAAA', context), { instanceOf: RootKeyMissing })
})

test('the context cannot choose the kid, and a tenant KEK has 32 bytes', async (t) => {
  await t.throwsAsync(provider.wrap(tenantKek, { ...context, kid: 'kid-1' }), { instanceOf: TypeError })
  await t.throwsAsync(provider.unwrap('kid-2', '', { ...context, kid: 'kid-1' }), { instanceOf: TypeError })
  await t.throwsAsync(provider.wrap(Buffer.alloc(16), context), { instanceOf: TypeError })
})

test('a provider whose keys have no current one, or two, wraps nothing', async (t) => {
  for (const keys of [[], [retired], [current, { ...retired, state: 'current' as const }]]) {
    await t.throwsAsync(over(keys).wrap(tenantKek, context), { instanceOf: TypeError })
    await t.throwsAsync(over(keys).kids(), { instanceOf: TypeError })
  }
})

test('printing a provider shows no key', (t) => {
  const printed = inspect(provider, { depth: 10, showHidden: true }) + JSON.stringify(provider)
  for (const { key } of [current, retired]) {
    for (const encoding of ['hex', 'base64url'] as const) t.false(printed.includes(key.toString(encoding).slice(0, 8)))
    t.false(printed.includes(key.toString('hex').match(/../g)?.slice(0, 4).join(' ') ?? ''))
  }
  t.false(printed.includes('Buffer'))
})
