import { symmetricKid, unwrapKey, wrapKey } from '@kontor/jose-box'
import type { SealedRootKey } from './format.ts'

/** A root KEK that has been opened. */
export interface RootKey {
  readonly kid: string
  readonly state: SealedRootKey['state']
  /** Milliseconds since 1970. */
  readonly createdAtMs: number
  /** 32 bytes. */
  readonly key: Buffer
}

/**
 * Seals a root KEK by the key of the passphrase. Its header binds id, age and state, so that nobody without the
 * passphrase can make a retired key the current one again.
 *
 * @param createdAtMs Milliseconds since 1970.
 */
export async function sealRootKey(
  key: Buffer,
  passphraseKey: Buffer,
  { createdAtMs, state }: Pick<RootKey, 'createdAtMs' | 'state'>,
): Promise<SealedRootKey> {
  const entry = { kid: await symmetricKid(key), created_at: new Date(createdAtMs).toISOString(), state }
  return { ...entry, sealed: wrapKey(key, passphraseKey, header(entry)) }
}

/**
 * @throws {IntegrityViolation} Another passphrase, or the entry was altered.
 * @returns The key, or `undefined` if the entry opens but names another key than the one inside.
 */
export async function openRootKey(entry: SealedRootKey, passphraseKey: Buffer): Promise<RootKey | undefined> {
  const key = unwrapKey(entry.sealed, passphraseKey, header(entry))
  if ((await symmetricKid(key)) !== entry.kid) return undefined
  return { kid: entry.kid, state: entry.state, createdAtMs: Date.parse(entry.created_at), key }
}

function header({ kid, created_at, state }: Omit<SealedRootKey, 'sealed'>) {
  return { typ: 'root-kek', kid, created_at, state }
}
