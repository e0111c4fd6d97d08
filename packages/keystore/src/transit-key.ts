import { KeyProviderRefused } from './errors.ts'
import type { TransitClient } from './transit-client.ts'

/** A transit key as the engine describes it. */
export interface TransitKey {
  readonly latestVersion: number
  /** Versions that still decrypt, the youngest first. */
  readonly versions: readonly { readonly version: number; readonly createdAtS: number }[]
  /** What is below the first no longer decrypts; what is below the last is gone ("Trim key"). Zero: never set. */
  readonly minimum: { readonly decryption: number; readonly encryption: number; readonly available: number }
}

/** AEAD ciphers of 256 bits. Others take no associated data, or are weaker than what they would protect. */
const CIPHERS = ['aes256-gcm96', 'chacha20-poly1305', 'xchacha20-poly1305']

/**
 * Reads what kind of key it is and which versions it has.
 *
 * @throws {KeyProviderRefused} There is no such key, or it is of a kind that cannot bind a context.
 * @see OpenBao API, transit, "Read key"
 */
export async function readTransitKey(client: TransitClient, name: string): Promise<TransitKey> {
  const answer = await client.get(`keys/${name}`)
  if (answer.outcome !== 'done') throw new KeyProviderRefused('it has no transit key of that name at that mount')
  const { type, derived, keys } = answer.data
  if (typeof type !== 'string' || !CIPHERS.includes(type) || derived === true) {
    throw new KeyProviderRefused(`the transit key is not of type ${CIPHERS.join(', ')} without derivation`)
  }
  const minimum = {
    decryption: count(answer.data.min_decryption_version),
    encryption: count(answer.data.min_encryption_version),
    available: count(answer.data.min_available_version),
  }
  const versions = versionsOf(keys).filter(({ version }) => version >= minimum.decryption)
  const [latest] = versions
  if (latest === undefined) throw new KeyProviderRefused('the transit key has no version')
  return { latestVersion: latest.version, versions, minimum }
}

/** @returns `transit:<key>:v3`, as it is stored beside what the version has wrapped. */
export function formatTransitKid(key: string, version: number): string {
  return `transit:${key}:v${version}`
}

/** @returns The version, or `undefined` for what another key or another provider has wrapped. */
export function parseTransitKid(key: string, kid: string): number | undefined {
  const prefix = `transit:${key}:v`
  const digits = kid.startsWith(prefix) ? kid.slice(prefix.length) : ''
  return /^[1-9]\d{0,8}$/.test(digits) ? Number(digits) : undefined
}

/** @returns The version that a ciphertext names, `undefined` if it is no ciphertext. */
export function ciphertextVersion(ciphertext: unknown): number | undefined {
  if (typeof ciphertext !== 'string') return undefined
  const [, version] = /^vault:v([1-9]\d{0,8}):[A-Za-z0-9+/]+={0,2}$/.exec(ciphertext) ?? []
  return version === undefined ? undefined : Number(version)
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function versionsOf(keys: unknown): TransitKey['versions'] {
  return Object.entries((keys ?? {}) as Record<string, unknown>)
    .map(([version, createdAtS]) => ({ version: Number(version), createdAtS: Number(createdAtS) }))
    .filter(({ version, createdAtS }) => Number.isSafeInteger(version) && Number.isFinite(createdAtS))
    .toSorted((a, b) => b.version - a.version)
}
