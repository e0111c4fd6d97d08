import type { Mode } from '@kontor/http-api'
import {
  memoryTestStore,
  type Processor,
  type ProcessorServers,
  paypalProcessor,
  stripeProcessor,
  testProcessor,
} from '@kontor/processors'
import { expiringCache } from '../keys/expiring-cache.ts'
import { HELD_MS } from '../keys/tenant-keys.ts'
import type { ConfiguredProcessor, Credentials } from './credentials.ts'
import { ModeMismatch, ProcessorNotConfigured } from './errors.ts'
import { findCredentials, type Owner } from './repo.ts'
import { openCredentials } from './sealed-credentials.ts'
import type { ProcessorsDeps } from './service.ts'

/** The processors of tenants, reached with their own credentials. */
export interface Connections {
  /**
   * @throws {ProcessorNotConfigured} 422.
   * @throws {ModeMismatch} 422: the test processor, in live mode.
   * @throws {IntegrityViolation} The credentials are not those of this tenant and mode.
   */
  processorOf(owner: Owner, name: Processor['name']): Promise<Processor>
  /** Drops what was held for too long. */
  sweep(): void
}

export interface ConnectionsDeps extends Pick<ProcessorsDeps, 'database' | 'tenantKeys' | 'now'> {
  readonly servers: ProcessorServers
  /** For one request to a processor. */
  readonly timeoutMs: number
  /** A clock that never goes back, in milliseconds. */
  readonly monotonicMs: () => number
}

const HELD_MAX = 1_000

/**
 * Holds opened credentials as long as unwrapped keys. Which version is the newest is asked each time, so that what was replaced or removed
 * is used no longer.
 */
export function connections(deps: ConnectionsDeps): Connections {
  const { database, tenantKeys, servers, timeoutMs, now, monotonicMs } = deps
  const held = expiringCache<Processor>({ maxEntries: HELD_MAX, ttlMs: HELD_MS, monotonicMs })
  // Nobody is asked, so there is nothing to remember: charges are made elsewhere.
  const test = testProcessor({ store: memoryTestStore() })

  function connect({ stripe, paypal }: Credentials, mode: Mode): Processor {
    const timing = { mode, timeoutMs, nowMs: () => now().getTime() }
    if (stripe) {
      const { secret_key: secretKey, webhook_secrets: webhookSecrets } = stripe
      return stripeProcessor({ ...timing, secretKey, webhookSecrets, baseUrl: servers.stripe })
    }
    if (!paypal) throw new ProcessorNotConfigured()
    const { client_id: clientId, client_secret: clientSecret, webhook_id: webhookId } = paypal
    return paypalProcessor({ ...timing, clientId, clientSecret, webhookId, baseUrl: servers.paypal[mode] })
  }

  async function ofTenant({ tenantId, mode }: Owner, processor: ConfiguredProcessor): Promise<Processor> {
    const row = await findCredentials(database, { tenantId, mode }, processor)
    if (!row?.record) throw new ProcessorNotConfigured()
    const { record, version } = row
    return held.get(JSON.stringify([tenantId, mode, processor, version, record]), async () => {
      const subkeys = await tenantKeys.subkeys(tenantId)
      return connect(openCredentials(record, subkeys, { tenantId, mode, processor, version }).reveal(), mode)
    })
  }

  return {
    async processorOf(owner, name) {
      if (name !== 'test') return ofTenant(owner, name)
      if (owner.mode !== 'test') throw new ModeMismatch(owner.mode)
      return test
    },
    sweep: () => held.sweep(),
  }
}
