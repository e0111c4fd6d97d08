import { IntegrityViolation } from '@kontor/jose-box'
import { KeystoreCorrupt, KeystoreLocked, PassphraseTooShort } from './errors.ts'
import { formatKeystore, type Keystore, parseKeystore } from './format.ts'
import type { KeyProvider } from './key-provider.ts'
import { DEFAULT_SCRYPT_COST, derivePassphraseKey, isScryptCost, type ScryptCost } from './passphrase-key.ts'
import { markOf, readPrivateFile, writeNewPrivateFile } from './private-file.ts'
import { rootKeyProvider } from './provider.ts'
import { openRootKey, type RootKey, sealRootKey } from './root-key.ts'

/** What making a key takes from outside. */
export interface KeyMaking {
  /** A cryptographic source: the root KEK, the salt and the name of the temporary file come from it. */
  readonly random: (size: number) => Uint8Array
  /** The clock, in milliseconds since 1970. */
  readonly nowMs: () => number
}

export interface CreateKeystoreOptions extends KeyMaking {
  /** `DEFAULT_SCRYPT_COST` unless a test wants to be quick. */
  readonly scrypt?: ScryptCost
}

const PASSPHRASE_CHARACTERS_MIN = 12
export const ROOT_KEY_BYTES = 32
const SALT_BYTES = 32

/**
 * Makes a keystore with one root KEK: JSON of mode 0600, each root KEK a compact JWE under a key that scrypt derives from
 * the passphrase.
 *
 * @param path A file that does not exist, in a folder that does.
 * @param passphrase At least 12 characters. Without it, or without the file, everything ever sealed is lost.
 * @throws {KeystoreExists} There is something at `path`.
 * @throws {PassphraseTooShort}
 * @throws {TypeError} The cost of scrypt is out of bounds.
 */
export async function createKeystoreFile(
  path: string,
  passphrase: string,
  { random, nowMs, scrypt = DEFAULT_SCRYPT_COST }: CreateKeystoreOptions,
): Promise<void> {
  if ([...passphrase.normalize('NFC')].length < PASSPHRASE_CHARACTERS_MIN) {
    throw new PassphraseTooShort(PASSPHRASE_CHARACTERS_MIN)
  }
  if (!isScryptCost(scrypt)) throw new TypeError('the cost of scrypt is out of bounds')
  const salt = Buffer.from(random(SALT_BYTES))
  const passphraseKey = await derivePassphraseKey(passphrase, salt, scrypt)
  const rootKey = Buffer.from(random(ROOT_KEY_BYTES))
  const entry = await sealRootKey(rootKey, passphraseKey, { createdAtMs: nowMs(), state: 'current' })
  await writeNewPrivateFile(path, formatKeystore({ kdf: { ...scrypt, salt }, keys: [entry] }), random)
}

/**
 * Opens a keystore. Takes the time of one scrypt, about half a second.
 *
 * The file is looked at again whenever a key is asked for, which the vault does seldom, and read again when it was replaced:
 * a root KEK that was added by another process wraps at once. Of the passphrase only the key stays that it gives with this
 * file's salt, so a file with another salt or cost needs a restart.
 *
 * @returns The provider of its root KEKs, which stay in memory from now on.
 * @throws {KeystoreMissing} There is no file.
 * @throws {KeystoreUnreadable} The system does not let us read it.
 * @throws {KeystoreExposed} Its mode lets others in.
 * @throws {KeystoreLocked} The passphrase is wrong. (A file that was altered on purpose, its checksum with it, looks the same.)
 * @throws {KeystoreCorrupt} The file is damaged, or is no keystore.
 */
export async function openKeystoreFile(path: string, passphrase: string): Promise<KeyProvider> {
  let mark = await markOf(path)
  const { keystore, passphraseKey, rootKeys } = await unlock(path, passphrase)
  let known: readonly RootKey[] = rootKeys

  async function latest(): Promise<readonly RootKey[]> {
    // The mark is taken before the file is read: a file replaced in between is read once more, never overlooked.
    const seen = await markOf(path)
    if (seen !== mark) {
      const replaced = await readKeystore(path)
      if (!sameKdf(replaced.kdf, keystore.kdf)) throw new KeystoreLocked(path)
      known = await openAll(replaced, passphraseKey, path)
      mark = seen
    }
    return known
  }

  return rootKeyProvider({ latest, known: () => known })
}

/** A keystore that has been opened, with what opens it. */
export interface UnlockedKeystore {
  readonly keystore: Keystore
  readonly passphraseKey: Buffer
  /** In the order of the file. */
  readonly rootKeys: readonly RootKey[]
}

/** @throws As `openKeystoreFile`. */
export async function unlock(path: string, passphrase: string): Promise<UnlockedKeystore> {
  const keystore = await readKeystore(path)
  const passphraseKey = await derivePassphraseKey(passphrase, keystore.kdf.salt, keystore.kdf)
  return { keystore, passphraseKey, rootKeys: await openAll(keystore, passphraseKey, path) }
}

async function readKeystore(path: string): Promise<Keystore> {
  const keystore = parseKeystore(await readPrivateFile(path))
  if (keystore === undefined) throw new KeystoreCorrupt(path)
  return keystore
}

function sameKdf(a: Keystore['kdf'], b: Keystore['kdf']): boolean {
  return a.n === b.n && a.r === b.r && a.p === b.p && a.salt.equals(b.salt)
}

/** One passphrase seals all keys: if it opens none it is wrong, if it opens some the others are damaged. */
async function openAll({ keys }: Keystore, passphraseKey: Buffer, path: string): Promise<RootKey[]> {
  const opened: RootKey[] = []
  let refused = 0
  for (const entry of keys) {
    try {
      const rootKey = await openRootKey(entry, passphraseKey)
      if (rootKey === undefined) throw new KeystoreCorrupt(path)
      opened.push(rootKey)
    } catch (error) {
      if (!(error instanceof IntegrityViolation)) throw error
      refused++
    }
  }
  if (opened.length === 0) throw new KeystoreLocked(path)
  if (refused > 0) throw new KeystoreCorrupt(path)
  return opened
}
