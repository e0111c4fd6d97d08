import { createHash } from 'node:crypto'
import { PATTERN_BYTES_MIN } from './byte-search.ts'
import type { Mark } from './marks.ts'

/** One way in which a mark can be written. */
export interface Form {
  readonly form: string
  readonly bytes: Buffer
}

/** Digits at either end of a number that must not stand together: in clear go at most eight at the front and four at the end. */
const FRAGMENT_LENGTH = 12

/** What a program that does not think of it would hash with. */
const HASHES = ['md5', 'sha1', 'sha256', 'sha512', 'sha3-256'] as const
/** A digest is found by its beginning, so that a shortened one is found too. */
const DIGEST_BYTES = 12

/** @returns Every form in which a mark is looked for, each by its bytes and once. What is shorter stands everywhere by chance. */
export function formsOf(mark: Mark): Form[] {
  const found = new Map<string, Form>()
  for (const form of allForms(mark)) {
    const bytes = form.bytes.toString('latin1')
    if (form.bytes.length >= PATTERN_BYTES_MIN && !found.has(bytes)) found.set(bytes, form)
  }
  return [...found.values()]
}

function* allForms({ kind, value }: Mark): Generator<Form> {
  switch (kind) {
    case 'digits':
      yield* texts(groupings(value))
      yield* numbers(value)
      yield* digests([...inputs(value), ...groupings(value).slice(1, 3)])
      break
    case 'iban':
      yield* texts([...groupings(value), value.slice(4), value.toLowerCase()])
      yield* digests([...inputs(value), JSON.stringify(['iban', value]), value.toLowerCase(), value.slice(4)])
      yield* digests([groupings(value)[1] as string])
      break
    case 'words':
      yield* texts([value, value.toLowerCase(), value.toUpperCase(), ...value.split(/[ .]/)])
      yield* digests([...inputs(value), value.toLowerCase(), value.toUpperCase()])
      break
    case 'cvc':
      // Three digits stand in many a number, so they are looked for beside a name that tells what they are.
      yield* texts(CVC_NAMES.flatMap((name) => CVC_LINKS.map((link) => name + link + value)))
      break
    case 'json':
      yield* digests([value])
      break
  }
}

const CVC_NAMES = ['cvc', 'cvv', 'cvc2', 'cvv2', 'security_code', 'csc']
const CVC_LINKS = ['":"', '": "', '":', '": ', '=', ': ', '\\":\\"', ']=', '%5D=']

/** The number together first, then as people and programs group it. */
function groupings(value: string): string[] {
  const groups = [value.match(/.{1,4}/g) ?? []]
  if (value.length === 14 || value.length === 15) groups.push([value.slice(0, 4), value.slice(4, 10), value.slice(10)])
  const grouped = groups.flatMap((parts) => [' ', '-', '.', '\u00a0', '\u202f', '_'].map((gap) => parts.join(gap)))
  const fragments =
    value.length > FRAGMENT_LENGTH ? [value.slice(0, FRAGMENT_LENGTH), value.slice(-FRAGMENT_LENGTH)] : []
  return [value, ...grouped, ...fragments]
}

function* texts(values: readonly string[]): Generator<Form> {
  for (const text of new Set(values)) {
    const utf8 = Buffer.from(text)
    const utf16 = Buffer.from(text, 'utf16le')
    yield { form: 'text', bytes: utf8 }
    yield { form: 'UTF-16LE', bytes: utf16 }
    yield { form: 'UTF-16BE', bytes: Buffer.from(utf16).swap16() }
    yield* hexadecimal(utf8, 'hexadecimal')
    for (const bytes of base64Cores(utf8)) yield { form: 'base64', bytes }
    yield { form: 'percent-encoded', bytes: Buffer.from(encodeURIComponent(text)) }
    yield { form: 'percent-encoded', bytes: Buffer.from(encodeURIComponent(text).replaceAll('%20', '+')) }
    yield { form: 'percent-encoded', bytes: Buffer.from(utf8.toString('hex').replace(/../g, '%$&')) }
    yield { form: 'escaped', bytes: Buffer.from(escaped(text)) }
    if (/^[0-9]+$/.test(text)) yield { form: 'full-width digits', bytes: Buffer.from(fullWidth(text)) }
  }
}

/** As a number and not as text: packed digits, an integer of 64 bits, and PostgreSQL's `numeric` (digits of base 10 000). */
function* numbers(value: string): Generator<Form> {
  yield { form: 'packed digits', bytes: Buffer.from(value.slice(value.length % 2), 'hex') }
  yield { form: 'packed digits', bytes: Buffer.from(value.slice(0, value.length - (value.length % 2)), 'hex') }
  const integer = BigInt(value)
  if (integer < 2n ** 63n) {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(integer)
    yield { form: 'integer', bytes }
    yield { form: 'integer', bytes: Buffer.from(bytes).reverse() }
  }
  const groups = value.padStart(Math.ceil(value.length / 4) * 4, '0').match(/.{4}/g) ?? []
  yield { form: 'numeric', bytes: Buffer.from(Uint16Array.from(groups, Number).buffer) }
}

/** A value as it is hashed by itself, as a line, and where a program writes it down as JSON first. */
const inputs = (value: string): string[] => [value, `${value}\n`, JSON.stringify(value), JSON.stringify([value])]

function* digests(values: readonly string[]): Generator<Form> {
  for (const value of new Set(values)) {
    for (const name of HASHES) {
      const digest = createHash(name).update(value).digest().subarray(0, DIGEST_BYTES)
      yield { form: `${name} digest`, bytes: digest }
      yield* hexadecimal(digest, `${name} digest in hexadecimal`)
      for (const bytes of base64Cores(digest)) yield { form: `${name} digest in base64`, bytes }
    }
  }
}

function* hexadecimal(bytes: Buffer, form: string): Generator<Form> {
  const hex = bytes.toString('hex')
  yield { form, bytes: Buffer.from(hex) }
  yield { form, bytes: Buffer.from(hex.toUpperCase()) }
}

/**
 * What of a value's base64 is the same wherever the value stands in what was encoded: three beginnings, without the characters
 * that its neighbours decide too, in both alphabets (RFC 4648, 4 and 5).
 */
export function base64Cores(value: Buffer): Buffer[] {
  return [0, 1, 2].flatMap((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), value]).toString('base64')
    const whole = Math.floor(((before + value.length) * 8) / 6)
    const core = encoded.slice(Math.ceil((before * 8) / 6), whole)
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')].map((text) => Buffer.from(text))
  })
}

const escaped = (text: string): string =>
  [...text].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
const fullWidth = (text: string): string => text.replace(/./g, (digit) => String.fromCharCode(0xff10 + Number(digit)))
