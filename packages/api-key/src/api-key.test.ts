import { createHash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import test from 'ava'
import fc from 'fast-check'
import { type ApiKeyMode, type ApiKeyService, generateApiKey, parseApiKey, sameHash } from './api-key.ts'

const zeros = (size: number) => new Uint8Array(size)
const KEY = generateApiKey({ service: 'vault', mode: 'live', random: zeros }).text

for (const [service, mode, prefix] of [
  ['vault', 'live', 'kv_live_'],
  ['vault', 'test', 'kv_test_'],
  ['invoicing', 'live', 'ki_live_'],
  ['invoicing', 'test', 'ki_test_'],
] as const) {
  test(`a ${mode} key of ${service} starts with ${prefix} and says so when it is presented`, (t) => {
    const made = generateApiKey({ service, mode, random: randomBytes })
    t.true(made.text.startsWith(`${prefix}${made.lookupId}_`))
    t.regex(made.text, /^\w{83}$/)
    t.deepEqual(parseApiKey(made.text), { service, mode, lookupId: made.lookupId, secretHash: made.secretHash })
  })
}

test('what is stored is the SHA-256 of the 52 characters of the secret', (t) => {
  t.is(KEY.slice(0, 77), `kv_live_${'0'.repeat(16)}_${'0'.repeat(52)}`)
  t.deepEqual(parseApiKey(KEY)?.secretHash, createHash('sha256').update('0'.repeat(52)).digest())
})

test('the last six characters are the CRC-32 of the rest, in base 62', (t) => {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
  const value = [...KEY.slice(-6)].reduce((sum, character) => sum * 62 + digits.indexOf(character), 0)
  t.is(value, crc32(KEY.slice(0, -6)))
})

test('whatever the random bytes, a key is read back as it was made', (t) => {
  const bytes = (size: number) => fc.uint8Array({ minLength: size, maxLength: size })
  t.notThrows(() =>
    fc.assert(
      fc.property(
        fc.constantFrom<ApiKeyService>('vault', 'invoicing'),
        fc.constantFrom<ApiKeyMode>('live', 'test'),
        bytes(10),
        bytes(32),
        (service, mode, lookup, secret) => {
          const made = generateApiKey({ service, mode, random: (size) => (size === 10 ? lookup : secret) })
          const read = parseApiKey(made.text)
          return read?.lookupId === made.lookupId && sameHash(read.secretHash, made.secretHash)
        },
      ),
    ),
  )
})

test('one changed character anywhere, and a text is no key', (t) => {
  const text = generateApiKey({ service: 'invoicing', mode: 'test', random: randomBytes }).text
  t.notThrows(() =>
    fc.assert(
      fc.property(
        fc.nat({ max: text.length - 1 }),
        fc.constantFrom(...'0123456789abcdefghjkmnpqrstvwxyz_'),
        (at, other) => {
          fc.pre(text[at] !== other)
          return parseApiKey(text.slice(0, at) + other + text.slice(at + 1)) === undefined
        },
      ),
    ),
  )
})

test('no text at all makes the parser throw', (t) => {
  t.notThrows(() => fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => parseApiKey(text) === undefined)))
  for (const text of [
    '',
    'kv_live_',
    KEY.toUpperCase(),
    ` ${KEY}`,
    `${KEY}\n`,
    KEY.slice(0, -1),
    'k'.repeat(100_000),
  ]) {
    t.is(parseApiKey(text), undefined)
  }
  for (const notText of [undefined, null, 7, {}, [KEY]]) t.is(parseApiKey(notText as unknown as string), undefined)
})

test('a random source that gives too few bytes is noticed', (t) => {
  const random = () => new Uint8Array(4)
  t.throws(() => generateApiKey({ service: 'vault', mode: 'live', random }), { instanceOf: RangeError })
})

test('hashes are the same when every byte is, and never when their lengths differ', (t) => {
  const hash = randomBytes(32)
  const other = Buffer.from(hash)
  other[31] = (other[31] as number) ^ 1
  t.true(sameHash(hash, Buffer.from(hash)))
  t.false(sameHash(hash, other))
  t.false(sameHash(hash, hash.subarray(1)))
  t.true(sameHash(new Uint8Array(0), new Uint8Array(0)))
})
