import { bucketOf } from '@kontor/ids'
import { coalescer, type Database } from '@kontor/postgres'
import type { Account } from '../accounts/account.ts'
import type { IntentDigest } from '../idempotency/command.ts'
import type { replay } from '../idempotency/once.ts'
import type { Issuer } from '../issuers/issuer.ts'
import type { Owner } from '../issuers/repo.ts'
import type { DocumentType } from '../numbering/document-type.ts'
import { completeNumberings, type Numberings } from '../numbering/numbering.ts'
import type { Document } from './document.ts'

/** A draft that is to be issued, and the intent under which it may have been issued already. */
export interface DraftRequest {
  readonly owner: Owner
  readonly type: DocumentType
  readonly id: string
  readonly digest: IntentDigest
}

export interface DraftFound {
  /** What the intent was answered before. */
  readonly stored: StoredRow | undefined
  readonly document: Document | undefined
}

/** Who issues the document, and to whom. */
export interface PartiesRequest {
  readonly owner: Owner
  readonly issuerId: string
  readonly accountId: string
}

export interface Parties {
  readonly issuer: Issuer | undefined
  readonly account: Account | undefined
  /** How the issuer numbers its documents. */
  readonly numberings: Numberings
}

type StoredRow = Parameters<typeof replay>[0]

/** Read at once at most: as many as are drawn at once. */
const BATCH_MAX = 64

/**
 * Makes the reads of an issue. What arrives while the last read is under way is read together, as it is drawn together: with
 * 32 callers, statements for each of them cost the process and PostgreSQL twice as much as the rest of an issue.
 *
 * @param coalesce False reads for each issue by itself, to measure what reading together brings.
 */
export function issueReads(database: Database, coalesce = true) {
  if (!coalesce) {
    return {
      draft: async (request: DraftRequest) => (await findDrafts(database, [request]))[0] as DraftFound,
      parties: async (request: PartiesRequest) => (await findParties(database, [request]))[0] as Parties,
    }
  }
  return {
    draft: coalescer<DraftRequest, DraftFound>({
      write: (batch) => findDrafts(database, batch),
      batchMax: BATCH_MAX,
    }),
    parties: coalescer<PartiesRequest, Parties>({
      write: (batch) => findParties(database, batch),
      batchMax: BATCH_MAX,
    }),
  }
}

// Each `limit 1` keeps the lookup one by one: as a join, the planner may read the whole table while it is small, and the plan
// of a prepared statement stays while it grows. Lists come as JSON: of an array the planner expects ten items, finds that a plan for
// the few that came is cheaper, and plans anew each time.
const DRAFTS_SQL = `
select document.id, document.mode, document.document_type, document.type_code, document.state, document.issuer_id,
       document.account_id, document.series_id, document.external_id, document.quote_id, document.corrects_id, document.proforma_id, document.token_id,
       document.currency, document.net_minor, document.vat_minor, document.gross_minor, document.payable_minor,
       document.issue_on, document.due_on, document.content, document.number, document.snapshot, document.issued_at,
       document.version, document.created_at, stored.request_hmac, stored.status, stored.answer
  from json_to_recordset($1::json) as wanted (ord int, bucket smallint, id uuid, tenant_id uuid, mode text, document_type text, key_hmac text)
  left join lateral (
    select found.id, found.mode, found.document_type, found.type_code, found.state, found.issuer_id, found.account_id,
           found.series_id, found.external_id, found.quote_id, found.corrects_id, found.proforma_id, found.token_id, found.currency, found.net_minor,
           found.vat_minor, found.gross_minor, found.payable_minor, found.issue_on, found.due_on, found.content, found.number,
           found.snapshot, found.issued_at, found.version, found.created_at
      from document as found
     where found.bucket = wanted.bucket and found.id = wanted.id and found.tenant_id = wanted.tenant_id
       and found.mode = wanted.mode and found.document_type = wanted.document_type limit 1) as document on true
  left join lateral (
    select idempotency.request_hmac, idempotency.status, idempotency.answer from idempotency
     where idempotency.bucket = wanted.bucket and idempotency.key_hmac = decode(wanted.key_hmac, 'hex') limit 1) as stored on true
 order by wanted.ord
`

type DraftRow = { readonly [Column in keyof Document]: Document[Column] | null } & {
  readonly [Column in keyof StoredRow]: StoredRow[Column] | null
}

async function findDrafts(database: Database, batch: readonly DraftRequest[]): Promise<DraftFound[]> {
  const wanted = batch.map(({ owner, id, type, digest }, ord) => ({
    ...{ ord, ...wantedOf(owner, id), document_type: type },
    key_hmac: digest.keyHmac.toString('hex'),
  }))
  const rows = await database.hotSql<DraftRow>('find_drafts', DRAFTS_SQL, [JSON.stringify(wanted)])
  return rows.map(({ request_hmac, status, answer, ...document }) => ({
    stored: request_hmac === null ? undefined : ({ request_hmac, status, answer } as StoredRow),
    document: document.id === null ? undefined : (document as Document),
  }))
}

const ISSUERS_SQL = `
select found.tenant_id, found.id, found.mode, found.external_id, found.name, found.trading_name, found.legal_id, found.vat_id,
       found.tax_number, found.address, found.contact_name, found.phone, found.email, found.endpoint, found.payee_accounts,
       found.time_zone, found.currency, found.language, found.logo_sha256, found.version, found.created_at, found.formats
  from json_to_recordset($1::json) as wanted (bucket smallint, id uuid, tenant_id uuid, mode text)
 cross join lateral (
    select issuer.tenant_id, issuer.id, issuer.mode, issuer.external_id, issuer.name, issuer.trading_name, issuer.legal_id,
           issuer.vat_id, issuer.tax_number, issuer.address, issuer.contact_name, issuer.phone, issuer.email, issuer.endpoint,
           issuer.payee_accounts, issuer.time_zone, issuer.currency, issuer.language, issuer.logo_sha256, issuer.version,
           issuer.created_at, issuer_numbering.formats
      from issuer
      left join issuer_numbering
        on issuer_numbering.bucket = issuer.bucket and issuer_numbering.issuer_id = issuer.id
     where issuer.bucket = wanted.bucket and issuer.id = wanted.id and issuer.tenant_id = wanted.tenant_id
       and issuer.mode = wanted.mode limit 1) as found
`

const ACCOUNTS_SQL = `
select found.tenant_id, found.id, found.mode, found.external_id, found.customer_number, found.kind, found.name,
       found.trading_name, found.contact_name, found.legal_id, found.vat_id, found.email, found.phone, found.language,
       found.billing_address, found.delivery_address, found.endpoint, found.version, found.created_at
  from json_to_recordset($1::json) as wanted (bucket smallint, id uuid, tenant_id uuid, mode text)
 cross join lateral (
    select account.tenant_id, account.id, account.mode, account.external_id, account.customer_number, account.kind,
           account.name, account.trading_name, account.contact_name, account.legal_id, account.vat_id, account.email,
           account.phone, account.language, account.billing_address, account.delivery_address, account.endpoint,
           account.version, account.created_at
      from account
     where account.bucket = wanted.bucket and account.id = wanted.id and account.tenant_id = wanted.tenant_id
       and account.mode = wanted.mode limit 1) as found
`

async function findParties(database: Database, batch: readonly PartiesRequest[]): Promise<Parties[]> {
  const [issuers, accounts] = await Promise.all([
    findEach<Issuer & { readonly formats: Partial<Numberings> | null }>(
      database,
      { name: 'find_issuers', text: ISSUERS_SQL },
      batch.map(({ owner, issuerId }) => ({ owner, id: issuerId })),
    ),
    findEach<Account>(
      database,
      { name: 'find_accounts', text: ACCOUNTS_SQL },
      batch.map(({ owner, accountId }) => ({ owner, id: accountId })),
    ),
  ])
  return batch.map(({ owner, issuerId, accountId }) => {
    const { formats, ...issuer } = issuers.get(nameOf(owner, issuerId)) ?? { formats: null }
    return {
      // What is left over is the issuer alone: a snapshot takes it as it stands.
      issuer: 'id' in issuer ? issuer : undefined,
      account: accounts.get(nameOf(owner, accountId)),
      numberings: completeNumberings(formats),
    }
  })
}

/** Most of a batch share an issuer, and on a busy account the account too: each is asked for once. */
async function findEach<Row extends { readonly id: string; readonly mode: 'test' | 'live' }>(
  database: Database,
  statement: { readonly name: string; readonly text: string },
  wanted: readonly { readonly owner: Owner; readonly id: string }[],
): Promise<Map<string, Row>> {
  const distinct = [...new Map(wanted.map((one) => [nameOf(one.owner, one.id), one])).values()]
  const rows = await database.hotSql<Row & { readonly tenant_id: string }>(statement.name, statement.text, [
    JSON.stringify(distinct.map(({ owner, id }) => wantedOf(owner, id))),
  ])
  return new Map(
    rows.map(({ tenant_id: tenantId, ...row }) => [
      nameOf({ tenantId, mode: row.mode }, row.id),
      row as unknown as Row,
    ]),
  )
}

/** A row of a list of what is looked up. */
function wantedOf({ tenantId, mode }: Owner, id: string) {
  return { bucket: bucketOf(id), id, tenant_id: tenantId, mode }
}

function nameOf({ tenantId, mode }: Owner, id: string): string {
  return `${tenantId} ${mode} ${id}`
}
