import test, { type ExecutionContext } from 'ava'
import {
  KeyProviderRefused,
  KeyProviderUnavailable,
  RootKeyIsCurrent,
  RootKeyMissing,
  RootKeyNotOldest,
} from './errors.ts'
import { type FakeTransit, fakeTransit } from './testing/fake-transit.ts'
import { transitProvider } from './transit.ts'
import { transitAdministration } from './transit-administration.ts'

const key = Buffer.alloc(32, 5)
const context = { typ: 'kek', ten: 'ten_1', ver: 1 }

async function started(t: ExecutionContext) {
  const fake = await fakeTransit()
  t.teardown(() => fake.close())
  const options = { address: fake.address, key: 'kontor', readToken: async () => fake.token }
  return { fake, provider: transitProvider(options), administration: transitAdministration(options) }
}

const trimmed = (fake: FakeTransit) => [...(fake.keys.get('kontor')?.versions.keys() ?? [])]

test('rotating answers the new version, and destroying the old one leaves the rest', async (t) => {
  const { fake, provider, administration } = await started(t)
  const old = await provider.wrap(key, context)
  t.is(await administration.rotate(), 'transit:kontor:v2')
  const now = await provider.wrap(key, context)
  await administration.destroy('transit:kontor:v1')
  t.deepEqual(trimmed(fake), [2])
  await t.throwsAsync(provider.unwrap(old.kid, old.wrapped, context), { instanceOf: RootKeyMissing })
  t.deepEqual(await provider.unwrap(now.kid, now.wrapped, context), key)
  t.is((await provider.wrap(key, context)).kid, 'transit:kontor:v2')
})

test('the current version, an unknown one and one with older ones below it are not destroyed', async (t) => {
  const { fake, administration } = await started(t)
  await administration.rotate()
  await administration.rotate()
  await t.throwsAsync(administration.destroy('transit:kontor:v3'), { instanceOf: RootKeyIsCurrent })
  await t.throwsAsync(administration.destroy('transit:kontor:v4'), { instanceOf: RootKeyMissing })
  await t.throwsAsync(administration.destroy('transit:other:v1'), { instanceOf: RootKeyMissing })
  await t.throwsAsync(administration.destroy('transit:kontor:v2'), { instanceOf: RootKeyNotOldest })
  t.deepEqual(trimmed(fake), [1, 2, 3])
  await administration.destroy('transit:kontor:v1')
  await t.throwsAsync(administration.destroy('transit:kontor:v1'), { instanceOf: RootKeyMissing })
})

test('a destruction that was interrupted after the configuration is finished by the next', async (t) => {
  const { fake, administration } = await started(t)
  await administration.rotate()
  // The key is read, the configuration is set, and from then on the server is gone.
  fake.mishaps.push(undefined, undefined, 500, 500, 500)
  await t.throwsAsync(administration.destroy('transit:kontor:v1'), { instanceOf: KeyProviderUnavailable })
  t.deepEqual(trimmed(fake), [1, 2])
  await administration.destroy('transit:kontor:v1')
  t.deepEqual(trimmed(fake), [2])
})

test('a rotation whose answer is lost is not sent again', async (t) => {
  const { fake, administration } = await started(t)
  fake.mishaps.push(undefined, 'lost answer')
  await t.throwsAsync(administration.rotate(), { instanceOf: KeyProviderUnavailable })
  t.deepEqual(trimmed(fake), [1, 2])
  t.is(fake.requests.filter((request) => request.endsWith('/rotate')).length, 1)
})

test('with the token of the vault nothing is rotated or destroyed', async (t) => {
  const { fake } = await started(t)
  fake.tokens.set('vault', /^(GET keys\/kontor|POST (en|de)crypt\/kontor)$/)
  const options = { address: fake.address, key: 'kontor', readToken: async () => 'vault' }
  const { kid, wrapped } = await transitProvider(options).wrap(key, context)
  t.deepEqual(await transitProvider(options).unwrap(kid, wrapped, context), key)
  await t.throwsAsync(transitAdministration(options).rotate(), { instanceOf: KeyProviderRefused })
})
