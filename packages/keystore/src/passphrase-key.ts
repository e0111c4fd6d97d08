import { type ScryptOptions, scrypt } from 'node:crypto'

/** Work and memory of scrypt (RFC 7914, 2): 128 · n · r bytes. */
export interface ScryptCost {
  /** A power of two. */
  readonly n: number
  /** Block size in units of 128 bytes. 8 is what everybody uses. */
  readonly r: number
  /** How often all of it is done. */
  readonly p: number
}

/** 128 MiB and about 0.4 s for each try of a passphrase. */
export const DEFAULT_SCRYPT_COST: ScryptCost = { n: 2 ** 17, r: 8, p: 1 }

/** Eight times the default: about 1 GiB and 4 s. A file that asks for more would only keep the vault from starting. */
const WORK_MAX = 2 ** 23
/** 1 MiB with r = 8: only good for tests, but a file made so is still a keystore. */
const N_MIN = 2 ** 10
/** With less, n would be bounded too (RFC 7914, 6). */
const R_MIN = 8

/** Tells whether scrypt may be run at this cost: positive integers, n a power of two, neither trivial nor endless. */
export function isScryptCost(cost: Readonly<Record<keyof ScryptCost, unknown>>): cost is ScryptCost {
  const { n, r, p } = cost
  if (!isCount(n) || !isCount(r) || !isCount(p)) return false
  return n >= N_MIN && r >= R_MIN && Number.isInteger(Math.log2(n)) && n * r * p <= WORK_MAX
}

/**
 * Derives the key that seals the root KEKs.
 *
 * @param passphrase In any Unicode normal form: keyboards differ in how they send accents (RFC 8265, 4.2.2).
 * @param salt At least 16 random bytes, of this file alone.
 * @returns 32 bytes.
 */
export function derivePassphraseKey(passphrase: string, salt: Buffer, { n, r, p }: ScryptCost): Promise<Buffer> {
  // OpenSSL refuses to take more memory than it is told, and needs a little more than the formula says.
  const options: ScryptOptions = { N: n, r, p, maxmem: 256 * n * r + 256 * r * p }
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFC'), salt, 32, options, (error, key) => (error ? reject(error) : resolve(key)))
  })
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0
}
