import { bucketOf } from '@kontor/ids'
import type { Tx } from '@kontor/postgres'
import { claimBucket } from './claims.ts'
import { MASKED, type Owner, type WithRecord } from './repo.ts'
import { fromRow, type Token, type TokenRow } from './token.ts'

/** A live token of a subject, with what decides whether it is the same instrument. */
export interface SameNumber extends WithRecord {
  readonly token: Token
  readonly fullFingerprint: Buffer
}

/**
 * @param options.hold Whether the tokens are held until commit, so that they can be changed.
 * @returns The account's live tokens of a number, oldest first.
 */
export async function findSameNumber(
  tx: Tx,
  subjectId: string,
  numberFingerprint: Buffer,
  { now, hold }: { readonly now: Date; readonly hold: boolean },
): Promise<SameNumber[]> {
  type Row = TokenRow & { record: string; dek_version: number; full_fingerprint: Buffer }
  const { rows } = await tx.raw<{ rows: Row[] }>(
    `select ${MASKED}, token.record, token.dek_version, token.full_fingerprint
     from token where token.bucket = ? and token.subject_id = ? and token.account_id is not null and token.state = 'active'
       and token.number_fingerprint = ? and (token.expires_at is null or token.expires_at > ?)
     order by token.id ${hold ? 'for update' : ''}`,
    [bucketOf(subjectId), subjectId, numberFingerprint, now],
  )
  return rows.map((row) => ({
    token: fromRow(row),
    record: row.record,
    dekVersion: row.dek_version,
    fullFingerprint: row.full_fingerprint,
  }))
}

/**
 * Takes the lock on a number across the subjects of a tenant, which is a row that is deleted in the same transaction: who
 * comes at the same time waits at the unique index, and nothing is left behind.
 */
export async function holdNumber(tx: Tx, owner: Owner, fingerprint: Buffer): Promise<void> {
  const key = { bucket: claimBucket(fingerprint), fingerprint, subject_id: NIL }
  await tx('instrument_claim').insert({ ...key, tenant_id: owner.tenantId, mode: owner.mode, token_id: NIL })
  await tx('instrument_claim').where(key).delete()
}

const NIL = '00000000-0000-0000-0000-000000000000'
const CLAIMS_AT_ONCE = 50

/** @returns Whether anyone in the tenant and mode has a live token of the number. */
export async function isNumberKnown(tx: Tx, owner: Owner, fingerprint: Buffer, now: Date): Promise<boolean> {
  let after = NIL
  for (;;) {
    // A claim names one token, which may have expired while another of the same number lives; so the subjects are asked.
    const subjects: string[] = await tx('instrument_claim')
      .where({ bucket: claimBucket(fingerprint), fingerprint, tenant_id: owner.tenantId, mode: owner.mode })
      .where('subject_id', '>', after)
      .orderBy('subject_id')
      .limit(CLAIMS_AT_ONCE)
      .pluck('subject_id')
    for (const subject of subjects) if (await hasLiveToken(tx, subject, fingerprint, now)) return true
    if (subjects.length < CLAIMS_AT_ONCE) return false
    after = subjects.at(-1) as string
  }
}

async function hasLiveToken(tx: Tx, subjectId: string, fingerprint: Buffer, now: Date): Promise<boolean> {
  const { rows } = await tx.raw(
    `select from token where token.bucket = ? and token.state = 'active' and token.number_fingerprint = ?
       and (token.id = ? or (token.subject_id = ? and token.account_id is not null))
       and (token.expires_at is null or token.expires_at > ?)
       and not exists (select from data_subject where data_subject.bucket = token.bucket
         and data_subject.id = token.subject_id and data_subject.state <> 'active')
     limit 1`,
    [bucketOf(subjectId), fingerprint, subjectId, subjectId, now],
  )
  return rows.length > 0
}
