import { createHash, randomBytes } from 'node:crypto'
import { generateApiKey } from '@kontor/api-key'
import { createLogger } from '@kontor/http-api'
import { formatId, idSource, newUuid, toBucket } from '@kontor/ids'
import { openFonts } from '@kontor/invoice-pdf'
import {
  buildInvoicing,
  type Deps,
  type FindInstrument,
  invoicingTasks,
  processorsOf,
  scopesOf,
  webhookTasksOf,
} from '@kontor/invoicing'
import { workOffJobs } from '@kontor/jobs'
import { connect, type Database } from '@kontor/postgres'
import { createApiKey, createTenant, keyAuthenticator } from '@kontor/tenancy'
import { sender } from '@kontor/webhooks'
import { type FixedClock, fixedClock } from './clock.ts'
import { type FreshDatabases, freshDatabases } from './database.ts'

export type ServiceApp = Awaited<ReturnType<typeof buildInvoicing>>

/** An answer of the service, read as JSON where it is. */
export interface Reply {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the fields it asserts.
  readonly body: any
  readonly headers: Record<string, string | string[] | number | undefined>
  readonly bytes: Buffer
}

export interface CallOptions {
  readonly key?: string
  readonly as?: string
  readonly headers?: Record<string, string>
  /** The address that it comes from; that of this machine unless given. */
  readonly from?: string
}

export interface InvoicingUnderTest {
  readonly databases: FreshDatabases
  readonly database: Database
  readonly deps: Deps
  readonly app: ServiceApp
  readonly clock: FixedClock
  readonly tenantId: string
  /** Lines that were logged, by every instance. */
  readonly log: readonly string[]
  /** Runs SQL as the owner of the database, past the service. */
  sql<Row extends object = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<Row[]>
  /** How many rows each table has, and where every counter stands: what a refused request must leave as it was. */
  state(): Promise<Record<string, string>>
  /** The text of an API key of the tenant. */
  apiKey(role: string, options?: { mode?: 'test' | 'live'; tenantId?: string; expiresAt?: Date }): Promise<string>
  /** Calls as admin, unless `as` says otherwise. A POST gets a key of its own unless `key` names one. */
  call(method: string, url: string, body?: unknown, options?: CallOptions): Promise<Reply>
  /** A second process of the service on the same database, over a way of its own if `databaseUrl` says so. */
  twin(options?: { connectionsMax?: number; databaseUrl?: string }): Promise<ServiceApp>
  /** Does every job that is due, and what comes of it. */
  work(deps?: Deps): Promise<void>
  close(): Promise<void>
}

let keys = 0

const TABLES = [
  'account',
  'adjustment',
  'allocation',
  'charge',
  'charge_refund',
  'charge_refund_settlement',
  'charge_refund_step',
  'charge_retry',
  'charge_rules',
  'charge_step',
  'dispute',
  'dispute_step',
  'document',
  'document_delivery',
  'document_file',
  'document_void',
  'event',
  'idempotency',
  'invoice_run',
  'invoice_run_item',
  'issuer',
  'issuer_logo',
  'issuer_numbering',
  'number_format',
  'number_ledger',
  'payment',
  'processor_event',
  'proforma_cancellation',
  'quote_conversion',
  'quote_line',
  'quote_part',
  'quote_revision',
  'quote_step',
  'refund',
  'series',
  'unique_name',
  'webhook_delivery',
  'webhook_endpoint',
  'webhook_position',
] as const

const STATE_SQL = `select ${TABLES.map((table) => `(select count(*) from ${table})::text as ${table}`).join(', ')},
  (select coalesce(string_agg(id || ':' || next_seq, ',' order by id), '') from series) as counters,
  (select coalesce(string_agg(id || ':' || version, ',' order by id), '') from document) as documents,
  (select coalesce(string_agg(id || ':' || version, ',' order by id), '') from account) as accounts`

/** How the service under test reaches processors; the test processor, and every instrument known to it, unless told otherwise. */
export type Processing = Partial<Pick<Deps, 'processorOf' | 'registrationOf'>>

/** Builds the service on databases of its own, with a fixed clock and a vault that knows what `findInstrument` says. */
export async function invoicingUnderTest(
  findInstrument: FindInstrument = async () => undefined,
  processing: Processing = {},
): Promise<InvoicingUnderTest> {
  const databases = await freshDatabases()
  const clock = fixedClock()
  const log: string[] = []
  const logger = createLogger('test', 'info', { write: (line: string) => void log.push(line) })
  const database = connect({ url: databases.invoicingUrl, max: 10, applicationName: 'test' })
  // On a busy machine a hundred tests wait for these two connections at once.
  const patient = { max: 2, applicationName: 'test-owner', acquireTimeoutMs: 60_000 }
  const owner = connect({ url: databases.invoicingMigrationUrl, ...patient })
  const newId = idSource(clock.nowMs, randomBytes)
  const deps: Deps = {
    database,
    idempotencySecret: randomBytes(32),
    newId,
    random: randomBytes,
    now: clock.now,
    findInstrument,
    processorOf: processorsOf({
      database,
      credentialsOf: async () => undefined,
      baseUrls: {},
      nowMs: clock.nowMs,
      monotonicMs: () => performance.now(),
    }),
    registrationOf: async (_owner, tokenId) => ({ type: 'card', instrument: `test_instrument_${tokenId}` }),
    ...processing,
    readVaultFeed: async () => undefined,
    webhooks: { secret: randomBytes(32), loopback: true, send: sender({ loopback: true }) },
    fonts: await openFonts(),
  }
  const build = (own: Deps) => {
    const keys = { database: own.database, service: 'invoicing', scopesOf, nowMs: clock.nowMs } as const
    return buildInvoicing(own, { logger, authenticate: keyAuthenticator(keys), monotonicMs: () => performance.now() })
  }
  const app = await build(deps)
  const tenantId = newUuid(toBucket(0), clock.nowMs(), randomBytes)
  await createTenant(owner.knex, { id: tenantId, slug: 'acme', name: 'Acme' })

  const closers: (() => Promise<void>)[] = []
  const apiKey: InvoicingUnderTest['apiKey'] = async (role, options = {}) => {
    const mode = options.mode ?? 'test'
    const key = generateApiKey({ service: 'invoicing', mode, random: randomBytes })
    await createApiKey(owner.knex, {
      id: newUuid(toBucket(0), clock.nowMs(), randomBytes),
      key,
      tenantId: options.tenantId ?? tenantId,
      mode,
      name: role,
      role,
      scopes: [],
      purposes: [],
      expiresAt: options.expiresAt ?? null,
    })
    return key.text
  }
  const admin = await apiKey('admin')
  return {
    databases,
    database,
    deps,
    app,
    clock,
    tenantId,
    log,
    sql: (text, values = []) =>
      owner.hotSql(createHash('sha256').update(text).digest('hex').slice(0, 40), text, values),
    async state() {
      const [row] = await owner.hotSql<Record<string, string>>('test state', STATE_SQL, [])
      return row ?? {}
    },
    apiKey,
    call: (method, url, body, options = {}) => callApp(app, admin, method, url, body, options),
    async twin({ connectionsMax = 10, databaseUrl = databases.invoicingUrl } = {}) {
      const own = connect({ url: databaseUrl, max: connectionsMax, applicationName: 'test-twin' })
      const twin = await build({ ...deps, database: own })
      closers.push(async () => {
        await twin.close()
        await own.close()
      })
      return twin
    },
    async work(own = deps) {
      const { invoicingUrl: url } = databases
      await workOffJobs(
        url,
        invoicingTasks(own, (error) => logger.error({ event: 'job_defect', err: error })),
      )
      const telling = webhookTasksOf(own, (error) => logger.error({ event: 'webhooks_failed', err: error }))
      await workOffJobs(url, telling, 'webhooks')
    },
    async close() {
      for (const close of closers) await close()
      await app.close()
      await database.close()
      await owner.close()
      await databases.drop()
    },
  }
}

/** One request without a port. */
export async function callApp(
  app: ServiceApp,
  apiKey: string,
  method: string,
  url: string,
  body?: unknown,
  options: CallOptions = {},
): Promise<Reply> {
  const response = await app.inject({
    method: method as 'GET',
    url,
    ...(options.from === undefined ? {} : { remoteAddress: options.from }),
    headers: {
      authorization: `Bearer ${options.as ?? apiKey}`,
      ...(method === 'POST' ? { 'idempotency-key': options.key ?? `test-key-${++keys}` } : {}),
      ...options.headers,
    },
    ...(body === undefined ? {} : { payload: body as object }),
  })
  const json = String(response.headers['content-type'] ?? '').includes('json')
  return {
    status: response.statusCode,
    body: json ? response.json() : response.body,
    headers: response.headers,
    bytes: response.rawPayload,
  }
}

/** A company in Zurich that issues documents. */
export const ISSUER = {
  name: 'Muster AG',
  vat_id: 'CHE-123.456.789 MWST',
  address: { street: 'Bahnhofstrasse 1', postal_code: '8001', city: 'Zürich', country: 'CH' },
  email: 'rechnung@muster.example',
  payee_accounts: [{ iban: 'CH93 0076 2011 6238 5295 7' }],
}

/** A customer of theirs. */
export const ACCOUNT = {
  kind: 'company',
  name: 'Beispiel GmbH',
  billing_address: { street: 'Hauptstraße 5', postal_code: '79098', city: 'Freiburg', country: 'DE' },
}

/** One line of 2 × 50.00 with 8.1 % VAT. */
export const LINE = { name: 'Beratung', quantity: '2', unit: 'HUR', price: '50.00', vat_category: 'S', vat_rate: '8.1' }

/** Makes an issuer and an account, and says how to order from them. */
export async function issuerAndAccount({ call }: Pick<InvoicingUnderTest, 'call'>) {
  const issuer = await call('POST', '/v1/issuers', ISSUER)
  const account = await call('POST', '/v1/accounts', ACCOUNT)
  const order = {
    account_id: account.body.id as string,
    issuer_id: issuer.body.id as string,
    currency: 'CHF',
    lines: [LINE],
  }
  return { issuer: issuer.body, account: account.body, order }
}

/** The UUID of an account id, as another test's vault would answer it. */
export const tokenOf = (bucketOfAccount: number): string =>
  formatId('tok', newUuid(toBucket(bucketOfAccount), Date.parse('2026-11-23T10:00:00Z'), randomBytes))
