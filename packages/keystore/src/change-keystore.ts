import { KeystoreFull, RootKeyIsCurrent, RootKeyMissing } from './errors.ts'
import { holdFile } from './file-lock.ts'
import { formatKeystore, KEYS_MAX, type Keystore, parseKeystore } from './format.ts'
import type { RootKeyAdministration } from './key-provider.ts'
import { type KeyMaking, ROOT_KEY_BYTES, unlock } from './keystore-file.ts'
import { replacePrivateFile } from './private-file.ts'
import { currentOf } from './provider.ts'
import { sealRootKey } from './root-key.ts'

/**
 * Adds a root KEK to a keystore and makes it the current one; the one so far is retired and keeps unwrapping.
 *
 * The file is replaced as a whole: whatever happens on the way, it is the old one or the new one. Of several processes that
 * do this at once each waits for the one before, so that no key is lost.
 *
 * @returns The id of the new key.
 * @throws {KeystoreBusy} Another process is at it, or one was and was killed. Otherwise as `openKeystoreFile`.
 * @throws {KeystoreFull} It holds as many keys as are ever read back; it is left as it is.
 */
export function addRootKey(path: string, passphrase: string, { random, nowMs }: KeyMaking): Promise<string> {
  return holdFile(path, async () => {
    const { keystore, passphraseKey, rootKeys } = await unlock(path, passphrase)
    if (rootKeys.length >= KEYS_MAX) throw new KeystoreFull(path, KEYS_MAX)
    const former = currentOf(rootKeys)
    const retired = await sealRootKey(former.key, passphraseKey, { ...former, state: 'retired' })
    const key = Buffer.from(random(ROOT_KEY_BYTES))
    const added = await sealRootKey(key, passphraseKey, { createdAtMs: nowMs(), state: 'current' })
    const others = keystore.keys.filter(({ kid }) => kid !== former.kid)
    await write(path, { ...keystore, keys: [added, retired, ...others] }, random)
    return added.kid
  })
}

/**
 * Takes a retired root KEK out of a keystore. Older copies of the file still hold it: backups have to age out.
 *
 * @throws {RootKeyMissing} The keystore does not hold it.
 * @throws {RootKeyIsCurrent} It is the current one.
 * @throws {KeystoreBusy} As `addRootKey`.
 */
export function destroyRootKey(
  path: string,
  passphrase: string,
  { kid, random }: { readonly kid: string; readonly random: KeyMaking['random'] },
): Promise<void> {
  return holdFile(path, async () => {
    const { keystore, rootKeys } = await unlock(path, passphrase)
    if (!rootKeys.some((rootKey) => rootKey.kid === kid)) throw new RootKeyMissing()
    if (currentOf(rootKeys).kid === kid) throw new RootKeyIsCurrent()
    await write(path, { ...keystore, keys: keystore.keys.filter((entry) => entry.kid !== kid) }, random)
  })
}

/** What a person may do with the root KEKs of a keystore. */
export function keystoreAdministration(path: string, passphrase: string, making: KeyMaking): RootKeyAdministration {
  return Object.freeze({
    rotate: () => addRootKey(path, passphrase, making),
    destroy: (kid: string) => destroyRootKey(path, passphrase, { kid, random: making.random }),
  })
}

/** Nothing takes the place of the only copy of the keys before it has been read back. */
async function write(path: string, keystore: Keystore, random: KeyMaking['random']): Promise<void> {
  const text = formatKeystore(keystore)
  if (parseKeystore(text) === undefined) throw new TypeError('a keystore was made that could not be read back')
  await replacePrivateFile(path, text, random)
}
