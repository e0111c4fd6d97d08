import type { Mode } from '@kontor/http-api'
import { formatId } from '@kontor/ids'

/** A legal hold: while it stands, the data of the customer are not erased. */
export interface Hold {
  /** A short code of the tenant's, never a free text. */
  readonly reason: string
  /** `null` for a hold that ends only when it is released. */
  readonly until: Date | null
  readonly placedAt: Date
}

/** Whose data were destroyed in `kontor_vault`, and when. */
export interface ErasedSubject {
  /** UUID of the subject, which keys and records are bound to. */
  readonly subjectId: string
  readonly tenantId: string
  readonly mode: Mode
  /** UUID of the account, which is a pseudonym: kept, so that nothing is stored under it again. */
  readonly accountId: string
  readonly erasedAt: Date
  /** Tokens that were active until then. */
  readonly tokensDestroyed: number
}

/** What follows in `kontor_keys`. */
export interface KeysDestroyed {
  readonly keysDestroyedAt: Date
  /** When the last backup that holds the keys is gone. */
  readonly finalAt: Date
}

/** An erasure as `kontor_vault` knows it; what is not done yet is `null`. */
export interface Erasure extends ErasedSubject {
  readonly done: Completed | null
}

/** What makes an erasure complete. */
export interface Completed extends KeysDestroyed {
  /** Compact JWS. */
  readonly receipt: string
}

/** An erasure as `kontor_keys` knows it. It outlives every restore of the other database, and the other way round. */
export interface Tombstone extends ErasedSubject, KeysDestroyed {
  /** `null` until it is signed. */
  readonly receipt: string | null
}

/** What an erasure destroys, as the receipt says it. */
const DESTROYED = [
  'sealed_records',
  'masked_values',
  'metadata',
  'fingerprints',
  'request_digests',
  'stored_answers',
  'data_encryption_keys',
]

/** What the receipt of an erasure states: the answer's facts, whose they are, and what was destroyed. */
export function receiptOf(tombstone: ErasedSubject & KeysDestroyed) {
  return {
    tenant_id: formatId('ten', tombstone.tenantId),
    account_id: formatId('acc', tombstone.accountId),
    mode: tombstone.mode,
    erased_at: tombstone.erasedAt.toISOString(),
    keys_destroyed_at: tombstone.keysDestroyedAt.toISOString(),
    final_at: tombstone.finalAt.toISOString(),
    tokens_destroyed: tombstone.tokensDestroyed,
    destroyed: DESTROYED,
  }
}
