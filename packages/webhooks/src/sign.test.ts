import { randomBytes } from 'node:crypto'
import test from 'ava'
import { Webhook } from 'standardwebhooks'
import { showSecret, signingSecret } from './secret.ts'
import { signatureHeaders } from './sign.ts'

const MESSAGE = { id: 'evt_01h455vb4pex5vsknk084sn02q', body: '{"type":"invoice.issued"}' }
const root = randomBytes(32)
const secretOf = (version: number) => signingSecret(root, { tenantId: 'ten', endpointId: 'whk', version })
const verify = (secret: Buffer, headers: Record<string, string>, body = MESSAGE.body) =>
  new Webhook(showSecret(secret)).verify(body, headers)

test('what is signed is verified by the library of the specification', (t) => {
  const headers = signatureHeaders(MESSAGE, [secretOf(1)], new Date())
  t.deepEqual(verify(secretOf(1), headers), { type: 'invoice.issued' })
  t.is(headers['webhook-signature'], new Webhook(showSecret(secretOf(1))).sign(MESSAGE.id, new Date(), MESSAGE.body))
  t.throws(() => verify(secretOf(1), headers, '{"type":"invoice.voided"}'))
  t.throws(() => verify(secretOf(1), { ...headers, 'webhook-id': 'evt_other' }))
  t.throws(() => verify(secretOf(2), headers))
  const old = signatureHeaders(MESSAGE, [secretOf(1)], new Date(Date.now() - 600_000))
  t.throws(() => verify(secretOf(1), old))
})

test('while keys overlap, either verifies', (t) => {
  const headers = signatureHeaders(MESSAGE, [secretOf(2), secretOf(1)], new Date())
  t.notThrows(() => verify(secretOf(1), headers))
  t.notThrows(() => verify(secretOf(2), headers))
  t.throws(() => verify(secretOf(3), headers))
})

test('a secret follows from tenant, endpoint and version, and from nothing that is stored', (t) => {
  const base = { tenantId: 'ten_a', endpointId: 'whk_a', version: 1 }
  const secrets = [
    signingSecret(root, base),
    signingSecret(root, { ...base, tenantId: 'ten_b' }),
    signingSecret(root, { ...base, endpointId: 'whk_b' }),
    signingSecret(root, { ...base, version: 2 }),
    signingSecret(randomBytes(32), base),
  ]
  t.is(new Set(secrets.map((secret) => secret.toString('hex'))).size, secrets.length)
  t.deepEqual(signingSecret(root, base), secrets[0])
  t.regex(showSecret(secrets[0] as Buffer), /^whsec_[A-Za-z0-9+/]{43}=$/)
})
