export { addRootKey, destroyRootKey, keystoreAdministration } from './change-keystore.ts'
export {
  KeyProviderRefused,
  KeyProviderUnavailable,
  KeystoreBusy,
  KeystoreCorrupt,
  KeystoreExists,
  KeystoreExposed,
  KeystoreFull,
  KeystoreLocked,
  KeystoreMissing,
  KeystoreUnreadable,
  PassphraseTooShort,
  RootKeyIsCurrent,
  RootKeyMissing,
  RootKeyNotOldest,
} from './errors.ts'
export type { KeyContext, KeyProvider, RootKeyAdministration, RootKeyInfo, WrappedKey } from './key-provider.ts'
export { type CreateKeystoreOptions, createKeystoreFile, type KeyMaking, openKeystoreFile } from './keystore-file.ts'
export { DEFAULT_SCRYPT_COST, type ScryptCost } from './passphrase-key.ts'
export { transitProvider } from './transit.ts'
export { transitAdministration } from './transit-administration.ts'
export type { TransitOptions } from './transit-client.ts'
