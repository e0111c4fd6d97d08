import { createHash } from 'node:crypto'
import { isScryptCost, type ScryptCost } from './passphrase-key.ts'

/** A root KEK as it stands in the file. */
export interface SealedRootKey {
  /** RFC 7638 thumbprint of the key inside. */
  readonly kid: string
  /** RFC 3339 instant in UTC with milliseconds. */
  readonly created_at: string
  /** Exactly one key of a file is current. */
  readonly state: 'current' | 'retired'
  /** Compact JWE under the key that the passphrase gives. */
  readonly sealed: string
}

/** The content of a keystore file. */
export interface Keystore {
  readonly kdf: ScryptCost & { readonly salt: Buffer }
  readonly keys: readonly SealedRootKey[]
}

const FORMAT = 'kontor-keystore'
const VERSION = 1
/** A root KEK a day for almost three years. Whoever adds one asks first: more are never read back. */
export const KEYS_MAX = 1000
const SALT_BYTES = { min: 16, max: 64 }
/** A sealed root KEK has about 350 characters. */
const SEALED_CHARS_MAX = 1024

/**
 * Writes a keystore as JSON that a person can look at.
 *
 * `sha256` is over all the rest. It protects against nobody, but tells a damaged file from a wrong passphrase, which
 * would look the same otherwise, and before any time is spent on scrypt.
 */
export function formatKeystore(keystore: Keystore): string {
  return `${JSON.stringify({ ...content(keystore), sha256: digest(keystore) }, null, 2)}\n`
}

/**
 * Reads what `formatKeystore` wrote.
 *
 * @returns The keystore, or `undefined` for anything else, be it one member more.
 */
export function parseKeystore(text: string): Keystore | undefined {
  const file = parseJson(text)
  if (!hasMembers(file, ['format', 'kdf', 'keys', 'sha256', 'version'])) return undefined
  if (file.format !== FORMAT || file.version !== VERSION) return undefined
  const kdf = readKdf(file.kdf)
  const keys = readKeys(file.keys)
  if (kdf === undefined || keys === undefined) return undefined
  return file.sha256 === digest({ kdf, keys }) ? { kdf, keys } : undefined
}

function content({ kdf: { n, r, p, salt }, keys }: Keystore) {
  return {
    format: FORMAT,
    version: VERSION,
    kdf: { name: 'scrypt', n, r, p, salt: salt.toString('base64url') },
    keys: keys.map(({ kid, created_at, state, sealed }) => ({ kid, created_at, state, sealed })),
  }
}

function digest(keystore: Keystore): string {
  return createHash('sha256')
    .update(JSON.stringify(content(keystore)))
    .digest('base64url')
}

function readKdf(kdf: unknown): Keystore['kdf'] | undefined {
  if (!hasMembers(kdf, ['n', 'name', 'p', 'r', 'salt']) || kdf.name !== 'scrypt' || typeof kdf.salt !== 'string')
    return undefined
  const cost = { n: kdf.n, r: kdf.r, p: kdf.p }
  const salt = Buffer.from(kdf.salt, 'base64url')
  if (!isScryptCost(cost) || salt.length < SALT_BYTES.min || salt.length > SALT_BYTES.max) return undefined
  return { ...cost, salt }
}

function readKeys(keys: unknown): SealedRootKey[] | undefined {
  if (!Array.isArray(keys) || keys.length > KEYS_MAX || !keys.every(isSealedRootKey)) return undefined
  const oneCurrent = keys.filter(({ state }) => state === 'current').length === 1
  const distinct = new Set(keys.map(({ kid }) => kid)).size === keys.length
  return oneCurrent && distinct ? keys : undefined
}

function isSealedRootKey(key: unknown): key is SealedRootKey {
  if (!hasMembers(key, ['created_at', 'kid', 'sealed', 'state'])) return false
  if (typeof key.kid !== 'string' || !/^[A-Za-z0-9_-]{43}$/.test(key.kid)) return false
  if (typeof key.created_at !== 'string' || !isInstant(key.created_at)) return false
  if (key.state !== 'current' && key.state !== 'retired') return false
  return typeof key.sealed === 'string' && key.sealed.length <= SEALED_CHARS_MAX
}

function isInstant(text: string): boolean {
  const ms = Date.parse(text)
  return !Number.isNaN(ms) && new Date(ms).toISOString() === text
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Tells whether `value` is an object with exactly these members, given in order of the alphabet. */
function hasMembers<Name extends string>(value: unknown, names: readonly Name[]): value is Record<Name, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.keys(value).sort().join() === names.join()
}
