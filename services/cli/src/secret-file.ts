import { readFileSync, statSync } from 'node:fs'
import { Sentence } from './sentence.ts'

/**
 * Reads a file that holds a secret, which nobody but its owner may read.
 *
 * @param named What the file is called in a sentence, such as `The file that VAULT_API_KEY_FILE names`.
 * @throws {Sentence} It cannot be read, others can read it, or it is empty. Nothing of it is repeated.
 */
export function readSecretFile(path: string, named: string): string {
  let text: string
  try {
    if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) {
      throw new Sentence(`${named} must be readable by its owner only (mode 0600).`)
    }
    text = readFileSync(path, 'utf8').trim()
  } catch (error) {
    if (error instanceof Sentence) throw error
    throw new Sentence(`${named} cannot be read.`)
  }
  if (text === '') throw new Sentence(`${named} is empty.`)
  return text
}
