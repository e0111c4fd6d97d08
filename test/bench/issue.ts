import { createHash, randomBytes } from 'node:crypto'
import { bucketFromBytes, bucketOf, formatId, newUuid } from '@kontor/ids'
import { compare, type Figure, supplyOf } from './figure.ts'
import type { DraftedAccount, InvoicingStage } from './invoicing-stage.ts'
import { callers, httpRequest, newKey } from './load.ts'
import { rawClients, type Statement } from './raw.ts'
import type { Stage } from './stage.ts'

/** The rows of one issue, written bare: the same tables, columns and indexes, in one statement and so in one transaction. */
const ISSUE_SQL = `
with drawn as (
  update series set next_seq = next_seq + 1, last_issued_on = $4
   where bucket = $1 and id = $2
  returning next_seq - 1 as seq, prefix || (next_seq - 1) as number
),
issued as (
  update document set state = 'issued', series_id = $2, seq = drawn.seq, number = drawn.number, issue_on = $4, snapshot = $5,
         snapshot_hash = $6, issued_at = $7, version = version + 1
    from drawn where document.bucket = $1 and document.id = $3 and document.state = 'draft'
),
entered as (
  insert into number_ledger (bucket, series_id, seq, tenant_id, document_bucket, document_id, number, snapshot_hash, issue_on,
         issued_at)
  select $1, $2, drawn.seq, $8, $1, $3, drawn.number, $6, $4, $7 from drawn
),
findable as (
  insert into unique_name (bucket, tenant_id, mode, kind, value, target_id)
  select $9, $8, 'test', 'document_number', $10 || drawn.number, $3 from drawn
),
happened as (
  insert into event (bucket, id, tenant_id, mode, type, account_id, object_id, object_version, actor_key_id, at)
  select $1, $11, $8, 'test', 'invoice.issued', $12, $3, 2, $11, $7 from drawn
),
remembered as (
  insert into idempotency (bucket, key_hmac, tenant_id, request_hmac, status, answer)
  select $1, $6, $8, $6, 200, $13 from drawn
)
select number from drawn
`

export interface IssueFigure {
  readonly name: string
  readonly goal: number | null
  /** The accounts that are invoiced in turn. */
  readonly accounts: number
  /** And as many connections on the bare side. */
  readonly callers: number
  /** Issues in a round at most; a round ends after half a second. */
  readonly most: number
  readonly rounds: number
}

/** Issues over HTTP on one side; on the other the bare transaction, one at a time on each of as many connections. */
export async function measureIssue(stage: Stage, figure: IssueFigure): Promise<Figure> {
  const invoicing = await stage.invoicing()
  // On one account, the two sides would wait for each other's dead versions of its series' row.
  const ours = invoicing.accounts.slice(0, figure.accounts)
  const bare = invoicing.accounts.slice(-figure.accounts)
  const total = figure.most * (figure.rounds + 1)
  const requests = (await invoicing.moreDrafts(ours, total)).map((id) => issueRequest(invoicing, id))
  const written = await firstIssued(stage, invoicing)
  const statements = (await invoicing.moreDrafts(bare, total)).map((id, index) => [
    bareIssue(stage.tenantId, bare[index % bare.length] as DraftedAccount, id, written),
  ])
  await stage.settle()
  const [requestSupply, statementSupply] = [supplyOf(requests), supplyOf(statements)]
  const limits = { seconds: 0.5, most: figure.most }
  const clients = await callers(invoicing.port, figure.callers)
  const raw = await rawClients(stage.urls.invoicing.url, figure.callers)
  try {
    return await compare({
      ...figure,
      baselineUnit: 'issues/s',
      ours: () => clients.run(requestSupply, limits),
      bare: () => raw.run(statementSupply, limits),
    })
  } finally {
    clients.close()
    await raw.close()
  }
}

/** What a caller sends to have a draft issued, under a key of its own. */
export function issueRequest({ headers }: Pick<InvoicingStage, 'headers'>, documentId: string): Buffer {
  return httpRequest('POST', `/v1/invoices/${formatId('inv', documentId)}/issue`, {
    ...headers,
    'idempotency-key': newKey(),
  })
}

/** An invoice that the service issued, and what it wrote, so that the bare side writes as many bytes. */
export interface Issued {
  readonly id: string
  readonly snapshot: string
  readonly answer: string
}

export async function firstIssued(stage: Stage, invoicing: InvoicingStage): Promise<Issued> {
  const [draftId] = await invoicing.moreDrafts(invoicing.accounts, 1)
  if (draftId === undefined) throw new Error('no draft was copied')
  let answer = ''
  const clients = await callers(invoicing.port, 1, (body) => {
    answer = body.toString()
  })
  await clients.run(supplyOf([issueRequest(invoicing, draftId)]), { seconds: 10, most: 1 })
  clients.close()
  const row: { snapshot: string } | undefined = await stage.owners.invoicing
    .knex('document')
    .select('snapshot')
    .where({ bucket: bucketOf(draftId), id: draftId })
    .first()
  if (!row?.snapshot) throw new Error('the first draft was not issued')
  return { id: draftId, snapshot: row.snapshot, answer }
}

function bareIssue(tenantId: string, account: DraftedAccount, documentId: string, written: Issued): Statement {
  const bucket = bucketOf(documentId)
  const now = new Date()
  const hash = createHash('sha256').update(documentId).digest()
  return {
    name: 'bare_issue',
    text: ISSUE_SQL,
    values: [
      bucket,
      account.seriesId,
      documentId,
      // The day where the issuer is, as the service dates; sv-SE writes it as ISO 8601 does.
      now.toLocaleDateString('sv-SE', { timeZone: 'Europe/Zurich' }),
      written.snapshot,
      hash,
      now,
      tenantId,
      bucketFromBytes(hash),
      `${account.issuerId}/`,
      newUuid(bucket, now.getTime(), randomBytes),
      account.accountId,
      written.answer,
    ],
  }
}
