import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { urlFor } from '@kontor/postgres'
import { Sentence } from './sentence.ts'

/** The folder of the clone: what is ours lies below it, from wherever the command is called. */
const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

export const DEFAULT_ORDERS = resolve(ROOT, 'test/fixtures/orders')
export const migrationFolder = (database: 'vault' | 'keys' | 'invoicing') => resolve(ROOT, 'db', database)
export const serviceMain = (service: 'vault' | 'invoicing') => resolve(ROOT, 'services', service, 'src/main.ts')

export type Environment = Readonly<Record<string, string | undefined>>

/** What the environment says to the command. Secrets come from here or from `.kontor/`, never from the command line. */
export interface Config {
  /** Where relative paths of the command line begin. */
  readonly cwd: string
  /** Folder of the demo's data. */
  readonly home: string
  /** A superuser of a PostgreSQL server of one's own, instead of the one that comes along. */
  readonly postgresAdminUrl: string | undefined
  /** Ports that somebody asked for; otherwise the usual ones, or free ones where those are taken. */
  readonly ports: { readonly vault: number | undefined; readonly invoicing: number | undefined }
  readonly logLevel: string
  /** Mock servers of processors that the services of the demo are to ask, by the name of the setting; they judge them. */
  readonly processorServers: Readonly<Record<string, string>>
  /** A package runner such as pnpm started the command. */
  readonly runner: boolean
  /** Of services that run already. */
  readonly services: {
    readonly vaultUrl: string | undefined
    readonly invoicingUrl: string | undefined
    readonly vaultKey: string | undefined
    readonly invoicingKey: string | undefined
  }
  /** @throws {Sentence} Where the keystore is, or its passphrase, is missing or cannot be read. */
  keystore(): { readonly file: string; readonly passphrase: string }
  /** @throws {Sentence} A setting is missing. */
  required(name: DatabaseSetting): string
}

export type DatabaseSetting = `${'VAULT' | 'KEYS' | 'INVOICING'}_${'MIGRATION' | 'DATABASE'}_URL` | 'POSTGRES_ADMIN_URL'

/**
 * Reads the environment; nothing else of the command does.
 *
 * @throws {Sentence} A setting is garbled. Its value is not repeated.
 */
export function readConfig(env: Environment, cwd: string): Config {
  // pnpm runs a script in its package's folder; INIT_CWD is where the person is. Left over from an outer script it would mislead.
  const runner = ['start', 'kontor'].includes(env.npm_lifecycle_event ?? '')
  const calledFrom = runner ? (env.INIT_CWD ?? cwd) : cwd
  return {
    cwd: calledFrom,
    home: env.KONTOR_HOME ? resolve(calledFrom, env.KONTOR_HOME) : resolve(ROOT, '.kontor'),
    postgresAdminUrl: env.POSTGRES_ADMIN_URL ? databaseUrl(env, 'POSTGRES_ADMIN_URL') : undefined,
    ports: { vault: port(env, 'VAULT_PORT'), invoicing: port(env, 'INVOICING_PORT') },
    runner,
    logLevel: env.LOG_LEVEL || 'info',
    processorServers: given(env, 'STRIPE_BASE_URL', 'PAYPAL_BASE_URL'),
    services: {
      vaultUrl: httpUrl(env, 'VAULT_URL'),
      invoicingUrl: httpUrl(env, 'INVOICING_URL'),
      vaultKey: env.VAULT_API_KEY || undefined,
      invoicingKey: env.INVOICING_API_KEY || undefined,
    },
    keystore: () => {
      if (!env.KEYSTORE_FILE) throw new Sentence('KEYSTORE_FILE is not set.')
      return { file: resolve(calledFrom, env.KEYSTORE_FILE), passphrase: passphrase(env, calledFrom) }
    },
    required: (name) => databaseUrl(env, name),
  }
}

const given = (env: Environment, ...names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.flatMap((name) => (env[name] ? [[name, env[name]]] : [])))

function passphrase(env: Environment, calledFrom: string): string {
  if (env.KEYSTORE_PASSPHRASE) return env.KEYSTORE_PASSPHRASE
  if (!env.KEYSTORE_PASSPHRASE_FILE) {
    throw new Sentence('Neither KEYSTORE_PASSPHRASE nor KEYSTORE_PASSPHRASE_FILE is set.')
  }
  try {
    return readFileSync(resolve(calledFrom, env.KEYSTORE_PASSPHRASE_FILE), 'utf8').replace(/\r?\n$/, '')
  } catch {
    throw new Sentence('The file that KEYSTORE_PASSPHRASE_FILE names cannot be read.')
  }
}

function databaseUrl(env: Environment, name: string): string {
  const value = env[name]
  if (!value) throw new Sentence(`${name} is not set.`)
  if (!/^postgres(ql)?:\/\//.test(value) || !URL.canParse(value)) {
    throw new Sentence(`${name} is not a URL like postgresql://user:password@host:5432/database.`)
  }
  // Without a database in the URL, clients would ask for one that is called like the user.
  return name === 'POSTGRES_ADMIN_URL' && new URL(value).pathname.length < 2 ? urlFor(value, 'postgres') : value
}

function httpUrl(env: Environment, name: string): string | undefined {
  const value = env[name]
  if (!value) return undefined
  if (!/^https?:\/\//.test(value) || !URL.canParse(value)) {
    throw new Sentence(`${name} is not a URL like http://127.0.0.1:7701.`)
  }
  return value
}

function port(env: Environment, name: string): number | undefined {
  const value = env[name]
  if (!value) return undefined
  if (!/^[1-9]\d{0,4}$/.test(value) || Number(value) > 65_535) throw new Sentence(`${name} is not a port number.`)
  return Number(value)
}
