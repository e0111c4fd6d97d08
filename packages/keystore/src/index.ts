export {
  KeystoreCorrupt,
  KeystoreExists,
  KeystoreExposed,
  KeystoreLocked,
  KeystoreMissing,
  PassphraseTooShort,
  RootKeyMissing,
  RootKeyRetired,
} from './errors.ts'
export type { KeyContext, KeyProvider } from './key-provider.ts'
export { type CreateKeystoreOptions, createKeystoreFile, openKeystoreFile } from './keystore-file.ts'
export { DEFAULT_SCRYPT_COST, type ScryptCost } from './passphrase-key.ts'
