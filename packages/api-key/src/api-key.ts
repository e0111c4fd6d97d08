import { createHash, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { encodeBase32 } from '@kontor/ids'

/** The service that a key opens: a key belongs to one, so that a key of invoicing never opens the vault. */
export type ApiKeyService = 'vault' | 'invoicing'

/** Test keys see test data only, live keys live data only. */
export type ApiKeyMode = 'live' | 'test'

/** A new key: `text` is shown to its owner once, the other two are stored. */
export interface GeneratedApiKey {
  /** The whole key. Whoever holds it is its owner: it is never stored and never logged. */
  readonly text: string
  /** 16 characters by which the row is found. No secret: it may stand in a log. */
  readonly lookupId: string
  /** SHA-256 of the secret, 32 bytes. */
  readonly secretHash: Buffer
}

/** What a presented key says of itself; `secretHash` is still to be compared with the stored one. */
export interface PresentedApiKey {
  readonly service: ApiKeyService
  readonly mode: ApiKeyMode
  readonly lookupId: string
  readonly secretHash: Buffer
}

const LOOKUP_BYTES = 10
const SECRET_BYTES = 32
const SERVICE_LETTERS = { vault: 'v', invoicing: 'i' } as const

/** `kv_live_`, lookup id, underscore, secret, checksum. 83 characters, all letters, digits and underscores: a double click takes the whole. */
const FORM = /^k([vi])_(live|test)_([0-9a-hjkmnp-tv-z]{16})_([0-9a-hjkmnp-tv-z]{52})([0-9A-Za-z]{6})$/
const TEXT_LENGTH = 83

/**
 * Makes a key of 256 random bits.
 *
 * A plain SHA-256 is enough to store it: unlike a password it cannot be guessed, so there is nothing for a slow hash to slow down,
 * and every request would pay for it.
 *
 * @param random Gives that many unpredictable bytes, such as `crypto.randomBytes`.
 * @throws {RangeError} The source of randomness gave fewer bytes than asked.
 */
export function generateApiKey(key: {
  service: ApiKeyService
  mode: ApiKeyMode
  random: (size: number) => Uint8Array
}): GeneratedApiKey {
  const lookupId = encodeBase32(drawn(key.random, LOOKUP_BYTES))
  const secret = encodeBase32(drawn(key.random, SECRET_BYTES))
  const unchecked = `k${SERVICE_LETTERS[key.service]}_${key.mode}_${lookupId}_${secret}`
  return { text: unchecked + checksum(unchecked), lookupId, secretHash: hashOf(secret) }
}

/**
 * Reads a key as a request presents it. Says nothing about whether such a key was ever given out.
 *
 * The checksum refuses a mistyped or cut-off key without asking the database, and lets scanners for leaked secrets
 * tell our keys from look-alikes. It protects nothing: anybody can compute it.
 *
 * @param text Anything at all.
 * @returns `undefined` for whatever is not of the form. Never throws, and never says what was wrong.
 */
export function parseApiKey(text: string): PresentedApiKey | undefined {
  if (typeof text !== 'string' || text.length !== TEXT_LENGTH) return undefined
  const [, letter, mode, lookupId, secret, sum] = FORM.exec(text) ?? []
  if (lookupId === undefined || secret === undefined || sum === undefined) return undefined
  if (checksum(text.slice(0, -sum.length)) !== sum) return undefined
  return {
    service: letter === 'v' ? 'vault' : 'invoicing',
    mode: mode === 'live' ? 'live' : 'test',
    lookupId,
    secretHash: hashOf(secret),
  }
}

/** Compares two hashes in a time that does not depend on where they differ. Hashes of different lengths are different. */
export function sameHash(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret, 'ascii').digest()
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** CRC-32 (as in zlib) in base 62: 62 ** 6 is more than 2 ** 32, so that six characters always suffice. */
function checksum(text: string): string {
  let rest = crc32(text)
  let digits = ''
  while (digits.length < 6) {
    digits = BASE62.charAt(rest % 62) + digits
    rest = Math.floor(rest / 62)
  }
  return digits
}

function drawn(random: (size: number) => Uint8Array, size: number): Uint8Array {
  const bytes = random(size)
  if (bytes.length !== size) throw new RangeError('the source of randomness gave the wrong number of bytes')
  return bytes
}
