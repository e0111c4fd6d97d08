// For whoever erases a subject, in the transaction that has locked the subject's row `for update`:
//
//   destroyTokensOf(tx, { subjectId, at }) → Promise<{ tokens, orphans }>
//
// destroys every active token of the subject (an account's, or the one guest's token whose id it is): sealed records,
// fingerprints, clear fields, metadata, stored answers, references at processors; frees the claims on their numbers; counts the
// tokens, and says what processors may still keep. It writes no events, does not touch the subject's row, and leaves the keys to
// its caller. Doing it again finds nothing and answers 0.
import { bucketOf } from '@kontor/ids'
import type { Tx } from '@kontor/postgres'
import { endRegistrations, type Orphan } from '../registration-ledger/ending.ts'
import { freeClaims, handOnClaim } from './claims.ts'

/** What ended a token. */
export type Ending =
  | { readonly state: 'deleted' | 'expired'; readonly at: Date }
  | { readonly state: 'moved'; readonly at: Date; readonly movedTo: string }

/** A token whose row and claim are held. */
export interface HeldToken {
  readonly id: string
  readonly subjectId: string
  /** The version that it gets. */
  readonly version: number
  readonly numberFingerprint: Buffer
}

/**
 * Ends a token: leaves its id, its owner and the HMAC of its Idempotency-Key, so that a late retry is told what became of it.
 * The claim on its number goes to another token of the subject, or is freed.
 *
 * @returns What processors may still keep of it.
 */
export async function endToken(tx: Tx, token: HeldToken, ending: Ending): Promise<Orphan[]> {
  await tx('token')
    .where({ bucket: bucketOf(token.id), id: token.id })
    .update({
      ...EMPTY,
      state: ending.state,
      version: token.version,
      deleted_at: ending.at,
      moved_to: ending.state === 'moved' ? ending.movedTo : null,
      key_pending: tx.raw('account_id is null'),
    })
  await forgetAnswers(tx, [token.id])
  await handOnClaim(tx, { fingerprint: token.numberFingerprint, subjectId: token.subjectId }, token.id)
  return endRegistrations(tx, [token])
}

/** What was destroyed of a subject. */
export interface DestroyedTokens {
  readonly tokens: number
  /** What processors may still keep. */
  readonly orphans: readonly Orphan[]
}

/**
 * Destroys every active token of a subject whose row the caller has locked `for update`; see the top of this file.
 *
 * @param erased.subjectId UUID of the account's subject, or of a guest's token, which is its own.
 * @returns How many tokens there were, and what processors may still keep of them.
 */
export async function destroyTokensOf(
  tx: Tx,
  { subjectId, at }: { readonly subjectId: string; readonly at: Date },
): Promise<DestroyedTokens> {
  const rows: { id: string; version: number; number_fingerprint: Buffer }[] = await tx('token')
    .select('id', 'version', 'number_fingerprint')
    .where({ bucket: bucketOf(subjectId), state: 'active' })
    .where((whose) =>
      whose
        .where({ id: subjectId })
        .orWhere((accounts) => accounts.where({ subject_id: subjectId }).whereNotNull('account_id')),
    )
    .orderBy('id')
    .forUpdate()
  const ids = rows.map(({ id }) => id)
  await tx('token')
    .where({ bucket: bucketOf(subjectId) })
    .whereRaw('id = any(?)', [ids])
    .update({ ...EMPTY, state: 'deleted', deleted_at: at, key_pending: tx.raw('account_id is null') })
  await forgetAnswers(tx, ids)
  await freeClaims(
    tx,
    subjectId,
    rows.map((row) => row.number_fingerprint),
  )
  return { tokens: rows.length, orphans: await endRegistrations(tx, rows) }
}

/** What an answer to a retry showed is masked, and still the customer's. All ids are of one bucket. */
async function forgetAnswers(tx: Tx, tokenIds: string[]): Promise<void> {
  const [first] = tokenIds
  if (first === undefined) return
  await tx('intent_answer')
    .where({ bucket: bucketOf(first) })
    .whereRaw('token_id = any(?)', [tokenIds])
    .update({ answer: null, request_hmac: null })
}

/** What is left in the columns of the instrument: nothing. */
const EMPTY = {
  brand: null,
  bin: null,
  last_four: null,
  expiry_month: null,
  expiry_year: null,
  bank_country: null,
  routing_number: null,
  bank_account_type: null,
  masked_email: null,
  metadata: '{}',
  record: null,
  number_fingerprint: null,
  full_fingerprint: null,
  request_hmac: null,
  expires_at: null,
}
