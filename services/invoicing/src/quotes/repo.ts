import { bucketOf } from '@kontor/ids'
import type { Database, Db, Tx } from '@kontor/postgres'
import type { Owner } from '../issuers/repo.ts'
import type { LineProgress, QuoteLife, QuoteStep } from './life.ts'
import { billionths, type LineTaken, type Part, type Taken } from './parts.ts'

interface LifeRow extends Omit<QuoteStep, 'step'> {
  readonly quote_id: string
  readonly step: QuoteStep['step'] | null
  readonly revision: number | null
  readonly revises_id: string | null
  readonly lines: readonly LineProgress[] | null
  readonly invoice_ids: readonly string[] | null
}

/** The lives of some quotes, each looked up by its key, whatever the planner thinks of the tables while they are small. */
const LIVES_SQL = (buckets: string, ids: string) => `
select wanted.id as quote_id, ended.step, ended.at, ended.reason, ended.accepted_by_name, ended.accepted_by_role,
       host(ended.from_address) as from_address, ended.note, encode(ended.terms_hash, 'hex') as terms_hash, ended.superseded_by,
       revised.revision, revised.revises_id, progress.lines, made.invoice_ids
  from unnest(${buckets}::smallint[], ${ids}::uuid[]) as wanted(bucket, id)
  left join lateral (
    select quote_step.step, quote_step.at, quote_step.reason, quote_step.accepted_by_name, quote_step.accepted_by_role,
           quote_step.from_address, quote_step.note, quote_step.terms_hash, quote_step.superseded_by
      from quote_step where quote_step.bucket = wanted.bucket and quote_step.quote_id = wanted.id limit 1) as ended on true
  left join lateral (
    select quote_revision.revision, quote_revision.revises_id from quote_revision
     where quote_revision.bucket = wanted.bucket and quote_revision.quote_id = wanted.id limit 1) as revised on true
  left join lateral (
    select json_agg(json_build_object('line', quote_line.line_no, 'quoted', trim_scale(quote_line.quoted)::text,
             'converted', trim_scale(quote_line.converted)::text) order by quote_line.line_no) as lines
      from quote_line where quote_line.bucket = wanted.bucket and quote_line.quote_id = wanted.id) as progress on true
  left join lateral (
    select array_agg(quote_conversion.invoice_id order by quote_conversion.created_at, quote_conversion.invoice_id) as invoice_ids
      from quote_conversion
     where quote_conversion.bucket = wanted.bucket and quote_conversion.quote_id = wanted.id) as made on true`

/** @param database A pool, or the transaction that just changed them. */
export async function livesOf(database: Database | Db, quoteIds: readonly string[]): Promise<Map<string, QuoteLife>> {
  if (quoteIds.length === 0) return new Map()
  const values = [quoteIds.map(bucketOf), [...quoteIds]]
  const rows: readonly LifeRow[] =
    'hotSql' in database
      ? await database.hotSql<LifeRow>('find_quote_lives', LIVES_SQL('$1', '$2'), values)
      : (await database.raw<{ rows: LifeRow[] }>(LIVES_SQL('?', '?'), values)).rows
  return new Map(rows.map((row) => [row.quote_id, toLife(row)]))
}

function toLife({ quote_id: _, step, revision, revises_id, lines, invoice_ids, ...rest }: LifeRow): QuoteLife {
  return {
    step: step === null ? undefined : { step, ...rest },
    revision: revision ?? 1,
    revisesId: revises_id,
    lines: lines ?? [],
    invoiceIds: invoice_ids ?? [],
  }
}

export interface NewStep {
  readonly step: 'accepted' | 'declined' | 'cancelled'
  readonly quoteId: string
  readonly actorKeyId: string
  readonly at: Date
  readonly reason?: string | undefined
  readonly acceptedBy?: { readonly name: string; readonly role?: string | undefined } | undefined
  readonly fromAddress?: string | undefined
  readonly note?: string | undefined
  readonly termsHash?: Buffer | undefined
}

/** @returns False when another step was first. The primary key decides, also against a revision that is being issued. */
export async function insertStep(tx: Tx, owner: Owner, step: NewStep): Promise<boolean> {
  const rows = await tx('quote_step')
    .insert({
      bucket: bucketOf(step.quoteId),
      quote_id: step.quoteId,
      tenant_id: owner.tenantId,
      step: step.step,
      actor_key_id: step.actorKeyId,
      at: step.at,
      reason: step.reason ?? null,
      accepted_by_name: step.acceptedBy?.name ?? null,
      accepted_by_role: step.acceptedBy?.role ?? null,
      from_address: step.fromAddress ?? null,
      note: step.note ?? null,
      terms_hash: step.termsHash ?? null,
    })
    .onConflict(['bucket', 'quote_id'])
    .ignore()
    .returning('quote_id')
  return rows.length > 0
}

/** Opens the account of what is converted of each line. */
export async function insertLines(tx: Tx, owner: Owner, quoteId: string, quoted: readonly string[]): Promise<void> {
  const bucket = bucketOf(quoteId)
  await tx('quote_line').insert(
    quoted.map((quantity, index) => ({
      bucket,
      quote_id: quoteId,
      line_no: index + 1,
      tenant_id: owner.tenantId,
      quoted: quantity,
    })),
  )
}

/** What the invoices of a quote took of it. Of a quote that the transaction holds, so that nobody takes more meanwhile. */
export async function readTaken(tx: Tx, quoteId: string): Promise<Taken> {
  const key = { bucket: bucketOf(quoteId), quote_id: quoteId }
  const parts: { line_no: number; quantity: string; shares: bigint[] }[] = await tx('quote_part')
    .select('line_no', 'quantity', 'shares')
    .where(key)
  const conversions: { shares: bigint[] }[] = await tx('quote_conversion').select('shares').where(key)
  const lines = new Map<number, LineTaken>()
  for (const { line_no, quantity, shares } of parts) {
    const before = lines.get(line_no)
    lines.set(line_no, {
      parts: (before?.parts ?? 0) + 1,
      quantity: (before?.quantity ?? 0n) + billionths(quantity),
      shares: addEach(before?.shares ?? [], shares),
    })
  }
  return { lines, shares: conversions.reduce<bigint[]>((sums, { shares }) => addEach(sums, shares), []) }
}

const addEach = (sums: readonly bigint[], shares: readonly bigint[]): bigint[] =>
  Array.from({ length: Math.max(sums.length, shares.length) }, (_, n) => (sums[n] ?? 0n) + (shares[n] ?? 0n))

/** Keeps what an invoice took. The database adds it to what is converted, and refuses more than was quoted. */
export async function insertPart(
  tx: Tx,
  owner: Owner,
  conversion: { readonly quoteId: string; readonly invoiceId: string; readonly at: Date },
  part: Part,
): Promise<void> {
  const { quoteId, invoiceId, at } = conversion
  const key = { bucket: bucketOf(quoteId), invoice_id: invoiceId, quote_id: quoteId, tenant_id: owner.tenantId }
  await tx('quote_conversion').insert({ ...key, shares: part.shares, created_at: at })
  await tx('quote_part').insert(
    part.lines.map(({ line, quantity, shares }) => ({ ...key, line_no: line, quantity, shares })),
  )
}

/** The language that an account is written to in, unless a document says otherwise. */
export async function languageOf(tx: Tx, accountId: string): Promise<'de' | 'en'> {
  const row: { language: 'de' | 'en' } | undefined = await tx('account')
    .where({ bucket: bucketOf(accountId), id: accountId })
    .first('language')
  return row?.language ?? 'de'
}

/** @returns Which lines of its quote an invoice has, in the order in which it has them. */
export async function partOf(tx: Tx, invoiceId: string): Promise<number[]> {
  return tx('quote_part')
    .where({ bucket: bucketOf(invoiceId), invoice_id: invoiceId })
    .orderBy('line_no')
    .pluck('line_no')
}

/**
 * Gives back what a draft took of its quote. An issued invoice is refused by the database itself.
 *
 * @returns When it was taken.
 */
export async function deletePart(tx: Tx, invoiceId: string): Promise<Date | undefined> {
  const [row]: { created_at: Date }[] = await tx('quote_conversion')
    .where({ bucket: bucketOf(invoiceId), invoice_id: invoiceId })
    .delete()
    .returning('created_at')
  return row?.created_at
}

/** @returns False when the quote has a revision already. */
export async function insertRevision(
  tx: Tx,
  owner: Owner,
  revision: { readonly quoteId: string; readonly revisesId: string; readonly revision: number },
): Promise<boolean> {
  const rows = await tx('quote_revision')
    .insert({
      bucket: bucketOf(revision.quoteId),
      quote_id: revision.quoteId,
      revises_id: revision.revisesId,
      tenant_id: owner.tenantId,
      revision: revision.revision,
    })
    .onConflict(['bucket', 'revises_id'])
    .ignore()
    .returning('quote_id')
  return rows.length > 0
}

/** @returns The quote that revises this one, issued or not. */
export async function findRevision(database: Database | Tx, quoteId: string): Promise<string | undefined> {
  const knex = 'hotSql' in database ? database.knex : database
  const row: { quote_id: string } | undefined = await knex('quote_revision')
    .select('quote_id')
    .where({ bucket: bucketOf(quoteId), revises_id: quoteId })
    .first()
  return row?.quote_id
}
