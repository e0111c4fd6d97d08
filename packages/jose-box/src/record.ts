import { createCipheriv, createDecipheriv } from 'node:crypto'
import { decodeBase64url } from './base64url.ts'
import { type BoundHeader, encodeBoundHeader } from './bound-header.ts'
import { IntegrityViolation } from './errors.ts'
import { freshIv, IV_BYTES } from './iv.ts'

const KEY_BYTES = 32
/** The full tag (RFC 7518, 5.3). Node.js would also check a shorter one, which is easier to forge. */
const TAG_BYTES = 16
const GCM_OPTIONS = { authTagLength: TAG_BYTES }

/**
 * Seals a record so that it opens only with the same key and the same header.
 *
 * @param plaintext What to seal, of any length.
 * @param key 32 bytes, the subject's DEK.
 * @param header What the record belongs to; becomes the protected header beside `alg` and `enc`, readable by anybody.
 * @returns A compact JWE, `dir` with A256GCM. Its IV is drawn here and is no parameter, unlike all other randomness of
 *   the packages: a caller who can choose an IV can repeat one, and that gives both plaintexts away.
 * @throws {TypeError} The key is not 32 bytes long, or the header cannot be bound (see `encodeBoundHeader`).
 * @see RFC 7516, 5.1 and 7.1; RFC 7518, 4.5 and 5.3
 */
export function sealRecord(plaintext: Uint8Array, key: Buffer, header: BoundHeader): string {
  if (key.length !== KEY_BYTES) throw new TypeError('a key has 32 bytes')
  return sealCompact(plaintext, key, encodeBoundHeader(header), freshIv())
}

/**
 * Opens a record that `sealRecord` made.
 *
 * @param jwe The compact JWE.
 * @param key 32 bytes, the subject's DEK.
 * @param expectedHeader What the row says the record belongs to. The whole header is compared: one member more, less or
 *   different fails.
 * @throws {IntegrityViolation} Whatever is wrong: form, key, header, ciphertext or tag.
 * @see RFC 7516, 5.2
 */
export function openRecord(jwe: string, key: Buffer, expectedHeader: BoundHeader): Buffer {
  try {
    return openCompact(jwe, key, encodeBoundHeader(expectedHeader))
  } catch {
    throw new IntegrityViolation()
  }
}

/** The computation of RFC 7516, 5.1 for a given IV; apart from `sealRecord` so that published vectors can be run. */
export function sealCompact(plaintext: Uint8Array, key: Buffer, protectedHeader: string, iv: Buffer): string {
  const cipher = createCipheriv('aes-256-gcm', key, iv, GCM_OPTIONS)
  cipher.setAAD(Buffer.from(protectedHeader, 'latin1'))
  const ciphertext = cipher.update(plaintext)
  cipher.final() // GCM has no last block, but without this call there is no tag.
  // The second segment is the encrypted key, which `dir` does not have.
  return `${protectedHeader}..${iv.toString('base64url')}.${ciphertext.toString('base64url')}.${cipher.getAuthTag().toString('base64url')}`
}

function openCompact(jwe: string, key: Buffer, protectedHeader: string): Buffer {
  const [header, encryptedKey, iv, ciphertext, tag, ...rest] = jwe.split('.', 6)
  if (header !== protectedHeader || encryptedKey !== '' || rest.length > 0) throw new IntegrityViolation()
  const decipher = createDecipheriv('aes-256-gcm', key, decode(iv, IV_BYTES), GCM_OPTIONS)
  decipher.setAAD(Buffer.from(protectedHeader, 'latin1'))
  decipher.setAuthTag(decode(tag, TAG_BYTES))
  const plaintext = decipher.update(decode(ciphertext))
  decipher.final() // Throws if the tag does not match; nothing decrypted leaves before it.
  return plaintext
}

function decode(segment: string | undefined, size?: number): Buffer {
  const bytes = segment === undefined ? undefined : decodeBase64url(segment)
  if (bytes === undefined || (size !== undefined && bytes.length !== size)) throw new IntegrityViolation()
  return bytes
}
