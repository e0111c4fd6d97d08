import type { Database } from '@kontor/postgres'
import { type Processor, paypalProcessor, processorServers, stripeProcessor, testProcessor } from '@kontor/processors'
import type { CredentialsOf, ProcessorCredentials } from '../vault/credentials.ts'
import { ModeMismatch, ProcessorNotConfigured } from './errors.ts'
import { testStores } from './test-store.ts'

export type ProcessorName = Processor['name']

/**
 * The processor of a tenant, ready to be asked.
 *
 * @throws {ProcessorNotConfigured} 422: the tenant has no credentials for it.
 * @throws {ModeMismatch} 422: its credentials are of the other mode, or it is the test processor in live mode.
 */
export type ProcessorOf = (
  owner: { readonly tenantId: string; readonly mode: 'test' | 'live' },
  name: ProcessorName,
) => Promise<Processor>

export interface ProcessorsOptions {
  readonly database: Database
  readonly credentialsOf: CredentialsOf
  /** Where the processors are; without one, where they really are. */
  readonly baseUrls: { readonly stripe?: string | undefined; readonly paypal?: string | undefined }
  readonly nowMs: () => number
  readonly monotonicMs: () => number
}

/** How long credentials that were replaced in the vault may still be used. */
const KEPT_MS = 60_000
/** Tenants whose credentials one process keeps. */
const KEPT_MAX = 1_000
/** Two requests of a charge and what stands around them fit into a minute. */
const TIMEOUT_MS = 20_000

/** Where processors really are. */
const REAL = processorServers({})

interface Kept {
  readonly untilMs: number
  readonly made: Promise<{ readonly version: number; readonly processor: Processor }>
}

export function processorsOf(options: ProcessorsOptions): ProcessorOf {
  const { database, credentialsOf, monotonicMs } = options
  const kept = new Map<string, Kept>()
  const storeOf = testStores(database)

  async function make(
    owner: Parameters<ProcessorOf>[0],
    name: 'stripe' | 'paypal',
    before: Kept | undefined,
  ): Promise<Awaited<Kept['made']>> {
    const credentials = await credentialsOf(owner, name)
    if (credentials === undefined) throw new ProcessorNotConfigured()
    if (credentials.mode !== owner.mode) throw new ModeMismatch()
    // One that has not changed keeps what it has learnt, such as PayPal's access token.
    const earlier = await before?.made.catch(() => undefined)
    if (earlier?.version === credentials.version) return earlier
    return { version: credentials.version, processor: processorWith(credentials, options) }
  }

  return async (owner, name) => {
    if (name === 'test') {
      if (owner.mode !== 'test') throw new ModeMismatch()
      return testProcessor({ store: storeOf(owner.tenantId) })
    }
    const key = `${owner.tenantId} ${owner.mode} ${name}`
    const before = kept.get(key)
    if (before && monotonicMs() < before.untilMs) return (await before.made).processor
    const made = make(owner, name, before)
    if (kept.size >= KEPT_MAX) kept.clear()
    const now: Kept = { untilMs: monotonicMs() + KEPT_MS, made }
    kept.set(key, now)
    // What could not be had is asked for anew.
    made.catch(() => {
      if (kept.get(key) === now) kept.delete(key)
    })
    return (await made).processor
  }
}

/** @throws {ProcessorNotConfigured} The credentials are not of the form, or for another server than the one that is set. */
function processorWith(credentials: ProcessorCredentials, { baseUrls, nowMs }: ProcessorsOptions): Processor {
  const { mode } = credentials
  try {
    if (credentials.processor === 'stripe') {
      const { secretKey, webhookSecrets } = credentials
      const baseUrl = baseUrls.stripe ?? REAL.stripe
      return stripeProcessor({ secretKey, webhookSecrets, mode, baseUrl, timeoutMs: TIMEOUT_MS, nowMs })
    }
    const { clientId, clientSecret, webhookId } = credentials
    const baseUrl = baseUrls.paypal ?? REAL.paypal[mode]
    return paypalProcessor({ clientId, clientSecret, webhookId, mode, baseUrl, timeoutMs: TIMEOUT_MS, nowMs })
  } catch (cause) {
    throw new ProcessorNotConfigured({ cause })
  }
}
