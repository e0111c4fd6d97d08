import test from 'ava'
import { derivePassphraseKey, isScryptCost } from './passphrase-key.ts'

const quick = { n: 2 ** 10, r: 8, p: 1 }
const salt = Buffer.alloc(32, 1)

test('the key is what RFC 7914, 12 gives for its passphrase and salt', async (t) => {
  const key = await derivePassphraseKey('pleaseletmein', Buffer.from('SodiumChloride'), { n: 16384, r: 8, p: 1 })
  t.is(key.toString('hex'), '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2')
})

test('a passphrase is the same however its accents are composed', async (t) => {
  const composed = await derivePassphraseKey('gr\u00fc\u00dfe aus z\u00fcrich', salt, quick)
  const decomposed = await derivePassphraseKey('gru\u0308\u00dfe aus zu\u0308rich', salt, quick)
  t.deepEqual(composed, decomposed)
  t.notDeepEqual(composed, await derivePassphraseKey('grusse aus zurich', salt, quick))
})

test('salt and cost change the key', async (t) => {
  const keys = await Promise.all([
    derivePassphraseKey('a passphrase', salt, quick),
    derivePassphraseKey('a passphrase', Buffer.alloc(32, 2), quick),
    derivePassphraseKey('a passphrase', salt, { ...quick, n: 2 ** 11 }),
    derivePassphraseKey('a passphrase', salt, { ...quick, p: 2 }),
  ])
  t.is(new Set(keys.map((key) => key.toString('hex'))).size, keys.length)
})

test('the dearest cost that a file may ask for is accepted, and nothing above it', (t) => {
  t.true(isScryptCost({ n: 2 ** 20, r: 8, p: 1 }))
  t.false(isScryptCost({ n: 2 ** 20, r: 8, p: 2 }))
  t.false(isScryptCost({ n: 2 ** 21, r: 8, p: 1 }))
})

const unacceptable: [because: string, cost: { n: unknown; r: unknown; p: unknown }][] = [
  ['that is trivial', { n: 2, r: 8, p: 1 }],
  ['with blocks too small for its n', { n: 2 ** 17, r: 1, p: 1 }],
  ['whose n is no power of two', { n: 100_000, r: 8, p: 1 }],
  ['of nothing', { n: 2 ** 17, r: 8, p: 0 }],
  ['below nothing', { n: 2 ** 17, r: -8, p: -1 }],
  ['in fractions', { n: 2 ** 17, r: 8.5, p: 1 }],
  ['in text', { n: '131072', r: 8, p: 1 }],
  ['without end', { n: Number.POSITIVE_INFINITY, r: 8, p: 1 }],
  ['that overflows', { n: 2 ** 17, r: 2 ** 40, p: 2 ** 40 }],
]
for (const [because, cost] of unacceptable) {
  test(`a cost ${because} is refused`, (t) => t.false(isScryptCost(cost)))
}
