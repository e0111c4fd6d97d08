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
import type { ExecutionContext } from 'ava'
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

/** Both services as processes of their own, with a tenant, and Stripe as a fake that both reach. */
export interface BothServices {
  readonly vault: KillableService
  readonly invoicing: KillableService
  readonly stripe: Awaited<ReturnType<typeof stripeFake>>
  /** Asks as admin of the tenant. @returns The answer, which must be a success. */
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the fields it asserts.
  ask(service: KillableService, method: string, path: string, body?: object, headers?: object): Promise<any>
  /** Stores a card of an account. */
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  card(accountId: string, number: string): Promise<any>
  /** Issues an invoice and charges it at Stripe. */
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  charged(accountId: string, tokenId: string): Promise<{ charge: any; invoice: any }>
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  account(): Promise<any>
}

/** Starts them on databases of their own. Stripe's credentials of the tenant are in the vault. */
export async function startBothServices(t: ExecutionContext): Promise<BothServices> {
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
    WEBHOOK_LOOPBACK: 'true',
  })
  t.teardown(() => invoicing.stop())
  for (const { url } of [vault, invoicing]) while (!(await fetch(`${url()}/ready`)).ok) await pause(50)

  let intents = 0
  const ask: BothServices['ask'] = async (service, method, path, body, headers = {}) => {
    const response = await fetch(`${service.url()}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${service === vault ? keys.vault : keys.invoicing}`,
        'idempotency-key': `charges-intent-${++intents}`,
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    t.true(response.ok, `${method} ${path}: ${response.status} ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }

  const credentials = { secret_key: stripe.secretKey, webhook_secrets: ['whsec_5WbX5kEWLlfzsGNj'] }
  await ask(vault, 'PUT', '/v1/processors/stripe', { stripe: credentials })
  const issuer = await ask(invoicing, 'POST', '/v1/issuers', ISSUER)
  return {
    vault,
    invoicing,
    stripe,
    ask,
    account: () => ask(invoicing, 'POST', '/v1/accounts', ACCOUNT),
    card: (account_id, number) =>
      ask(vault, 'POST', '/v1/tokens', {
        type: 'card',
        card: { number, expiry_month: 12, expiry_year: 2040 },
        holder: { name: 'Ada Muster' },
        account_id,
      }),
    async charged(account_id, token_id) {
      const form = { account_id, issuer_id: issuer.id, currency: 'CHF', lines: [LINE] }
      const { id } = await ask(invoicing, 'POST', '/v1/invoices', form)
      await ask(invoicing, 'POST', `/v1/invoices/${id}/issue`)
      const charge = await ask(invoicing, 'POST', '/v1/charges', { invoice_id: id, token_id, processor: 'stripe' })
      return { charge, invoice: await ask(invoicing, 'GET', `/v1/invoices/${id}`) }
    },
  }
}
