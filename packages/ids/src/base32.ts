/** Crockford's base 32 in lower case: no i, l, o, u, which people mistake for 1, 1, 0 and v. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'
const VALUES: ReadonlyMap<string, number> = new Map([...ALPHABET].map((character, value) => [character, value]))

/**
 * Writes bytes as one big number in base 32: what is missing to a multiple of five bits are zeros in front,
 * as the TypeID specification has it (and not behind, as RFC 4648 would), so that texts sort as the bytes do.
 */
export function encodeBase32(bytes: Uint8Array): string {
  let text = ''
  let pending = 0
  let pendingBits = leadingZeroBits(bytes.length)
  for (const byte of bytes) {
    pending = (pending << 8) | byte
    pendingBits += 8
    while (pendingBits >= 5) {
      pendingBits -= 5
      text += ALPHABET[pending >> pendingBits]
      pending &= (1 << pendingBits) - 1
    }
  }
  return text
}

/**
 * @param text What `encodeBase32` wrote for that many bytes; the caller has checked its form.
 * @param size The number of bytes.
 */
export function decodeBase32(text: string, size: number): Buffer {
  const bytes = Buffer.alloc(size)
  let length = 0
  let pending = 0
  let pendingBits = -leadingZeroBits(size)
  for (const character of text) {
    pending = (pending << 5) | (VALUES.get(character) as number)
    pendingBits += 5
    if (pendingBits >= 8) {
      pendingBits -= 8
      bytes[length] = pending >> pendingBits
      pending &= (1 << pendingBits) - 1
      length += 1
    }
  }
  return bytes
}

function leadingZeroBits(size: number): number {
  return (5 - ((size * 8) % 5)) % 5
}
