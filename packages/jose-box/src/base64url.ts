/**
 * Reads base64url the one way RFC 7515 (2) allows it to be written.
 *
 * Buffer's own decoder skips what it does not know and ignores surplus bits at the end, so that one ciphertext would
 * have many spellings.
 *
 * @param text Unpadded base64url.
 * @returns The bytes, or `undefined` if `text` is padded, holds another character or has non-zero trailing bits.
 */
export function decodeBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : undefined
}
