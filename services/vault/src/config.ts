import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { Secret } from '@kontor/payment-data'

/** What the process is told by its environment. */
export interface Config {
  readonly vaultDatabaseUrl: string
  readonly keysDatabaseUrl: string
  readonly listen: { readonly host: string; readonly port: number }
  /** The file that holds the root KEK, encrypted. */
  readonly keystoreFile: string
  readonly keystorePassphrase: Secret<string>
  readonly logLevel: string
}

/** The environment lacks or garbles something. The message is one sentence that never repeats a secret. */
export class InvalidConfig extends Error {
  override readonly name = 'InvalidConfig'
}

type Environment = Readonly<Record<string, string | undefined>>

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

/**
 * Reads the configuration. Nothing else reads the environment, and no secret has a default.
 *
 * @throws {InvalidConfig} One sentence for the operator.
 */
export function readConfig(environment: Environment = process.env): Config {
  return {
    vaultDatabaseUrl: databaseUrl(environment, 'VAULT_DATABASE_URL'),
    keysDatabaseUrl: databaseUrl(environment, 'KEYS_DATABASE_URL'),
    listen: listenAddress(environment.VAULT_LISTEN || '127.0.0.1:7701'),
    keystoreFile: required(environment, 'KEYSTORE_FILE'),
    keystorePassphrase: passphrase(environment),
    logLevel: logLevel(environment.LOG_LEVEL || 'info'),
  }
}

function required(environment: Environment, name: string): string {
  const value = environment[name]
  if (!value) throw new InvalidConfig(`${name} is not set.`)
  return value
}

function databaseUrl(environment: Environment, name: string): string {
  const value = required(environment, name)
  if (!/^postgres(ql)?:\/\//.test(value) || !URL.canParse(value)) {
    throw new InvalidConfig(`${name} is not a URL like postgresql://user:password@host:port/database.`)
  }
  return value
}

function listenAddress(text: string): { host: string; port: number } {
  const [, bracketed, plain, port] = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (host === undefined || Number(port) > 65_535) {
    throw new InvalidConfig('VAULT_LISTEN is not a host and a port like 127.0.0.1:7701.')
  }
  return { host, port: Number(port) }
}

function passphrase(environment: Environment): Secret<string> {
  const { KEYSTORE_PASSPHRASE: value, KEYSTORE_PASSPHRASE_FILE: file } = environment
  if (value && file) throw new InvalidConfig('Set either KEYSTORE_PASSPHRASE or KEYSTORE_PASSPHRASE_FILE, not both.')
  if (value) return new Secret(value)
  if (!file) throw new InvalidConfig('Neither KEYSTORE_PASSPHRASE nor KEYSTORE_PASSPHRASE_FILE is set.')
  const text = readSecretFile(file).replace(/\r?\n$/, '')
  if (text === '') throw new InvalidConfig('The file that KEYSTORE_PASSPHRASE_FILE names is empty.')
  return new Secret(text)
}

function readSecretFile(file: string): string {
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
    throw new InvalidConfig('The file that KEYSTORE_PASSPHRASE_FILE names cannot be read.', { cause })
  }
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new InvalidConfig(
      'The file that KEYSTORE_PASSPHRASE_FILE names must be readable by its owner only (mode 0600).',
    )
  }
  return text
}

function logLevel(text: string): string {
  if (!LOG_LEVELS.includes(text)) throw new InvalidConfig(`LOG_LEVEL is not one of ${LOG_LEVELS.join(', ')}.`)
  return text
}
