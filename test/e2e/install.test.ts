import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startEmbedded } from '@kontor/embedded-postgres'
import { isPublishedTestPan, luhnHolds, parsePan } from '@kontor/payment-data'
import test from 'ava'
import { kontor } from './kontor.ts'
import { serviceProcess } from './service-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'kontor-install-'))
let server: Awaited<ReturnType<typeof startEmbedded>>

// A server of its own: the commands set the passwords of Kontor's roles, which other tests use on theirs.
test.before(async () => {
  server = await startEmbedded({ throwAway: true, log: () => undefined })
})
test.after.always(async () => {
  await server.destroy()
  rmSync(folder, { recursive: true, force: true })
})

/** What the runbook has an operator set. */
function settings(): Record<string, string> {
  const { host } = new URL(server.adminUrl)
  const urls = ['vault', 'keys', 'invoicing'].flatMap((name) => [
    [`${name.toUpperCase()}_MIGRATION_URL`, `postgresql://kontor_${name}_owner:owner-${name}-1@${host}/kontor_${name}`],
    [
      `${name.toUpperCase()}_DATABASE_URL`,
      `postgresql://kontor_${name}_service:service-${name}-1@${host}/kontor_${name}`,
    ],
  ])
  return {
    POSTGRES_ADMIN_URL: server.adminUrl,
    KEYSTORE_FILE: join(folder, 'keystore.json'),
    KEYSTORE_PASSPHRASE_FILE: join(folder, 'passphrase'),
    AUDIT_SINK_FILE: join(folder, 'checkpoints.jsonl'),
    KEYS_BACKUP_RETENTION_DAYS: '30',
    INVOICING_SECRET: 'ab'.repeat(32),
    LOG_LEVEL: 'warn',
    ...Object.fromEntries(urls),
  }
}

/** Runs a command as the runbook writes it and reads its result as a program would. */
async function command(env: Record<string, string>, ...args: string[]): Promise<Record<string, string>> {
  const { code, out, err } = await kontor([...args, '--json'], env).ended
  if (code !== 0) throw new Error(`kontor ${args.join(' ')}: ${err}`)
  return JSON.parse(out)
}

const service = (name: 'vault' | 'invoicing') =>
  fileURLToPath(new URL(`../../services/${name}/src/main.ts`, import.meta.url))

/** A card number that fits its check digit and that nobody published for tests; issued to nobody that we know of. */
function unpublishedPan(): string {
  for (;;) {
    const digits = `4${String(randomInt(10 ** 14)).padStart(14, '0')}`
    const pan = [...'0123456789'].map((digit) => digits + digit).find(luhnHolds) as string
    if (!isPublishedTestPan(parsePan(pan).reveal())) return pan
  }
}

test('the runbook: databases, keystore, tenant and keys on a server of one’s own, then both services', async (t) => {
  const env = settings()
  writeFileSync(join(folder, 'passphrase'), 'a passphrase of an operator\n', { mode: 0o600 })
  await command(env, 'database', 'create')
  await command(env, 'database', 'create')
  await command(env, 'migrate')
  await command(env, 'migrate')
  await command(env, 'keystore', 'create')
  t.is(statSync(env.KEYSTORE_FILE as string).mode & 0o777, 0o600)
  const again = await kontor(['keystore', 'create'], env).ended
  t.is(again.code, 1)
  t.regex(again.err, /never overwritten/)

  const tenant = await command(env, 'tenant', 'create', '--slug', 'acme', '--name', 'Acme AG')
  t.deepEqual(await command(env, 'tenant', 'create', '--slug', 'acme', '--name', 'Other'), tenant, 'found by its slug')

  const key = async (...args: string[]) =>
    (await command(env, 'key', 'create', '--mode', 'live', ...args)).key as string
  const serviceKey = await key('--service', 'vault', '--role', 'invoicing')
  const checkout = await key('--service', 'vault', '--tenant', 'acme', '--role', 'checkout')
  const admin = await key('--service', 'invoicing', '--tenant', 'acme', '--role', 'admin')

  const vault = await serviceProcess(t, service('vault'), { ...env, VAULT_LISTEN: '127.0.0.1:0' })
  const invoicing = await serviceProcess(t, service('invoicing'), {
    ...env,
    INVOICING_LISTEN: '127.0.0.1:0',
    VAULT_URL: vault.url,
    VAULT_SERVICE_KEY_LIVE: serviceKey,
  })
  const post = async (url: string, apiKey: string, body: object) => {
    const headers = {
      authorization: `Bearer ${apiKey}`,
      'content-type': 'application/json',
      'idempotency-key': crypto.randomUUID(),
    }
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })
    return { status: response.status, body: (await response.json()) as Record<string, string> }
  }
  const account = await post(`${invoicing.url}/v1/accounts`, admin, {
    kind: 'person',
    name: 'Anna Beispiel',
    billing_address: { country: 'CH' },
  })
  t.is(account.status, 201)
  const card = (number: string) => ({
    type: 'card',
    account_id: account.body.id,
    card: { number, expiry_month: 12, expiry_year: new Date().getFullYear() + 4 },
    holder: { name: 'Anna Beispiel' },
  })
  const published = await post(`${vault.url}/v1/tokens`, checkout, card('4242424242424242'))
  t.like(published, { status: 422, body: { code: 'test_number_in_live_mode' } })
  const number = unpublishedPan()
  const token = await post(`${vault.url}/v1/tokens`, checkout, card(number))
  t.is(token.status, 201, JSON.stringify(token.body))

  const issuer = await post(`${invoicing.url}/v1/issuers`, admin, { name: 'Acme AG', address: { country: 'CH' } })
  const draft = await post(`${invoicing.url}/v1/invoices`, admin, {
    account_id: account.body.id,
    issuer_id: issuer.body.id,
    token_id: token.body.id,
    currency: 'CHF',
    lines: [{ name: 'Beratung', quantity: '1', unit: 'HUR', price: '100', vat_category: 'S', vat_rate: '8.1' }],
  })
  t.is(draft.status, 201, 'invoicing reads the masked values with its service key')
  t.is((draft.body.instrument as unknown as { display: string }).display, `Visa •••• ${number.slice(-4)}`)
})

test('a command says which setting is missing, and a service refuses to start without its secrets', async (t) => {
  const { KEYSTORE_PASSPHRASE_FILE: _, ...env } = settings()
  const keystore = await kontor(['keystore', 'create'], env).ended
  t.is(keystore.code, 1)
  t.is(keystore.err, 'kontor: Neither KEYSTORE_PASSPHRASE nor KEYSTORE_PASSPHRASE_FILE is set.\n')
  const migrate = await kontor(['migrate'], {}).ended
  t.is(migrate.code, 1)
  t.regex(migrate.err, /^kontor: VAULT_MIGRATION_URL is not set\.\n$/)
  await t.throwsAsync(() => serviceProcess(t, service('vault'), env), { message: /KEYSTORE_PASSPHRASE/ })
})
