import type { BoundHeader } from './bound-header.ts'
import { IntegrityViolation } from './errors.ts'
import { openRecord, sealRecord } from './record.ts'

const KEY_BYTES = 32

/**
 * Wraps a key under another: a compact JWE (`dir`, A256GCM) that holds the 32 raw bytes.
 *
 * AES Key Wrap (RFC 3394) has no associated data, so a wrapped key could be moved to another subject's row. Here the
 * header binds it: tenant, subject, version, key id and `typ`.
 *
 * @param dek 32 bytes, the key to wrap.
 * @param kek 32 bytes, the key that wraps it.
 * @throws {TypeError} A key is not 32 bytes long, or the header cannot be bound.
 */
export function wrapKey(dek: Buffer, kek: Buffer, header: BoundHeader): string {
  if (dek.length !== KEY_BYTES) throw new TypeError('a key has 32 bytes')
  return sealRecord(dek, kek, header)
}

/**
 * Unwraps what `wrapKey` made.
 *
 * @returns 32 bytes.
 * @throws {IntegrityViolation} Whatever is wrong: form, KEK, header, ciphertext, tag or the length of what was inside.
 */
export function unwrapKey(wrapped: string, kek: Buffer, expectedHeader: BoundHeader): Buffer {
  const dek = openRecord(wrapped, kek, expectedHeader)
  if (dek.length !== KEY_BYTES) throw new IntegrityViolation()
  return dek
}
