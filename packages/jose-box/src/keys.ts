import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import jose from 'node-jose'

/** What clients encrypt to: a P-256 public key for ECDH-ES (RFC 7518, 4.6). */
export type EncryptionPublicJwk = {
  readonly kty: 'EC'
  readonly crv: 'P-256'
  readonly x: string
  readonly y: string
  readonly use: 'enc'
  readonly alg: 'ECDH-ES'
  /** RFC 7638 thumbprint. */
  readonly kid: string
}

/** The same with its private member: goes nowhere but into a wrapped row. */
export type EncryptionPrivateJwk = EncryptionPublicJwk & {
  readonly d: string
}

/**
 * Names a symmetric key by its JWK thumbprint.
 *
 * The name is a hash of the key, so it may be published only because the key has 256 random bits (RFC 7638, 7).
 *
 * @param key 32 random bytes, never something derived from a passphrase directly.
 * @returns 43 characters of base64url: SHA-256 over the canonical JWK.
 * @throws {TypeError} The key is not 32 bytes long.
 * @see RFC 7638, 3
 */
export async function symmetricKid(key: Buffer): Promise<string> {
  if (key.length !== 32) throw new TypeError('a key has 32 bytes')
  return thumbprint({ kty: 'oct', k: key.toString('base64url') })
}

/**
 * Makes a key pair that clients can encrypt to. The pair is drawn by OpenSSL, because node-jose computes it in JavaScript
 * in a time that depends on the key.
 */
export async function generateEncryptionKeyPair(): Promise<{
  privateJwk: EncryptionPrivateJwk
  publicJwk: EncryptionPublicJwk
}> {
  const { privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' })
  const { x = '', y = '', d = '' } = privateKey.export({ format: 'jwk' })
  const kid = await thumbprint({ kty: 'EC', crv: 'P-256', x, y })
  const publicJwk = { kty: 'EC', crv: 'P-256', x, y, use: 'enc', alg: 'ECDH-ES', kid } as const
  return { privateJwk: { ...publicJwk, d }, publicJwk }
}

/**
 * The JWK Set that is published for clients (RFC 7517, 5).
 *
 * @param keys Private or public keys. The public members are picked by name, so nothing private can slip through.
 */
export function publicJwks(keys: readonly EncryptionPublicJwk[]): { keys: EncryptionPublicJwk[] } {
  return { keys: keys.map(({ kty, crv, x, y, use, alg, kid }) => ({ kty, crv, x, y, use, alg, kid })) }
}

/** @returns The RFC 7638 thumbprint of a key, 43 characters of base64url. */
export async function thumbprint(jwk: Record<string, string>): Promise<string> {
  const key = await jose.JWK.asKey(jwk)
  const digest: unknown = await key.thumbprint('SHA-256')
  // Its type declaration says text, what comes is bytes.
  return Buffer.from(digest as Uint8Array).toString('base64url')
}
