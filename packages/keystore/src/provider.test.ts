import { createHash } from 'node:crypto'
import { inspect } from 'node:util'
import { IntegrityViolation } from '@kontor/jose-box'
import test from 'ava'
import fc from 'fast-check'
import { RootKeyMissing, RootKeyRetired } from './errors.ts'
import { rootKeyProvider } from './provider.ts'
import type { RootKey } from './root-key.ts'

const bytes = (text: string) => createHash('sha256').update(text).digest()
const current: RootKey = { kid: 'kid-2', state: 'current', key: bytes('second root key') }
const retired: RootKey = { kid: 'kid-1', state: 'retired', key: bytes('first root key') }
const provider = rootKeyProvider([retired, current])
const tenantKek = bytes('tenant KEK')
const context = { typ: 'kek', ten: 'ten_1', ver: 1 }

test('a tenant KEK is unwrapped by the same root key in the same context', async (t) => {
  const keks = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((b) => Buffer.from(b))
  await fc.assert(
    fc.asyncProperty(keks, async (kek) => {
      t.deepEqual(await provider.unwrap('kid-2', await provider.wrap('kid-2', kek, context), context), kek)
    }),
  )
})

test('the current key comes first among the keys', (t) => {
  t.is(provider.currentKid(), 'kid-2')
  t.deepEqual(provider.kids(), ['kid-2', 'kid-1'])
})

test('a retired key unwraps what it wrapped when it was current, and wraps nothing new', async (t) => {
  const before = rootKeyProvider([{ ...retired, state: 'current' }])
  const wrapped = await before.wrap('kid-1', tenantKek, context)
  t.deepEqual(await provider.unwrap('kid-1', wrapped, context), tenantKek)
  await t.throwsAsync(provider.wrap('kid-1', tenantKek, context), { instanceOf: RootKeyRetired })
})

test('in another context, or under the name of another key, nothing is unwrapped', async (t) => {
  const wrapped = await provider.wrap('kid-2', tenantKek, context)
  for (const other of [{ ...context, ten: 'ten_2' }, { ...context, ver: 2 }, { ...context, typ: 'dek' }, {}]) {
    await t.throwsAsync(provider.unwrap('kid-2', wrapped, other), { instanceOf: IntegrityViolation })
  }
  await t.throwsAsync(provider.unwrap('kid-1', wrapped, context), { instanceOf: IntegrityViolation })
})

test('two ids for the same bytes are still two keys, because the id is bound', async (t) => {
  const renamed = rootKeyProvider([{ ...current, kid: 'kid-3' }])
  const wrapped = await provider.wrap('kid-2', tenantKek, context)
  await t.throwsAsync(renamed.unwrap('kid-3', wrapped, context), { instanceOf: IntegrityViolation })
})

test('a key that the provider does not hold is missing, not an integrity violation', async (t) => {
  await t.throwsAsync(provider.wrap('kid-9', tenantKek, context), { instanceOf: RootKeyMissing })
  await t.throwsAsync(provider.unwrap('kid-9', 'e30..AAAA.AAAA.AAAA', context), { instanceOf: RootKeyMissing })
})

test('the context cannot choose the kid, and a tenant KEK has 32 bytes', async (t) => {
  await t.throwsAsync(provider.wrap('kid-2', tenantKek, { ...context, kid: 'kid-1' }), { instanceOf: TypeError })
  await t.throwsAsync(provider.unwrap('kid-2', '', { ...context, kid: 'kid-1' }), { instanceOf: TypeError })
  await t.throwsAsync(provider.wrap('kid-2', Buffer.alloc(16), context), { instanceOf: TypeError })
})

test('a provider without a current key is not made', (t) => {
  t.throws(() => rootKeyProvider([]), { instanceOf: TypeError })
  t.throws(() => rootKeyProvider([retired]), { instanceOf: TypeError })
})

test('printing a provider shows no key', (t) => {
  const printed = inspect(provider, { depth: 10, showHidden: true }) + JSON.stringify(provider)
  for (const { key } of [current, retired]) {
    for (const encoding of ['hex', 'base64url'] as const) t.false(printed.includes(key.toString(encoding).slice(0, 8)))
    t.false(printed.includes(key.toString('hex').match(/../g)?.slice(0, 4).join(' ') ?? ''))
  }
  t.false(printed.includes('Buffer'))
})
