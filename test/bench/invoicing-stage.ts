import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { generateApiKey } from '@kontor/api-key'
import { bucketOf, newUuid, parseId, toBucket } from '@kontor/ids'
import { createApiKey } from '@kontor/tenancy'
import { ACCOUNT, ISSUER, LINE } from '../support/invoicing.ts'
import { supplyOf } from './figure.ts'
import { callers, httpRequest, newKey } from './load.ts'
import { type Service, startService } from './service.ts'
import type { Stage } from './stage.ts'

/** One account with a draft of an invoice, and the series its number will come from. */
export interface DraftedAccount {
  readonly accountId: string
  readonly issuerId: string
  readonly seriesId: string
  readonly draftId: string
}

/** The running service, and how to put rows into its database. */
export interface InvoicingStage {
  readonly port: number
  readonly headers: Readonly<Record<string, string>>
  /** A thousand accounts that were made through the API, each with a draft and its series. */
  readonly accounts: readonly DraftedAccount[]
  /** Copies drafts in the database, evenly over the accounts. @returns The UUIDs of the copies. */
  moreDrafts(accounts: readonly DraftedAccount[], count: number): Promise<string[]>
  /** Starts a second service on the same database, which issues each document by statements of its own. */
  uncoalesced(): Promise<Service>
  close(): Promise<void>
}

const ACCOUNTS = 1_000
/** Three lines, two rates: about what an invoice has. */
const LINES = [
  LINE,
  { ...LINE, name: 'Reisekosten', unit: 'KMT', quantity: '120', price: '0.70' },
  { ...LINE, name: 'Handbuch', unit: 'C62', vat_rate: '2.6' },
]
const PREPARING = { seconds: 60, most: Number.POSITIVE_INFINITY }

export async function startInvoicing(stage: Stage): Promise<InvoicingStage> {
  const environment = {
    INVOICING_DATABASE_URL: stage.urls.invoicing.url,
    INVOICING_LISTEN: '127.0.0.1:0',
    INVOICING_SECRET: randomBytes(32).toString('hex'),
    // What comes later is not what is measured.
    INVOICING_JOBS_MAX: '0',
    INVOICING_WEBHOOKS_MAX: '0',
    // No order of the benchmark names a token, so nobody calls the vault.
    VAULT_URL: 'http://127.0.0.1:9',
  }
  const service = await startService('invoicing', environment, stage.profileFolder)
  const headers = { authorization: `Bearer ${await adminKey(stage)}` }
  try {
    const accounts = await makeAccounts(stage, service.port, headers)
    return {
      port: service.port,
      headers,
      accounts,
      moreDrafts: (of, count) => copyDrafts(stage, of, count),
      uncoalesced: () => startService('invoicing', environment, undefined, join(import.meta.dirname, 'uncoalesced.ts')),
      close: () => service.stop(),
    }
  } catch (error) {
    await service.stop()
    throw error
  }
}

async function adminKey(stage: Stage): Promise<string> {
  const key = generateApiKey({ service: 'invoicing', mode: 'test', random: randomBytes })
  await createApiKey(stage.owners.invoicing.knex, {
    id: newUuid(toBucket(0), Date.now(), randomBytes),
    key,
    tenantId: stage.tenantId,
    mode: 'test',
    name: 'bench',
    role: 'admin',
    scopes: [],
    purposes: [],
    expiresAt: null,
  })
  return key.text
}

async function makeAccounts(
  stage: Stage,
  port: number,
  headers: Readonly<Record<string, string>>,
): Promise<DraftedAccount[]> {
  async function post(path: string, bodies: readonly unknown[]) {
    const answers: { id: string; account_id: string }[] = []
    const clients = await callers(port, 16, (body) => answers.push(JSON.parse(body.toString())))
    const requests = bodies.map((body) => httpRequest('POST', path, { ...headers, 'idempotency-key': newKey() }, body))
    await clients.run(supplyOf(requests), PREPARING)
    clients.close()
    if (answers.length < bodies.length) throw new Error('the service was not filled in time')
    return answers
  }
  const [issuer] = await post('/v1/issuers', [ISSUER])
  if (!issuer) throw new Error('no issuer was made')
  const accounts = await post('/v1/accounts', Array<unknown>(ACCOUNTS).fill(ACCOUNT))
  const order = { issuer_id: issuer.id, currency: 'CHF', lines: LINES }
  const drafts = await post(
    '/v1/invoices',
    accounts.map(({ id }) => ({ ...order, account_id: id })),
  )
  // The first number makes a series; the bare side draws from it without ever asking the service.
  await stage.owners.invoicing.knex.raw(MAKE_SERIES)
  const series: { id: string; account_id: string }[] = await stage.owners.invoicing
    .knex('series')
    .select('id', 'account_id')
  const seriesOf = new Map(series.map((row) => [row.account_id, row.id]))
  return drafts.map((draft) => {
    const accountId = parseId('acc', draft.account_id)
    const seriesId = seriesOf.get(accountId)
    if (!seriesId) throw new Error('an account has no series')
    return { accountId, issuerId: parseId('iss', issuer.id), seriesId, draftId: parseId('inv', draft.id) }
  })
}

/** As the service makes them: the id is in the bucket of the account, because it is that of the draft with other random bits. */
const MAKE_SERIES = `
insert into series (bucket, id, tenant_id, mode, issuer_id, scope, account_id, document_type, prefix, created_at)
select distinct on (document.account_id) document.bucket,
       overlay(document.id::text placing right(md5(document.id::text), 12) from 25)::uuid, document.tenant_id, document.mode,
       document.issuer_id, 'account', document.account_id, 'invoice', account.customer_number || '-', document.created_at
  from document join account on account.bucket = document.bucket and account.id = document.account_id
`

async function copyDrafts(stage: Stage, accounts: readonly DraftedAccount[], count: number): Promise<string[]> {
  const copies = Array.from({ length: count }, (_, index) => {
    const { draftId: original } = accounts[index % accounts.length] as DraftedAccount
    const bucket = bucketOf(original)
    return { bucket, original, id: newUuid(bucket, Date.now(), randomBytes) }
  })
  await stage.owners.invoicing.knex.raw(COPY_DRAFTS, [JSON.stringify(copies)])
  return copies.map(({ id }) => id)
}

const COPY_DRAFTS = `
insert into document (bucket, id, tenant_id, mode, document_type, type_code, state, issuer_id, account_id, currency,
       net_minor, vat_minor, gross_minor, payable_minor, content, created_at)
select document.bucket, copy.id, tenant_id, mode, document_type, type_code, 'draft', issuer_id, account_id, currency,
       net_minor, vat_minor, gross_minor, payable_minor, content, created_at
  from json_to_recordset(?) as copy(bucket smallint, original uuid, id uuid)
  join document on document.bucket = copy.bucket and document.id = copy.original
`
