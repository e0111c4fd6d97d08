import { decodeBase64url } from './base64url.ts'
import { InvalidJwe } from './errors.ts'
import { hasDuplicateMembers } from './json-members.ts'

/**
 * How a client may transport the content key. RSA is missing because it holds the event loop for 12 ms under load,
 * PBES2 because the sender chooses how long the receiver computes, RSA1_5 because of its padding oracle.
 */
export type ForeignAlgorithm = 'ECDH-ES' | 'ECDH-ES+A128KW' | 'ECDH-ES+A256KW' | 'A128KW' | 'A256KW' | 'dir'
/** AES-GCM alone: node-jose compares the tags of the CBC-HMAC family byte by byte and stops at the first difference. */
export type ForeignEncryption = 'A128GCM' | 'A256GCM'

/** What a token may look like before anything is computed from it. */
export interface ForeignLimits {
  readonly algorithms: readonly ForeignAlgorithm[]
  readonly encryptions: readonly ForeignEncryption[]
  /** Length of the whole token in characters; compact JWE are ASCII, so these are bytes. */
  readonly maxBytes: number
}

/** A protected header that passed `parseCompactHeader`. */
export interface CompactHeader {
  readonly alg: ForeignAlgorithm
  readonly enc: ForeignEncryption
  readonly kid?: string
  readonly epk?: { readonly kty: 'EC'; readonly crv: string; readonly x: string; readonly y: string }
  readonly [member: string]: unknown
}

/** An ECDH-ES header with key id, epk, apu and apv has about 450 characters. */
const HEADER_CHARS_MAX = 2048
const ALGORITHMS: readonly string[] = ['ECDH-ES', 'ECDH-ES+A128KW', 'ECDH-ES+A256KW', 'A128KW', 'A256KW', 'dir']
const ENCRYPTIONS: readonly string[] = ['A128GCM', 'A256GCM']
/**
 * Members that would have the receiver inflate, compute, fetch or trust at the sender's will, or follow rules it does
 * not know: they are refused. Other unknown members are ignored (RFC 7516, 4).
 */
const REFUSED_MEMBERS = [
  'zip',
  'crit',
  'b64',
  'p2s',
  'p2c',
  'jku',
  'jwk',
  'x5u',
  'x5c',
  'x5t',
  'x5t#S256',
  'iv',
  'tag',
  '__proto__',
]
const TEXT_MEMBERS = ['kid', 'typ', 'cty', 'apu', 'apv']
/**
 * RFC 7518, 6.2.1.2: a coordinate has the full length of its curve. node-jose reduces a longer one in JavaScript, in a
 * time that grows with its value: one of 65 bytes takes 10 ms, one of 66 holds the event loop for more than 30 s.
 */
const COORDINATE_BYTES = new Map([
  ['P-256', 32],
  ['P-384', 48],
  ['P-521', 66],
])
const GCM_IV_CHARS = 16
const GCM_TAG_CHARS = 22

/**
 * Reads the protected header of a compact JWE from outside, before any library sees the token.
 *
 * @param jwe What the client sent.
 * @returns The header. `alg` and `enc` are among those allowed; no duplicate members; a full 96-bit IV and 128-bit tag.
 * @throws {InvalidJwe} Anything else. The message names the rule, never a value.
 * @throws {TypeError} The limits name an algorithm that is never accepted, or `maxBytes` is no positive integer.
 * @see RFC 7516, 5.2, steps 1 to 5; RFC 8725, 3.1 and 3.2
 */
export function parseCompactHeader(jwe: string, limits: ForeignLimits): CompactHeader {
  checkLimits(limits)
  if (typeof jwe !== 'string' || jwe.length > limits.maxBytes) throw new InvalidJwe('the token is too long')
  const segments = jwe.split('.', 6)
  const [header = '', , iv, , tag] = segments
  if (segments.length !== 5) throw new InvalidJwe('a compact JWE has five segments')
  if (header.length > HEADER_CHARS_MAX) throw new InvalidJwe('the header is too long')
  if (segments.some((segment) => decodeBase64url(segment) === undefined)) {
    throw new InvalidJwe('a segment is not canonical base64url')
  }
  const accepted = checkHeader(parseObject(Buffer.from(header, 'base64url')), limits)
  if (iv?.length !== GCM_IV_CHARS || tag?.length !== GCM_TAG_CHARS) {
    throw new InvalidJwe('the IV or the tag is not of full length')
  }
  return accepted
}

function checkLimits({ algorithms, encryptions, maxBytes }: ForeignLimits): void {
  const acceptable =
    algorithms.every((alg) => ALGORITHMS.includes(alg)) && encryptions.every((enc) => ENCRYPTIONS.includes(enc))
  if (!acceptable || !Number.isSafeInteger(maxBytes) || maxBytes <= 0) {
    throw new TypeError('the limits allow what is never accepted')
  }
}

function parseObject(bytes: Buffer): Record<string, unknown> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    const value: unknown = JSON.parse(text)
    if (isObject(value) && !hasDuplicateMembers(text)) return value
  } catch {
    // JSON.parse quotes its input in the message, so the reason stays here.
  }
  throw new InvalidJwe('the header is not a JSON object with unique members')
}

function checkHeader(header: Record<string, unknown>, limits: ForeignLimits): CompactHeader {
  const { alg, enc, epk } = header
  const allowed: { alg: readonly unknown[]; enc: readonly unknown[] } = {
    alg: limits.algorithms,
    enc: limits.encryptions,
  }
  if (REFUSED_MEMBERS.some((name) => Object.hasOwn(header, name)))
    throw new InvalidJwe('a header member is not accepted')
  if (!allowed.alg.includes(alg)) throw new InvalidJwe('alg is not among those accepted')
  if (!allowed.enc.includes(enc)) throw new InvalidJwe('enc is not among those accepted')
  if (TEXT_MEMBERS.some((name) => Object.hasOwn(header, name) && typeof header[name] !== 'string')) {
    throw new InvalidJwe('a header member that must be text is not')
  }
  const needsPoint = typeof alg === 'string' && alg.startsWith('ECDH-ES')
  if (needsPoint ? !isPublicPoint(epk) : epk !== undefined) throw new InvalidJwe('epk is not what alg needs')
  return Object.freeze(header) as CompactHeader
}

/** A public EC key and nothing else (RFC 7518, 4.6.1.1). Whether it lies on its curve is checked when it is used. */
function isPublicPoint(epk: unknown): boolean {
  if (!isObject(epk) || Object.keys(epk).sort().join() !== 'crv,kty,x,y' || epk.kty !== 'EC') return false
  const bytes = typeof epk.crv === 'string' ? COORDINATE_BYTES.get(epk.crv) : undefined
  return (
    bytes !== undefined && [epk.x, epk.y].every((c) => typeof c === 'string' && decodeBase64url(c)?.length === bytes)
  )
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
