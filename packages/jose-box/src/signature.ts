import { createPublicKey, generateKeyPair, verify } from 'node:crypto'
import { promisify } from 'node:util'
import jose from 'node-jose'
import { decodeBase64url } from './base64url.ts'
import { hasDuplicateMembers } from './json-members.ts'
import { thumbprint } from './keys.ts'

/** What a signature is verified with: a P-256 public key for ES256 (RFC 7518, 3.4). */
export type SigningPublicJwk = {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly x: string
  readonly y: string
  readonly use: 'sig'
  readonly alg: 'ES256'
  /** RFC 7638 thumbprint. */
  readonly kid: string
}

/** The same with its private member, the scalar of 32 bytes: goes nowhere but into a wrapped row. */
export type SigningPrivateJwk = SigningPublicJwk & { readonly d: string }

/** What is signed: a JSON object. */
export type SignedPayload = Readonly<Record<string, unknown>>

/** A signed statement is a few hundred bytes; whatever is much longer is none of ours. */
const JWS_CHARS_MAX = 65_536
const COORDINATE_BYTES = 32
const SIGNATURE_BYTES = 64

/** The signature is not by one of the keys over this statement, or the statement is not of our form. */
export class InvalidSignature extends Error {
  override readonly name = 'InvalidSignature'
}

/** Makes a key pair to sign with, drawn by OpenSSL. */
export async function generateSigningKey(): Promise<SigningPrivateJwk> {
  const { privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })
  const { x = '', y = '', d = '' } = privateKey.export({ format: 'jwk' })
  return { ...(await signingPublicJwk(x, y)), d }
}

/** @returns The public key of a point, named by its thumbprint. */
export async function signingPublicJwk(x: string, y: string): Promise<SigningPublicJwk> {
  const kid = await thumbprint({ kty: 'EC', crv: 'P-256', x, y })
  return { kty: 'EC', crv: 'P-256', x, y, use: 'sig', alg: 'ES256', kid }
}

/**
 * Signs a statement as a compact JWS (RFC 7515, 3.1) with ES256.
 *
 * @param typ Which kind of statement it is, such as `kontor-erasure+jwt`: a verifier asks for the kind it expects, so that
 *   no statement passes for another (RFC 8725, 3.11).
 */
export async function signCompact(typ: string, payload: SignedPayload, key: SigningPrivateJwk): Promise<string> {
  const { kty, crv, x, y, d, kid } = key
  const imported = await jose.JWK.asKey({ kty, crv, x, y, d, kid, alg: 'ES256', use: 'sig' })
  const signed = await jose.JWS.createSign({ format: 'compact', fields: { typ } }, imported)
    .update(JSON.stringify(payload), 'utf8')
    .final()
  return signed as unknown as string
}

/**
 * Verifies a statement. The header is judged before anything is computed: only ES256, only `typ`, only a key we were given.
 * Verifying is `node:crypto`'s: an auditor checks a million checkpoints with it.
 *
 * @param keys Whose statements are accepted, found by `kid`.
 * @returns What was signed.
 * @throws {InvalidSignature} In every other case; the message says which rule was broken.
 * @see RFC 7515, 5.2; RFC 8725, 3.1, 3.11
 */
export function verifyCompact(jws: string, typ: string, keys: readonly SigningPublicJwk[]): SignedPayload {
  if (typeof jws !== 'string' || jws.length > JWS_CHARS_MAX) throw new InvalidSignature('the statement is too long')
  const segments = jws.split('.', 4)
  const [header, payload, signature] = segments.map(decodeBase64url)
  if (segments.length !== 3 || !header || !payload || !signature) {
    throw new InvalidSignature('a compact JWS has three segments of base64url')
  }
  const { alg, kid, typ: said, ...rest } = parseObject(header)
  if (alg !== 'ES256' || said !== typ || Object.keys(rest).length > 0) {
    throw new InvalidSignature('the header is not that of such a statement')
  }
  const key = keys.find((candidate) => candidate.kid === kid)
  if (!key) throw new InvalidSignature('it is signed by a key that is not among those given')
  const signed = Buffer.from(`${segments[0]}.${segments[1]}`, 'ascii')
  if (signature.length !== SIGNATURE_BYTES || !verify('sha256', signed, importPublic(key), signature)) {
    throw new InvalidSignature('the signature does not match')
  }
  return parseObject(payload)
}

function importPublic({ x, y }: SigningPublicJwk) {
  if ([x, y].some((coordinate) => decodeBase64url(coordinate)?.length !== COORDINATE_BYTES)) {
    throw new InvalidSignature('the key is not a point of P-256')
  }
  try {
    const key = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' })
    // The form of RFC 7518, 3.4: R and S side by side, and not DER.
    return { key, dsaEncoding: 'ieee-p1363' as const }
  } catch {
    throw new InvalidSignature('the key is not a point of P-256')
  }
}

function parseObject(bytes: Buffer): Record<string, unknown> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value) && !hasDuplicateMembers(text)) {
      return value as Record<string, unknown>
    }
  } catch {
    // JSON.parse quotes its input in the message, so the reason stays here.
  }
  throw new InvalidSignature('header or payload is not a JSON object with unique members')
}
