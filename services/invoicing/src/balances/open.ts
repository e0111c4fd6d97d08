import { bucketOf } from '@kontor/ids'
import type { Database, Tx } from '@kontor/postgres'
import { InvalidTransition, NotIssued } from '../documents/errors.ts'
import type { Snapshot } from '../documents/snapshot.ts'
import type { Owner } from '../issuers/repo.ts'
import type { PayableType } from './document-id.ts'

/** An invoice or proforma that a transaction holds, and what is open on it. */
export interface OpenDocument {
  readonly id: string
  readonly document_type: PayableType
  readonly state: 'draft' | 'issued'
  readonly issuer_id: string
  readonly account_id: string
  readonly currency: string
  readonly payable_minor: bigint
  readonly issue_on: string | null
  readonly snapshot: string | null
  readonly version: number
  /** Never below zero: who was to get money back is settled at issue. */
  readonly open_minor: bigint
}

/** What lowered an invoice, and what is open on it. */
export interface Settlement {
  readonly paid_minor: bigint
  readonly credited_minor: bigint
  /** Cash discounts, small differences and what was written off. */
  readonly adjusted_minor: bigint
  /** The part of it that was given up as lost. */
  readonly written_off_minor: bigint
  readonly open_minor: bigint
}

/**
 * Holds invoices and proformas until commit, in key order, and says what is open on each. That is read in a statement of its
 * own: the one that waited for a row still sees the allocations of before.
 *
 * @returns By id; what the owner does not have is missing.
 * @throws {InvalidTransition} One of them is void: nothing is ever paid on it.
 */
export async function lockAllOpen(
  tx: Tx,
  owner: Owner,
  documentIds: readonly string[],
): Promise<Map<string, OpenDocument>> {
  const { found, anyVoid } = await holdAll(tx, owner, documentIds)
  if (anyVoid) throw new InvalidTransition('void', 'paid', [])
  return found
}

async function holdAll(
  tx: Tx,
  owner: Owner,
  documentIds: readonly string[],
): Promise<{ found: Map<string, OpenDocument>; anyVoid: boolean }> {
  const found = new Map<string, OpenDocument>()
  if (documentIds.length === 0) return { found, anyVoid: false }
  const rows: Omit<OpenDocument, 'open_minor'>[] = await tx('document')
    .select(
      'id',
      'document_type',
      'state',
      'issuer_id',
      'account_id',
      'currency',
      'payable_minor',
      'issue_on',
      'snapshot',
      'version',
    )
    .whereIn('bucket', [...new Set(documentIds.map(bucketOf))])
    .whereIn('id', [...documentIds])
    .whereIn('document_type', ['invoice', 'proforma'])
    .andWhere({ tenant_id: owner.tenantId, mode: owner.mode })
    .orderBy(['bucket', 'id'])
    .forUpdate()
  const { rows: opens }: { rows: { id: string; open_minor: bigint; is_void: boolean }[] } = await tx.raw(
    `select held.id, greatest(open_minor(held.bucket, held.id), 0) as open_minor,
            exists (select from document_void
                     where document_void.bucket = held.bucket and document_void.document_id = held.id) as is_void
       from unnest(?::smallint[], ?::uuid[]) as held(bucket, id)`,
    [rows.map(({ id }) => bucketOf(id)), rows.map(({ id }) => id)],
  )
  const openById = new Map(opens.map((row) => [row.id, row.open_minor]))
  for (const row of rows) found.set(row.id, { ...row, open_minor: openById.get(row.id) ?? 0n })
  return { found, anyVoid: opens.some(({ is_void }) => is_void) }
}

/** Holds one invoice or proforma; see `lockAllOpen`. */
export async function lockOpen(tx: Tx, owner: Owner, documentId: string): Promise<OpenDocument | undefined> {
  return (await lockAllOpen(tx, owner, [documentId])).get(documentId)
}

/** Holds one as well where it is void by now, and nothing is open on it: for money that has come all the same. */
export async function lockOpenOrVoid(tx: Tx, owner: Owner, documentId: string): Promise<OpenDocument | undefined> {
  return (await holdAll(tx, owner, [documentId])).found.get(documentId)
}

export const NOTHING_SETTLED: Omit<Settlement, 'open_minor'> = {
  paid_minor: 0n,
  credited_minor: 0n,
  adjusted_minor: 0n,
  written_off_minor: 0n,
}

/** What became of what some invoices ask for, by their ids. */
export async function openOf(database: Database, documentIds: readonly string[]): Promise<Map<string, Settlement>> {
  if (documentIds.length === 0) return new Map()
  const rows = await database.hotSql<Settlement & { id: string }>(
    'open_of_documents',
    `select asked.id, allocated.paid_minor, allocated.credited_minor, adjusted.adjusted_minor, adjusted.written_off_minor,
            greatest(open_minor(asked.bucket, asked.id), 0) as open_minor
       from unnest($1::smallint[], $2::uuid[]) as asked(bucket, id)
      cross join lateral (
            select coalesce(sum(allocation.amount_minor) filter (where allocation.payment_id is not null), 0)::bigint as paid_minor,
                   coalesce(sum(allocation.amount_minor) filter (where allocation.credit_note_id is not null), 0)::bigint as credited_minor
              from allocation where allocation.bucket = asked.bucket and allocation.invoice_id = asked.id) as allocated
      cross join lateral (
            select coalesce(sum(adjustment.amount_minor), 0)::bigint as adjusted_minor,
                   coalesce(sum(adjustment.amount_minor) filter (where adjustment.kind = 'write_off'), 0)::bigint as written_off_minor
              from adjustment where adjustment.bucket = asked.bucket and adjustment.invoice_id = asked.id) as adjusted`,
    [documentIds.map(bucketOf), documentIds],
  )
  return new Map(rows.map(({ id, ...settlement }) => [id, settlement]))
}

/** @returns What the document says of its issuer, and what it says of itself. */
export const snapshotOf = (invoice: OpenDocument): Snapshot => {
  if (invoice.snapshot === null) throw new NotIssued()
  return JSON.parse(invoice.snapshot) as Snapshot
}
