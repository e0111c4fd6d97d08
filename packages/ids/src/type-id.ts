import { decodeBase32, encodeBase32 } from './base32.ts'
import { InvalidId } from './invalid-id.ts'
import { uuidFromBytes, uuidToBytes } from './uuid.ts'

/** What an id is the id of: its first three letters on the wire. */
export const ID_PREFIXES = [
  'ten',
  'iss',
  'acc',
  'tok',
  'quo',
  'pro',
  'inv',
  'cre',
  'rec',
  'ser',
  'pay',
  'chg',
  'alo',
  'rfd',
  'crf',
  'adj',
  'ntt',
  'int',
  'exp',
  'run',
  'job',
  'evt',
  'key',
  'ses',
  'fwd',
  'apr',
  'whk',
  'pev',
  'dsp',
] as const

export type IdPrefix = (typeof ID_PREFIXES)[number]

/** 26 characters hold 130 bits, two more than a UUID: the first character has only three bits to say, 0 to 7. */
const SUFFIX = '[0-7][0-9a-hjkmnp-tv-z]{25}'
const SUFFIX_FORM = new RegExp(`^${SUFFIX}$`)

/**
 * Writes an id as it goes over the wire.
 *
 * @param uuid Lower-case with hyphens, as PostgreSQL returns it.
 * @returns Such as `inv_01h455vb4pex5vsknk084sn02q`: sorts as the UUID does, and is selected whole by a double click.
 * @throws {InvalidId} Not a UUID.
 * @see TypeID specification 0.3.0
 */
export function formatId(prefix: IdPrefix, uuid: string): string {
  return `${prefix}_${encodeBase32(uuidToBytes(uuid))}`
}

/**
 * Reads an id from the wire. Strict: upper case and Crockford's look-alikes are refused, so that one thing has one name.
 *
 * @returns The UUID, lower-case with hyphens.
 * @throws {InvalidId} Another prefix, or a suffix that is not one.
 */
export function parseId(prefix: IdPrefix, text: string): string {
  const suffix = text.slice(prefix.length + 1)
  if (!text.startsWith(`${prefix}_`)) throw new InvalidId(`expected an id that starts with ${prefix}_`)
  if (!SUFFIX_FORM.test(suffix)) throw new InvalidId(`expected 26 characters of lower-case base 32 after ${prefix}_`)
  return uuidFromBytes(decodeBase32(suffix, 16))
}

/** @returns The source of a regular expression for ids of that kind, anchored, for JSON Schema's `pattern`. */
export function idPattern(prefix: IdPrefix): string {
  return `^${prefix}_${SUFFIX}$`
}
