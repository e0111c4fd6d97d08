import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import type { ApiServer, Mode } from '@kontor/http-api'
import { createLogger } from '@kontor/http-api'
import { formatId, idSource, newUuid, parseId, toBucket } from '@kontor/ids'
import { unwrapKey, wrapKey } from '@kontor/jose-box'
import { type KeyContext, type KeyProvider, KeyProviderUnavailable, RootKeyMissing } from '@kontor/keystore'
import { connect, type Database } from '@kontor/postgres'
import { processorServers } from '@kontor/processors'
import { createTenant } from '@kontor/tenancy'
import pg from 'pg'
import { type FreshDatabases, freshDatabases } from '../../../test/support/database.ts'
import { createVaultKey, type VaultKeyRequest } from '../src/api-keys/administration.ts'
import { buildVault, type VaultDeps } from '../src/app.ts'
import { isAuditOpen } from '../src/audit/position-repo.ts'
import { memorySink } from './memory-sink.ts'

/** Nobody listens there: a test that reaches a processor says which. */
const NOBODY = 'http://127.0.0.1:9'

/** Everything a test of the vault needs: databases of its own, one tenant with a key of each kind, and the app. */
export interface TestVault {
  readonly databases: FreshDatabases
  readonly deps: VaultDeps
  readonly app: ApiServer
  readonly clock: { now: Date; monotonicMs: number }
  readonly tenantId: string
  /** Lines that were logged. */
  readonly log: string[]
  /** As superuser, on the vault's database. */
  readonly vaultAdmin: pg.Pool
  /** As superuser, on the database of the keys. */
  readonly keysAdmin: pg.Pool
  newTenant(slug: string): Promise<string>
  /** @returns An API key. */
  newKey(request: Partial<VaultKeyRequest>): Promise<string>
  /** @returns The id that the vault drew for an account `acc_…`, whose row there is once. */
  subjectIdOf(accountId: string): Promise<string>
  /** Another instance of the service over the same databases. */
  newApp(deps?: Partial<VaultDeps>): Promise<ApiServer>
  close(): Promise<void>
}

/** One root KEK in memory, with the contract of a key provider, that can be taken down. */
export function memoryProvider(kid = 'root-1'): KeyProvider & { down: boolean } {
  const root = randomBytes(32)
  const held = (asked: string): Buffer => {
    if (provider.down) throw new KeyProviderUnavailable('it is down')
    if (asked !== kid) throw new RootKeyMissing()
    return root
  }
  const provider = {
    down: false,
    currentKid: async () => kid,
    kids: async () => [{ kid, state: 'current' as const, createdAt: '2026-11-01T00:00:00.000Z' }],
    wrap: async (key: Buffer, context: KeyContext) => ({ kid, wrapped: wrapKey(key, held(kid), { ...context, kid }) }),
    unwrap: async (asked: string, wrapped: string, context: KeyContext) =>
      unwrapKey(wrapped, held(asked), { ...context, kid }),
  }
  return provider
}

export async function testVault(): Promise<TestVault> {
  const databases = await freshDatabases()
  const open: Database[] = []
  const apps: ApiServer[] = []
  const database = (url: string, max = 10) => {
    const connected = connect({ url, max, applicationName: 'vault test' })
    open.push(connected)
    return connected
  }
  const owner = database(databases.vaultMigrationUrl, 1)
  const clock = { now: new Date('2026-11-23T10:00:00.000Z'), monotonicMs: performance.now() }
  const log: string[] = []
  const deps: VaultDeps = {
    vault: database(databases.vaultUrl),
    keys: database(databases.keysUrl),
    provider: memoryProvider(),
    logger: createLogger('vault', 'info', { write: (line: string) => void log.push(line) }),
    keysBackupRetentionDays: 30,
    audit: { sink: memorySink(), sealEveryMs: 250 },
    processors: { servers: processorServers({ stripe: NOBODY, paypal: NOBODY }), timeoutMs: 5_000 },
    now: () => clock.now,
    monotonicMs: () => clock.monotonicMs,
    random: randomBytes,
  }

  async function newApp(other: Partial<VaultDeps> = {}): Promise<ApiServer> {
    const app = await buildVault({ ...deps, ...other })
    apps.push(app)
    await app.ready()
    // On a busy machine the comparison with the erasures can outlast the start, which waits for it only so long.
    for (let asked = 0; asked < 300; asked++) {
      const answer = await app.inject({ method: 'GET', url: '/ready' })
      if (answer.statusCode === 200 || answer.json().code !== 'erasures_replaying') break
      await pause(50)
    }
    return app
  }
  async function newTenant(slug: string): Promise<string> {
    const id = newUuid(toBucket(0), Date.now(), randomBytes)
    return (await createTenant(owner.knex, { id, slug, name: slug })).id
  }
  const tenantId = await newTenant('shop')
  const vaultAdmin = superuser(databases.adminUrl, databases.vaultUrl)
  const keysAdmin = superuser(databases.adminUrl, databases.keysUrl)
  const app = await newApp()
  await auditOpens(deps.vault)
  return {
    databases,
    deps,
    clock,
    tenantId,
    log,
    vaultAdmin,
    keysAdmin,
    app,
    newApp,
    newTenant,
    async subjectIdOf(accountId) {
      const { rows } = await vaultAdmin.query('select id from data_subject where account_id = $1', [
        parseId('acc', accountId),
      ])
      if (rows.length !== 1) throw new Error(`${rows.length} subjects have the account`)
      return rows[0].id
    },
    async newKey(request) {
      const whole = { tenantId, mode: 'test' as Mode, name: 'test', role: 'admin', ...request }
      return (await createVaultKey(owner.knex, whole, { random: randomBytes, nowMs: Date.now() })).text
    },
    async close() {
      for (const app of apps) await app.close()
      for (const connected of open) await connected.close()
      await Promise.all([vaultAdmin.end(), keysAdmin.end()])
      await databases.drop()
    },
  }
}

/**
 * Waits for the first round of the sealer. The database was copied from a template that is older than a minute, and a reveal that came before
 * would find the gate shut, for as long as the clock of the test stands still.
 */
async function auditOpens(database: Database): Promise<void> {
  for (let asked = 0; asked < 600; asked++) {
    if (await isAuditOpen(database)) return
    await pause(50)
  }
  throw new Error('the gate of the audit stays shut')
}

function superuser(adminUrl: string, databaseUrl: string): pg.Pool {
  const url = new URL(adminUrl)
  url.pathname = new URL(databaseUrl).pathname
  const pool = new pg.Pool({ connectionString: url.href, max: 2 })
  // When the database is dropped, a connection that is still closing says so; unheard, that would end the process.
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

const newId = idSource(Date.now, randomBytes)

/** An account id that was never used before. */
export function newAccountId(): string {
  return formatId('acc', newId(toBucket(randomBytes(2).readUInt16BE() & 0xfff)))
}

let keys = 0

/** An Idempotency-Key that was never used before. */
export function newIntent(): string {
  return `intent-${process.pid}-${++keys}`
}

export const HOLDER = { name: 'Ada Muster' }

export const CARD = {
  type: 'card',
  card: { number: '4242 4242 4242 4242', expiry_month: 12, expiry_year: 2030, cvc: '987' },
  holder: HOLDER,
}

export const IBAN_ACCOUNT = {
  type: 'bank_account',
  bank_account: { iban: 'DE89 3704 0044 0532 0130 00', bic: 'COBADEFFXXX' },
  holder: HOLDER,
}

export const US_ACCOUNT = {
  type: 'bank_account',
  bank_account: { routing_number: '021000021', account_number: '000123456789', account_type: 'checking' },
  holder: HOLDER,
}

export const PAYPAL_ACCOUNT = {
  type: 'paypal_account',
  paypal_account: { email: 'buyer@example.com', payer_id: 'QYR5Z8XDVJNXQ' },
  holder: HOLDER,
}

/** A request as a caller sends it. */
export interface Call {
  readonly key: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly body?: object | string
  readonly headers?: Readonly<Record<string, string>>
}

/** Sends a request into the app without a network between. */
export async function call(app: ApiServer, { key, method, url, body, headers = {} }: Call) {
  const response = await app.inject({
    method,
    url,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { payload: body }),
  })
  return {
    status: response.statusCode,
    headers: response.headers,
    text: response.body,
    // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer holds.
    json: () => response.json() as any,
  }
}

/** Tokenizes under an intent of its own unless one is given. */
export function tokenize(app: ApiServer, key: string, body: object | string, intent: string = newIntent()) {
  return call(app, { key, method: 'POST', url: '/v1/tokens', body, headers: { 'idempotency-key': intent } })
}
