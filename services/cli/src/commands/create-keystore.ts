import { randomBytes } from 'node:crypto'
import { createKeystoreFile, KeystoreExists, openKeystoreFile, PassphraseTooShort } from '@kontor/keystore'
import { Sentence } from '../sentence.ts'
import type { Command } from './command.ts'

/**
 * `kontor keystore create`: makes the file that holds the vault's root key, and opens it once to prove that it can be.
 *
 * Never replaces a keystore: whatever was sealed under it could not be opened any more.
 */
export async function createKeystore({ config, screen }: Command): Promise<number> {
  const { file, passphrase } = config.keystore()
  try {
    await createKeystoreFile(file, passphrase, { random: randomBytes, nowMs: Date.now })
  } catch (error) {
    if (error instanceof KeystoreExists || error instanceof PassphraseTooShort) throw new Sentence(error.message)
    throw error
  }
  const kid = await (await openKeystoreFile(file, passphrase)).currentKid()
  screen.result({ keystore: file, kid }, [
    `Keystore ${file} is made; its root key is ${kid}.`,
    'Keep a copy of it and of its passphrase, apart from each other and from the databases:',
    'without them nothing in the vault can be opened.',
  ])
  return 0
}
