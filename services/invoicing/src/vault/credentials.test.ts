import { randomBytes } from 'node:crypto'
import { formatId, newUuid, toBucket } from '@kontor/ids'
import test from 'ava'
import { fakeVault, json } from '../testing/fake-vault.ts'
import { vaultCredentials } from './credentials.ts'

const OWNER = { tenantId: newUuid(toBucket(7), 0, randomBytes), mode: 'test' } as const
const SECRET = 'sk_test_never_to_be_logged'
const STRIPE = {
  processor: 'stripe',
  mode: 'test',
  version: 3,
  stripe: { secret_key: SECRET, webhook_secrets: ['whsec_one'] },
}
const PAYPAL = {
  processor: 'paypal',
  mode: 'live',
  version: 1,
  paypal: { client_id: 'id', client_secret: 'secret', webhook_id: 'hook' },
}

test('credentials are asked for with the service key, in the name of the tenant', async (t) => {
  const stripe = vaultCredentials(
    await fakeVault(t, (request, response) => {
      t.is(request.url, '/v1/processors/stripe/credentials')
      t.is(request.headers.authorization, 'Bearer kv_test_key')
      t.is(request.headers['kontor-tenant'], formatId('ten', OWNER.tenantId))
      json(200, STRIPE)(request, response)
    }),
  )
  t.deepEqual(await stripe(OWNER, 'stripe'), {
    processor: 'stripe',
    mode: 'test',
    version: 3,
    secretKey: SECRET,
    webhookSecrets: ['whsec_one'],
  })
  const paypal = vaultCredentials(await fakeVault(t, json(200, PAYPAL)))
  t.deepEqual(await paypal(OWNER, 'paypal'), {
    processor: 'paypal',
    mode: 'live',
    version: 1,
    clientId: 'id',
    clientSecret: 'secret',
    webhookId: 'hook',
  })
})

test('where nothing is configured there is nothing', async (t) => {
  const credentialsOf = vaultCredentials(await fakeVault(t, json(404, { code: 'not_found' })))
  t.is(await credentialsOf(OWNER, 'stripe'), undefined)
})

for (const [what, answer] of [
  ['refuses', json(403, {})],
  ['fails', json(500, {})],
  ['answers of another processor', json(200, PAYPAL)],
  ['answers null', json(200, null)],
  ['names no version', json(200, { ...STRIPE, version: '3' })],
  ['names another mode', json(200, { ...STRIPE, mode: 'real' })],
  ['leaves the key out', json(200, { ...STRIPE, stripe: { webhook_secrets: [] } })],
  ['leaves the secrets out', json(200, { ...STRIPE, stripe: { secret_key: SECRET, webhook_secrets: [1] } })],
] as const) {
  test(`a vault that ${what} cannot be asked, and nothing says a secret`, async (t) => {
    const credentialsOf = vaultCredentials(await fakeVault(t, answer))
    const error = await t.throwsAsync(credentialsOf(OWNER, 'stripe'))
    t.like(error, { code: 'vault_unavailable', status: 503 })
    t.false(`${error?.stack}${String((error?.cause as Error | undefined)?.stack)}`.includes(SECRET))
  })
}

test('PayPal’s are whole or none', async (t) => {
  const credentialsOf = vaultCredentials(await fakeVault(t, json(200, { ...PAYPAL, paypal: { client_id: 'id' } })))
  t.like(await t.throwsAsync(credentialsOf(OWNER, 'paypal')), { code: 'vault_unavailable' })
})

test('without a key for the mode nobody is asked', async (t) => {
  const credentialsOf = vaultCredentials(await fakeVault(t, () => t.fail('asked')))
  t.like(await t.throwsAsync(credentialsOf({ ...OWNER, mode: 'live' }, 'stripe')), { code: 'vault_unavailable' })
})
