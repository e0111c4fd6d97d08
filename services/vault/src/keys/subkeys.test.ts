import { randomBytes } from 'node:crypto'
import test from 'ava'
import { deriveSubkeys } from './subkeys.ts'

const TENANT = '0192f0c1-2a3b-7abc-8def-0123456789ab'

function all(keys: ReturnType<typeof deriveSubkeys>): string[] {
  const { idempotency, request, event, credentials, processorKey, registration, fingerprint } = keys
  const fingerprints = Object.values(fingerprint).flatMap((levels) => [levels.number, levels.full])
  const others = [credentials.test, credentials.live, processorKey, registration]
  return [idempotency, request, event, ...others, ...fingerprints].map((key) => key.toString('hex'))
}

test('every use has a key of its own, 32 bytes long', (t) => {
  const keys = all(deriveSubkeys(randomBytes(32), TENANT))
  t.is(new Set(keys).size, 13)
  t.true(keys.every((key) => key.length === 64))
})

test('the same secret and tenant always give the same keys, another of either gives none of them', (t) => {
  const secret = randomBytes(32)
  const keys = all(deriveSubkeys(secret, TENANT))
  t.deepEqual(all(deriveSubkeys(secret, TENANT)), keys)
  const others = [
    ...all(deriveSubkeys(secret, TENANT.replace('0192', '0193'))),
    ...all(deriveSubkeys(randomBytes(32), TENANT)),
  ]
  t.false(others.some((key) => keys.includes(key)))
})

test('the derivation is fixed: fingerprints must be found again after every release', (t) => {
  const keys = deriveSubkeys(Buffer.alloc(32, 7), TENANT)
  t.is(keys.fingerprint.card.number.toString('hex'), '8d93295ba09342a2b4c52ab3512aaca03cab64f8cb111c5c2f0046889e81f475')
  t.is(keys.idempotency.toString('hex'), 'f7e4e3344db219bd2080319b22d6f67dd534443ae0c02ead13bbd634e09e16db')
})
