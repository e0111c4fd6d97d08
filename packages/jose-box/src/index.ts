export type { BoundHeader } from './bound-header.ts'
export {
  type CompactHeader,
  type ForeignAlgorithm,
  type ForeignEncryption,
  type ForeignLimits,
  parseCompactHeader,
} from './compact-header.ts'
export { IntegrityViolation, InvalidJwe } from './errors.ts'
export { openForeign, type PrivateJwk } from './foreign.ts'
export {
  type EncryptionPrivateJwk,
  type EncryptionPublicJwk,
  generateEncryptionKeyPair,
  publicJwks,
  symmetricKid,
} from './keys.ts'
export { openRecord, sealRecord } from './record.ts'
export {
  generateSigningKey,
  InvalidSignature,
  type SignedPayload,
  type SigningPrivateJwk,
  type SigningPublicJwk,
  signCompact,
  signingPublicJwk,
  verifyCompact,
} from './signature.ts'
export { unwrapKey, wrapKey } from './wrapped-key.ts'
