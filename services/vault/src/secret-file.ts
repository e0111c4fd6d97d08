import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { InvalidConfig } from './invalid-config.ts'

/**
 * Reads a file that holds one secret, without the line feed at its end.
 *
 * @param setting Which setting names the file; the message says that and never what the file holds.
 * @throws {InvalidConfig} It cannot be read, is empty, or others than its owner may read it.
 */
export function readSecretFile(file: string, setting: string): string {
  let mode: number
  let text: string
  try {
    // The mode is asked of the open file, so that the file judged is the file read.
    const opened = openSync(file, 'r')
    try {
      mode = fstatSync(opened).mode
      text = readFileSync(opened, 'utf8')
    } finally {
      closeSync(opened)
    }
  } catch (cause) {
    throw new InvalidConfig(`The file that ${setting} names cannot be read.`, { cause })
  }
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new InvalidConfig(`The file that ${setting} names must be readable by its owner only (mode 0600).`)
  }
  const secret = text.replace(/\r?\n$/, '')
  if (secret === '') throw new InvalidConfig(`The file that ${setting} names is empty.`)
  return secret
}
