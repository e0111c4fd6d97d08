import { type Bucket, bucketFromBytes, bucketOf } from '@kontor/ids'
import type { Tx } from '@kontor/postgres'

/** The number of an instrument as one subject has it. */
export interface Claim {
  /** 32 bytes, of the number. */
  readonly fingerprint: Buffer
  /** UUID. */
  readonly subjectId: string
}

/** @returns The part of the data that everything about a number is in; the fingerprint is keyed, so it tells nothing. */
export function claimBucket(fingerprint: Buffer): Bucket {
  return bucketFromBytes(fingerprint)
}

const keyOf = ({ fingerprint, subjectId }: Claim) => ({
  bucket: claimBucket(fingerprint),
  fingerprint,
  subject_id: subjectId,
})

/**
 * Holds claims until commit, in the order of their keys. Everyone who holds several things holds them in this order: the
 * subject, claims, tokens.
 */
export async function holdClaims(tx: Tx, claims: readonly Claim[]): Promise<void> {
  for (const claim of [...claims].sort(byKey)) {
    await tx('instrument_claim').select('token_id').where(keyOf(claim)).forUpdate()
  }
}

/**
 * Holds those of the claims that nobody else holds, and waits for none: for whoever holds tokens already, and would otherwise
 * wait in a circle with those who hold claims first.
 *
 * @returns Tells of a claim whether somebody else holds it.
 */
export async function holdFreeClaims(tx: Tx, claims: readonly Claim[]): Promise<(claim: Claim) => boolean> {
  const keys = claims.map(({ fingerprint, subjectId }) => [claimBucket(fingerprint), fingerprint, subjectId] as const)
  const those = () =>
    tx('instrument_claim')
      .select('fingerprint', 'subject_id')
      .whereIn(['bucket', 'fingerprint', 'subject_id'], keys as unknown as readonly [number, Buffer, string][])
  type Row = { readonly fingerprint: Buffer; readonly subject_id: string }
  const name = (fingerprint: Buffer, subjectId: string) => `${fingerprint.toString('hex')} ${subjectId}`
  const held = new Set(
    ((await those().forUpdate().skipLocked()) as Row[]).map((row) => name(row.fingerprint, row.subject_id)),
  )
  const there = new Set(((await those()) as Row[]).map((row) => name(row.fingerprint, row.subject_id)))
  return ({ fingerprint, subjectId }) => {
    const claim = name(fingerprint, subjectId)
    return there.has(claim) && !held.has(claim)
  }
}

function byKey(a: Claim, b: Claim): number {
  return a.fingerprint.compare(b.fingerprint) || (a.subjectId < b.subjectId ? -1 : 1)
}

/** Claims a number for a token, or holds the claim that there is. @returns UUID of the token that has it. */
export async function makeOrHoldClaim(
  tx: Tx,
  claim: Claim,
  token: { readonly id: string; readonly tenantId: string; readonly mode: string },
): Promise<string> {
  const { rows } = await tx.raw(
    `insert into instrument_claim (bucket, fingerprint, subject_id, tenant_id, mode, token_id) values (?, ?, ?, ?, ?, ?)
     on conflict (bucket, fingerprint, subject_id) do update set token_id = instrument_claim.token_id
     returning token_id`,
    [claimBucket(claim.fingerprint), claim.fingerprint, claim.subjectId, token.tenantId, token.mode, token.id],
  )
  return rows[0].token_id
}

/** Lets a token have a claim that is held. */
export async function giveClaim(tx: Tx, claim: Claim, tokenId: string): Promise<void> {
  await tx('instrument_claim').where(keyOf(claim)).update({ token_id: tokenId })
}

/**
 * Takes the claim, which is held, from a token that has ended: another active token of the same number gets it, or nobody.
 * A guest's token is alone, and nobody is looked for.
 */
export async function handOnClaim(tx: Tx, claim: Claim, ended: string): Promise<void> {
  const claimed = tx('instrument_claim').where({ ...keyOf(claim), token_id: ended })
  const heir = await tx('token')
    .select('id')
    .where({ bucket: bucketOf(claim.subjectId), subject_id: claim.subjectId, state: 'active' })
    .where({ number_fingerprint: claim.fingerprint })
    .whereNotNull('account_id')
    .whereNot({ id: ended })
    .orderBy('id')
    .first()
  await (heir ? claimed.update({ token_id: heir.id }) : claimed.delete())
}

/** Frees numbers of one subject, whichever token has them. */
export async function freeClaims(tx: Tx, subjectId: string, fingerprints: readonly Buffer[]): Promise<void> {
  const CHUNK = 500
  const keys = fingerprints.map((fingerprint) => [claimBucket(fingerprint), fingerprint] as const)
  for (let from = 0; from < keys.length; from += CHUNK) {
    await tx('instrument_claim')
      .whereIn(['bucket', 'fingerprint'], keys.slice(from, from + CHUNK) as unknown as readonly [number, Buffer][])
      .where({ subject_id: subjectId })
      .delete()
  }
}
