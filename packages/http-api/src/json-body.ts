import secureJson from 'secure-json-parse'
import { DuplicateField, UnreadableBody } from './errors.ts'
import { hasDuplicateField } from './json-names.ts'

const UTF8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Reads a JSON body without losing or inventing anything: bytes that are no UTF-8 and halves of surrogate pairs, which other
 * readers replace in silence, are refused, and so are a field called `__proto__` and one that stands twice.
 *
 * @returns `undefined` for no bytes at all.
 * @throws {UnreadableBody} One fixed sentence, because the parser's own message quotes its input.
 * @throws {DuplicateField} An object names a field twice.
 * @see RFC 8259, 8; RFC 7493, 2.1
 */
export function readJson(body: Uint8Array): unknown {
  // Many clients name a media type on every request; a route without a body takes none, one with a body says that it is missing.
  if (body.length === 0) return undefined
  let text: string
  let value: unknown
  try {
    text = UTF8.decode(body)
    value = secureJson.parse(text)
  } catch {
    throw new UnreadableBody()
  }
  if (text.includes('\\') && hasHalfPair(text)) throw new UnreadableBody()
  if (hasDuplicateField(text)) throw new DuplicateField()
  return value
}

/** Once the bytes are UTF-8, a half of a surrogate pair can only stand in an escape. */
function hasHalfPair(json: string): boolean {
  let lowExpectedAt = -1
  for (const { 1: hex, index } of json.matchAll(/\\(?:u([0-9a-fA-F]{4})|.)/g)) {
    const unit = hex === undefined ? 0 : Number.parseInt(hex, 16)
    const isLow = unit >= 0xdc00 && unit <= 0xdfff
    if (lowExpectedAt === -1 ? isLow : !isLow || index !== lowExpectedAt) return true
    lowExpectedAt = unit >= 0xd800 && unit <= 0xdbff ? index + 6 : -1
  }
  return lowExpectedAt !== -1
}
