import { type Bucket, bucketOf, type NewId } from '@kontor/ids'
import type { Tx } from '@kontor/postgres'
import type { Owner } from '../issuers/repo.ts'
import { type Numbering, periodOf, resolveFormat, type Scope } from './format.ts'
import type { NumberedType } from './numbered-type.ts'
import { type IssuerNumbering, lockNumbering } from './numbering-repo.ts'

/** Which series a document belongs to, and the format that is configured for it. */
export interface SeriesKey {
  readonly issuerId: string
  /** Null for a series of the issuer. */
  readonly accountId: string | null
  readonly documentType: NumberedType
  /** Empty, a year or a month. */
  readonly period: string
  readonly format: string
}

/** What of a document decides its series. */
export interface Numbered {
  readonly issuerId: string
  readonly accountId: string
  readonly documentType: NumberedType
  /** `YYYY-MM-DD`, in the issuer's zone. */
  readonly issueOn: string
}

export function seriesKey(numbering: Numbering, document: Numbered): SeriesKey {
  return keyOf(numbering, document, periodOf(numbering.period, document.issueOn))
}

/** @param period As a series stores it. */
export function keyOf(
  { scope, format }: Numbering,
  of: { readonly issuerId: string; readonly accountId: string | null; readonly documentType: NumberedType },
  period: string,
): SeriesKey {
  const { issuerId, documentType } = of
  return { issuerId, accountId: scope === 'account' ? of.accountId : null, documentType, period, format }
}

/** An account's series lives with the account, an issuer's with the issuer. */
export function seriesBucket({ accountId, issuerId }: SeriesKey): Bucket {
  return bucketOf(accountId ?? issuerId)
}

/**
 * Makes the series of a document that is about to be issued, unless it is there: two processes that do so make one.
 *
 * @returns The numbering by which it was made, which may be newer than the one that the caller read; undefined without the issuer.
 */
export async function openSeriesOf(
  tx: Tx,
  owner: Owner,
  document: Numbered,
  make: { readonly newId: NewId; readonly at: Date },
): Promise<IssuerNumbering | undefined> {
  const held = await lockNumbering(tx, owner, document.issuerId, 'use')
  if (held) await openSeries(tx, owner, seriesKey(held.numberings[document.documentType], document), make)
  return held
}

/**
 * Finds or makes a series while the issuer's numbering is held. One that nothing was drawn from yet gets the format that is
 * configured now.
 *
 * @returns Its id.
 */
export async function openSeries(
  tx: Tx,
  owner: Owner,
  key: SeriesKey,
  { newId, at }: { readonly newId: NewId; readonly at: Date },
): Promise<string> {
  const bucket = seriesBucket(key)
  const scope: Scope = key.accountId === null ? 'issuer' : 'account'
  const where = {
    bucket,
    issuer_id: key.issuerId,
    scope,
    account_id: key.accountId,
    document_type: key.documentType,
    period: key.period,
  }
  const { prefix, suffix, seqWidth } = resolveFormat(key.format, {
    customerNumber: await customerNumberOf(tx, key.accountId),
    period: key.period,
  })
  const printed = { format: key.format, prefix, suffix, seq_width: seqWidth }
  await tx('series')
    .insert({ ...where, ...printed, id: newId(bucket), tenant_id: owner.tenantId, mode: owner.mode, created_at: at })
    .onConflict(['bucket', 'issuer_id', 'scope', 'account_id', 'document_type', 'period'])
    .ignore()
  // The row of a twin is there by now, because the insert waited for it.
  await tx('series').where(where).whereRaw('next_seq = first_seq').whereNot({ format: key.format }).update(printed)
  const made: { id: string } | undefined = await tx('series').select('id').where(where).first()
  if (!made) throw new Error('a series that was just made is not there')
  return made.id
}

/** Empty for a series of the issuer, whose format names no customer. */
async function customerNumberOf(tx: Tx, accountId: string | null): Promise<string> {
  if (accountId === null) return ''
  const row: { customer_number: string } | undefined = await tx('account')
    .select('customer_number')
    .where({ bucket: bucketOf(accountId), id: accountId })
    .first()
  if (!row) throw new Error('a series is to be made for an account that is not there')
  return row.customer_number
}
