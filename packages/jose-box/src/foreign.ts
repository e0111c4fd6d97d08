import jose from 'node-jose'
import { type CompactHeader, type ForeignLimits, parseCompactHeader } from './compact-header.ts'
import { InvalidJwe } from './errors.ts'

/** A private or symmetric JSON Web Key (RFC 7517): the members of its `kty`, and optionally `kid`, `use`, `alg`. */
export type PrivateJwk = Readonly<Record<string, string>>

/**
 * Opens a compact JWE that was made outside, such as a card number encrypted in a browser.
 *
 * The header is judged first by `parseCompactHeader`: node-jose would inflate 130 kB to 100 MB (`zip`), its
 * `algorithms` option notwithstanding, and compute for as long as a PBES2 header says.
 *
 * @param jwe What the client sent.
 * @param jwk Our private key, found by the caller in its own index by the `kid` of the header; a node-jose KeyStore of
 *   1,000 keys would halve the throughput.
 * @param limits Which algorithms, and how long the token may be.
 * @returns The plaintext, never longer than the token.
 * @throws {InvalidJwe} The token is not acceptable, not for this key, or does not decrypt.
 * @throws {TypeError} The limits or the key are unusable.
 * @see RFC 7516, 5.2
 */
export async function openForeign(jwe: string, jwk: PrivateJwk, limits: ForeignLimits): Promise<Buffer> {
  const header = parseCompactHeader(jwe, limits)
  const key = await importKey(jwk)
  checkAddressee(header, jwk)
  try {
    const opened = await jose.JWE.createDecrypt(key, { algorithms: [header.alg, header.enc] }).decrypt(jwe)
    return opened.plaintext
  } catch {
    throw new InvalidJwe('the token does not decrypt')
  }
}

function checkAddressee(header: CompactHeader, jwk: PrivateJwk): void {
  const otherKey = header.kid !== undefined && jwk.kid !== undefined && header.kid !== jwk.kid
  const otherCurve = header.epk !== undefined && header.epk.crv !== jwk.crv
  if (otherKey || otherCurve) throw new InvalidJwe('the token is not encrypted to this key')
}

async function importKey(jwk: PrivateJwk): Promise<jose.JWK.Key> {
  try {
    return await jose.JWK.asKey(jwk)
  } catch {
    // The reason is dropped because it may quote the key.
    throw new TypeError('the key is not a JSON Web Key')
  }
}
