import { type ProcessorServers, processorServers } from '@kontor/processors'
import { parseNetwork } from '@kontor/tenancy'
import { InvalidConfig } from './invalid-config.ts'
import { type KeyProviderConfig, readKeyProvider } from './key-provider.ts'

export { InvalidConfig }

/** What the process is told by its environment. */
export interface Config {
  readonly vaultDatabaseUrl: string
  readonly keysDatabaseUrl: string
  readonly listen: { readonly host: string; readonly port: number }
  readonly keyProvider: KeyProviderConfig
  /** How many rows jobs on keys may touch in a second. */
  readonly keyJobRowsPerSecond: number
  /** The file that checkpoints of the audit are appended to. */
  readonly auditSinkFile: string
  /** Where Stripe and PayPal are reached. */
  readonly processorServers: ProcessorServers
  readonly logLevel: string
  /** Addresses and networks of proxies whose word on the source address is taken. */
  readonly trustedProxies: readonly string[]
  /** How long readiness is red before the listener closes, in milliseconds. */
  readonly drainNoticeMs: number
  /** How long a backup of `kontor_keys` is kept, in days. The vault signs statements that rest on it, so there is no default. */
  readonly keysBackupRetentionDays: number
}

export type Environment = Readonly<Record<string, string | undefined>>

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
    keyProvider: readKeyProvider(environment),
    keyJobRowsPerSecond: rowsPerSecond(environment.KEY_JOB_ROWS_PER_SECOND || '200'),
    auditSinkFile: required(environment, 'AUDIT_SINK_FILE'),
    processorServers: servers(environment),
    logLevel: logLevel(environment.LOG_LEVEL || 'info'),
    trustedProxies: networks(environment.TRUSTED_PROXIES || ''),
    drainNoticeMs: seconds(environment.DRAIN_NOTICE_SECONDS || '0') * 1_000,
    keysBackupRetentionDays: days(environment, 'KEYS_BACKUP_RETENTION_DAYS'),
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

function servers({ STRIPE_BASE_URL: stripe, PAYPAL_BASE_URL: paypal }: Environment): ProcessorServers {
  for (const [name, given] of Object.entries({ STRIPE_BASE_URL: { stripe }, PAYPAL_BASE_URL: { paypal } })) {
    try {
      processorServers(given)
    } catch {
      throw new InvalidConfig(`${name} is not a URL like https://api.example.com; http is for this machine alone.`)
    }
  }
  return processorServers({ stripe, paypal })
}

function rowsPerSecond(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) {
    throw new InvalidConfig('KEY_JOB_ROWS_PER_SECOND is not a number of rows, 1 to 9999.')
  }
  return Number(text)
}

/** @param text Addresses and networks with commas in between; empty for none. */
function networks(text: string): readonly string[] {
  const named = text.split(',').map((part) => part.trim())
  const given = named.filter((part) => part !== '')
  try {
    given.forEach(parseNetwork)
  } catch {
    throw new InvalidConfig('TRUSTED_PROXIES is not a list of networks like 10.0.0.0/8,2001:db8::/32.')
  }
  return given
}

function seconds(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidConfig('DRAIN_NOTICE_SECONDS is not a whole number from 0 to 999.')
  return Number(text)
}

function logLevel(text: string): string {
  if (!LOG_LEVELS.includes(text)) throw new InvalidConfig(`LOG_LEVEL is not one of ${LOG_LEVELS.join(', ')}.`)
  return text
}

function days(environment: Environment, name: string): number {
  const value = required(environment, name)
  if (!/^\d{1,4}$/.test(value)) throw new InvalidConfig(`${name} is not a number of days, 0 to 9999.`)
  return Number(value)
}
