import type { Logger } from '@kontor/http-api'
import type { NewId } from '@kontor/ids'
import type { Database } from '@kontor/postgres'
import type { Deks } from '../keys/deks.ts'
import { type Records, reseal } from '../keys/reseal.ts'
import { rewrap } from '../keys/rewrap.ts'
import type { TenantKeys } from '../keys/tenant-keys.ts'
import type { Signer } from '../signing/signer.ts'
import { keyEvents } from './events.ts'
import { type TenantKeyring, tenantKeyring } from './keyring.ts'
import { type KeyJobRunner, keyJobRunner } from './runner.ts'

export interface KeysFeatureDeps {
  readonly vault: Database
  readonly keys: Database
  readonly tenantKeys: TenantKeys
  readonly deks: Deks
  readonly signer: Signer
  /** The records that are sealed under DEKs. */
  readonly records: Records
  readonly random: (size: number) => Uint8Array
  readonly newId: NewId
  readonly now: () => Date
  readonly logger: Logger
  /** @throws When no work may be done at the moment, as before the erasures of a restored database were done again. */
  readonly pass: () => void
}

/** The keys of tenants, as their custodians use them, and the work that is done on them in the background. */
export function keysFeature(deps: KeysFeatureDeps): { readonly keyring: TenantKeyring; readonly runner: KeyJobRunner } {
  const { vault, keys: database, tenantKeys: tenants, deks, records, signer, random, newId, now, logger, pass } = deps
  const events = keyEvents({ vault, keys: database, tenants })
  return {
    keyring: tenantKeyring({ database, tenants, signer, events, newId, now }),
    runner: keyJobRunner({
      database,
      tenants,
      rewrap: rewrap(database, tenants),
      reseal: reseal({ database, random, tenants, deks, records }),
      events,
      newId,
      now,
      logger,
      pass,
    }),
  }
}
