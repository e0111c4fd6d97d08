import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { generateApiKey } from '@kontor/api-key'
import { newUuid, toBucket } from '@kontor/ids'
import { createKeystoreFile } from '@kontor/keystore'
import { connect } from '@kontor/postgres'
import { stripeFake } from '@kontor/processors/testing'
import { createApiKey, createTenant } from '@kontor/tenancy'
import { createVaultKey, SERVICE_KEY_SCOPES } from '@kontor/vault'
import test, { type ExecutionContext } from 'ava'
import { type FreshDatabases, freshDatabases } from '../support/database.ts'
import { ACCOUNT, ISSUER, LINE } from '../support/invoicing.ts'
import { type KillableService, startKillable } from '../support/killable-service.ts'

const PASSPHRASE = 'correct horse battery staple'
const newId = () => newUuid(toBucket(0), Date.now(), randomBytes)

/** A tenant in both services, with its keys, and the one that invoicing shows to the vault. */
async function makeTenant(t: ExecutionContext, databases: FreshDatabases) {
  const owner = (url: string) => {
    const database = connect({ url, max: 1, applicationName: 'charges-setup' })
    t.teardown(() => database.close())
    return database.knex
  }
  const [vault, invoicing] = [owner(databases.vaultMigrationUrl), owner(databases.invoicingMigrationUrl)]
  const tenant = { id: newId(), slug: 'charges', name: 'Charges' }
  await createTenant(vault, tenant)
  await createTenant(invoicing, tenant)
  const about = { mode: 'test', name: 'charges', role: 'admin', scopes: [], purposes: [], expiresAt: null } as const
  const key = generateApiKey({ service: 'invoicing', mode: 'test', random: randomBytes })
  await createApiKey(invoicing, { ...about, id: newId(), key, tenantId: tenant.id })
  const made = { random: randomBytes, nowMs: Date.now() }
  const service = {
    tenantId: null,
    mode: 'test',
    name: 'invoicing',
    role: 'invoicing',
    scopes: SERVICE_KEY_SCOPES,
  } as const
  return {
    invoicing: key.text,
    vault: (await createVaultKey(vault, { ...about, tenantId: tenant.id }, made)).text,
    service: (await createVaultKey(vault, service, made)).text,
  }
}

test('a card in the vault pays an invoice, and invoicing never sees it', async (t) => {
  t.timeout(240_000)
  const databases = await freshDatabases(t)
  const folder = mkdtempSync(join(tmpdir(), 'kontor-charges-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const [keystore, sink] = [join(folder, 'keystore.json'), join(folder, 'sink')]
  const scrypt = { n: 1024, r: 8, p: 1 }
  await createKeystoreFile(keystore, PASSPHRASE, { random: randomBytes, nowMs: Date.now, scrypt })
  writeFileSync(sink, '')
  const keys = await makeTenant(t, databases)
  const stripe = await stripeFake()
  t.teardown(() => stripe.close())
  const vault = await startKillable('vault', 'vault', {
    VAULT_DATABASE_URL: databases.vaultUrl,
    KEYS_DATABASE_URL: databases.keysUrl,
    KEYSTORE_FILE: keystore,
    KEYSTORE_PASSPHRASE: PASSPHRASE,
    KEYS_BACKUP_RETENTION_DAYS: '0',
    AUDIT_SINK_FILE: sink,
    STRIPE_BASE_URL: stripe.baseUrl,
  })
  t.teardown(() => vault.stop())
  const invoicing = await startKillable('invoicing', 'invoicing', {
    INVOICING_DATABASE_URL: databases.invoicingUrl,
    INVOICING_SECRET: randomBytes(32).toString('hex'),
    VAULT_URL: vault.url(),
    VAULT_SERVICE_KEY_TEST: keys.service,
    STRIPE_BASE_URL: stripe.baseUrl,
  })
  t.teardown(() => invoicing.stop())
  for (const { url } of [vault, invoicing]) while (!(await fetch(`${url()}/ready`)).ok) await pause(50)

  let intents = 0
  async function ask(service: KillableService, method: string, path: string, body?: object) {
    const response = await fetch(`${service.url()}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${service === vault ? keys.vault : keys.invoicing}`,
        'idempotency-key': `charges-intent-${++intents}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    t.true(response.ok, `${method} ${path}: ${response.status} ${text}`)
    return JSON.parse(text)
  }

  const account = await ask(invoicing, 'POST', '/v1/accounts', ACCOUNT)
  const issuer = await ask(invoicing, 'POST', '/v1/issuers', ISSUER)
  const token = await ask(vault, 'POST', '/v1/tokens', {
    type: 'card',
    card: { number: '4242424242424242', expiry_month: 12, expiry_year: 2040 },
    holder: { name: 'Ada Muster' },
    account_id: account.id,
  })
  const credentials = { secret_key: stripe.secretKey, webhook_secrets: ['whsec_5WbX5kEWLlfzsGNj'] }
  await ask(vault, 'PUT', '/v1/processors/stripe', { stripe: credentials })
  const registered = await ask(vault, 'POST', `/v1/tokens/${token.id}/registrations`, {
    processor: 'stripe',
    cvc: '737',
  })

  async function charged(token_id: string) {
    const form = { account_id: account.id, issuer_id: issuer.id, currency: 'CHF', lines: [LINE] }
    const { id } = await ask(invoicing, 'POST', '/v1/invoices', form)
    await ask(invoicing, 'POST', `/v1/invoices/${id}/issue`)
    const charge = await ask(invoicing, 'POST', '/v1/charges', { invoice_id: id, token_id, processor: 'stripe' })
    return { charge, invoice: await ask(invoicing, 'GET', `/v1/invoices/${id}`) }
  }
  const first = await charged(token.id)
  t.is(first.charge.state, 'succeeded', JSON.stringify(first.charge))
  t.is(first.invoice.payment_status, 'paid')
  const intent = [...stripe.state.intents.values()].at(-1)
  t.is(intent?.payment_method, registered.reference.instrument)

  // Nobody has registered this one: invoicing has the vault do it.
  const other = await ask(vault, 'POST', '/v1/tokens', {
    type: 'card',
    card: { number: '5555555555554444', expiry_month: 12, expiry_year: 2040 },
    holder: { name: 'Ada Muster' },
    account_id: account.id,
  })
  t.is((await charged(other.id)).charge.state, 'succeeded')
  t.is((await ask(vault, 'GET', `/v1/tokens/${other.id}/registrations`)).data[0].state, 'registered')
  t.false(/4242424242424242|5555555555554444|sk_test_fake/.test(invoicing.log() + vault.log()))
})
