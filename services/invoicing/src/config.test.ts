import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { ConfigError, readConfig } from './config.ts'

const SECRET = 'ab'.repeat(32)
const ENV = {
  INVOICING_DATABASE_URL: 'postgresql://service:password@db/kontor_invoicing',
  VAULT_URL: 'http://127.0.0.1:7701/',
  INVOICING_SECRET: SECRET,
}

test('what has to be known is read, the rest has a default', (t) => {
  t.deepEqual(readConfig({ ...ENV, VAULT_SERVICE_KEY_TEST: 'kv_test_key' }), {
    databaseUrl: ENV.INVOICING_DATABASE_URL,
    host: '127.0.0.1',
    port: 7702,
    vaultUrl: 'http://127.0.0.1:7701',
    vaultKeys: { test: 'kv_test_key' },
    processorUrls: {},
    idempotencySecret: Buffer.from(SECRET, 'hex'),
    logLevel: 'info',
    connectionsMax: 10,
    jobsMax: 2,
    payerWaitsMs: 86_400_000,
    trustedProxies: [],
    webhooksMax: 16,
    webhookLoopback: false,
  })
  t.like(readConfig({ ...ENV, INVOICING_WEBHOOKS_MAX: '0', WEBHOOK_LOOPBACK: 'true' }), {
    webhooksMax: 0,
    webhookLoopback: true,
  })
  t.is(readConfig({ ...ENV, INVOICING_JOBS_MAX: '0' }).jobsMax, 0)
  t.is(readConfig({ ...ENV, CHARGE_PAYER_HOURS: '1' }).payerWaitsMs, 3_600_000)
  const urls = { STRIPE_BASE_URL: 'http://127.0.0.1:1', PAYPAL_BASE_URL: 'http://127.0.0.1:2' }
  const processorUrls = { stripe: urls.STRIPE_BASE_URL, paypal: urls.PAYPAL_BASE_URL }
  t.like(readConfig({ ...ENV, ...urls }), { processorUrls })
  t.deepEqual(readConfig({ ...ENV, TRUSTED_PROXIES: '10.0.0.0/8, 2001:db8::1' }).trustedProxies, [
    '10.0.0.0/8',
    '2001:db8::1',
  ])
  t.like(readConfig({ ...ENV, INVOICING_LISTEN: '[::1]:80' }), { host: '::1', port: 80 })
})

test('a secret may come from a file', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kontor-config-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'secret')
  writeFileSync(file, `${SECRET}\n`, { mode: 0o600 })
  const { INVOICING_SECRET: _, ...rest } = ENV
  t.is(readConfig({ ...rest, INVOICING_SECRET_FILE: file }).idempotencySecret.length, 32)
  const error = t.throws(() => readConfig({ ...rest, INVOICING_SECRET_FILE: join(folder, 'none') }))
  t.regex(error?.message ?? '', /INVOICING_SECRET_FILE/)
})

const refuses = test.macro<[changes: Record<string, string | undefined>, says: RegExp]>({
  exec(t, changes, says) {
    const error = t.throws(() => readConfig({ ...ENV, ...changes }), { instanceOf: ConfigError, message: says })
    for (const value of Object.values(changes)) if (value) t.false(error?.message.includes(value))
  },
  title: (_given, changes) => `not a configuration: ${Object.entries(changes).join()}`,
})

test(refuses, { INVOICING_DATABASE_URL: undefined }, /INVOICING_DATABASE_URL is not set/)
test(refuses, { VAULT_URL: '' }, /VAULT_URL is not set/)
test(refuses, { INVOICING_SECRET: undefined }, /INVOICING_SECRET is not set/)
test(refuses, { INVOICING_SECRET: 'ab'.repeat(31) }, /at least 32 bytes/)
test(refuses, { INVOICING_SECRET: 'not-hex' }, /at least 32 bytes/)
test(refuses, { INVOICING_LISTEN: 'localhost' }, /host:port/)
test(refuses, { STRIPE_BASE_URL: 'nowhere' }, /STRIPE_BASE_URL must be a URL/)
test(refuses, { PAYPAL_BASE_URL: 'nowhere' }, /PAYPAL_BASE_URL must be a URL/)
test(refuses, { INVOICING_CONNECTIONS_MAX: '0' }, /from 1 to 9999/)
test(refuses, { INVOICING_JOBS_MAX: '10' }, /from 0 to 9/)
test(refuses, { TRUSTED_PROXIES: '10.0.0.0/40' }, /TRUSTED_PROXIES is not a list of networks/)
test(refuses, { INVOICING_WEBHOOKS_MAX: '101' }, /from 0 to 100/)
test(refuses, { CHARGE_PAYER_HOURS: '-1' }, /from 1 to 720/)
test(refuses, { CHARGE_PAYER_HOURS: '721' }, /from 1 to 720/)
test(refuses, { WEBHOOK_LOOPBACK: 'yes' }, /true or false/)
