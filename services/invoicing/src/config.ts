import { readFileSync } from 'node:fs'
import { parseNetwork } from '@kontor/tenancy'

/** Where the service gets everything from. */
export interface Config {
  readonly databaseUrl: string
  readonly host: string
  readonly port: number
  readonly vaultUrl: string
  readonly vaultKeys: { readonly test?: string; readonly live?: string }
  /** Where processors are asked instead of where they really are, such as a mock server. Never a tenant's to say. */
  readonly processorUrls: { readonly stripe?: string; readonly paypal?: string }
  readonly idempotencySecret: Buffer
  readonly logLevel: string
  readonly connectionsMax: number
  /** Jobs that this process does at once; with 0 it leaves them to others. */
  readonly jobsMax: number
  /** How long a charge waits for its payer before it is let go of. */
  readonly payerWaitsMs: number
  /** Proxies whose word on the source address is taken, as addresses or networks. */
  readonly trustedProxies: readonly string[]
  /** Endpoints of webhooks that this process tells something at once; with 0 it leaves them to others. */
  readonly webhooksMax: number
  /** Whether webhooks may go to this machine itself. */
  readonly webhookLoopback: boolean
}

/** A setting that is missing or wrong. The message names the setting, never its value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the environment. A secret has no default, and may come from a file by `NAME_FILE`.
 *
 * @throws {ConfigError} Naming what is missing or wrong.
 */
export function readConfig(env: Environment): Config {
  const [host, port] = listenAddress(env.INVOICING_LISTEN ?? '127.0.0.1:7702')
  const test = optional(env, 'VAULT_SERVICE_KEY_TEST')
  const live = optional(env, 'VAULT_SERVICE_KEY_LIVE')
  const stripe = optionalUrl(env, 'STRIPE_BASE_URL')
  const paypal = optionalUrl(env, 'PAYPAL_BASE_URL')
  return {
    databaseUrl: required(env, 'INVOICING_DATABASE_URL'),
    host,
    port,
    vaultUrl: required(env, 'VAULT_URL').replace(/\/+$/, ''),
    vaultKeys: { ...(test ? { test } : {}), ...(live ? { live } : {}) },
    processorUrls: { ...(stripe ? { stripe } : {}), ...(paypal ? { paypal } : {}) },
    idempotencySecret: secretBytes(required(env, 'INVOICING_SECRET')),
    logLevel: env.LOG_LEVEL ?? 'info',
    connectionsMax: positive(env.INVOICING_CONNECTIONS_MAX ?? '10', 'INVOICING_CONNECTIONS_MAX'),
    jobsMax: jobs(env.INVOICING_JOBS_MAX ?? '2'),
    payerWaitsMs: hours(env.CHARGE_PAYER_HOURS ?? '24') * 3_600_000,
    trustedProxies: networks(env.TRUSTED_PROXIES ?? ''),
    webhooksMax: webhooks(env.INVOICING_WEBHOOKS_MAX ?? '16'),
    webhookLoopback: choice(env.WEBHOOK_LOOPBACK ?? 'false', 'WEBHOOK_LOOPBACK'),
  }
}

function optional(env: Environment, name: string): string | undefined {
  const file = env[`${name}_FILE`]
  if (file === undefined) return env[name] || undefined
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    throw new ConfigError(`the file that ${name}_FILE names cannot be read`)
  }
}

function required(env: Environment, name: string): string {
  const value = optional(env, name)
  if (!value) throw new ConfigError(`${name} is not set`)
  return value
}

/** What a processor's URL has to be like, `@kontor/processors` knows; here it is only read. */
function optionalUrl(env: Environment, name: string): string | undefined {
  const text = optional(env, name)
  if (text !== undefined && !URL.canParse(text)) throw new ConfigError(`${name} must be a URL`)
  return text
}

function listenAddress(text: string): [string, number] {
  const match = /^(.+):(\d{1,5})$/.exec(text)
  if (!match?.[1]) throw new ConfigError('INVOICING_LISTEN must be host:port')
  return [match[1].replace(/^\[|\]$/g, ''), Number(match[2])]
}

function secretBytes(hex: string): Buffer {
  if (!/^([0-9a-f]{2}){32,}$/.test(hex)) throw new ConfigError('INVOICING_SECRET must be at least 32 bytes in hex')
  return Buffer.from(hex, 'hex')
}

function jobs(text: string): number {
  if (!/^[0-9]$/.test(text)) throw new ConfigError('INVOICING_JOBS_MAX must be a number from 0 to 9')
  return Number(text)
}

function hours(text: string): number {
  if (!/^([1-9][0-9]{0,2})$/.test(text) || Number(text) > 720) {
    throw new ConfigError('CHARGE_PAYER_HOURS must be a number from 1 to 720')
  }
  return Number(text)
}

/** @param text Addresses and networks with commas in between; empty for none. */
function networks(text: string): readonly string[] {
  const given = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
  try {
    given.forEach(parseNetwork)
  } catch {
    throw new ConfigError('TRUSTED_PROXIES is not a list of networks like 10.0.0.0/8,2001:db8::/32')
  }
  return given
}

function webhooks(text: string): number {
  if (!/^([1-9]?[0-9]|100)$/.test(text)) throw new ConfigError('INVOICING_WEBHOOKS_MAX must be a number from 0 to 100')
  return Number(text)
}

function choice(text: string, name: string): boolean {
  if (text !== 'true' && text !== 'false') throw new ConfigError(`${name} must be true or false`)
  return text === 'true'
}

function positive(text: string, name: string): number {
  if (!/^[1-9][0-9]{0,3}$/.test(text)) throw new ConfigError(`${name} must be a number from 1 to 9999`)
  return Number(text)
}
