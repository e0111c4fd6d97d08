import { createKeystoreFile } from '@kontor/keystore'
import { Sentence } from '../sentence.ts'
import { exists, type Secrets } from './secrets.ts'

/**
 * Makes the keystore of a first run.
 *
 * @param hasData Whether something may be sealed already. Then a keystore that is missing is a loss, and a new one would hide it.
 * @throws {Sentence} The keystore was lost.
 */
export async function ensureKeystore(
  home: { readonly keystore: string; readonly folder: string },
  secrets: Secrets,
  { hasData, random }: { readonly hasData: boolean; readonly random: (size: number) => Uint8Array },
): Promise<void> {
  if (await exists(home.keystore)) return
  if (hasData) {
    throw new Sentence(
      `${home.keystore} is missing, and without it nothing in the vault can be opened: put it back, or delete ${home.folder} to start empty.`,
    )
  }
  await createKeystoreFile(home.keystore, secrets.keystore_passphrase, { random, nowMs: Date.now })
}
