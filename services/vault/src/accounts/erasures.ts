import type { Logger } from '@kontor/http-api'
import type { NewId } from '@kontor/ids'
import type { Database } from '@kontor/postgres'
import type { Deks } from '../keys/deks.ts'
import type { TenantKeys } from '../keys/tenant-keys.ts'
import type { Signer } from '../signing/signer.ts'
import { type Completer, completer } from './complete.ts'
import { type Gate, gate } from './gate.ts'
import { replayer } from './replay.ts'
import type { AccountDeps } from './service.ts'
import { type Watch, watch } from './watch.ts'

/** What erasure is made of. */
export interface ErasureDeps extends Pick<AccountDeps, 'destroyTokens'> {
  /** `kontor_vault`. */
  readonly vault: Database
  /** `kontor_keys`. */
  readonly keys: Database
  readonly tenantKeys: TenantKeys
  readonly deks: Deks
  readonly signs: Signer
  /** How long a backup of `kontor_keys` is kept, in days. */
  readonly backupRetentionDays: number
  readonly newId: NewId
  readonly now: () => Date
  readonly logger: Logger
}

/** Wires what completes erasures, and what sees to it that customers stay erased. */
export function erasures(deps: ErasureDeps): { completes: Completer; passage: Gate; watching: Watch } {
  const { vault, keys, logger } = deps
  const completes = completer(deps)
  const passage = gate()
  const watching = watch({
    gate: passage,
    replayer: replayer({ ...deps, completer: completes }),
    completer: completes,
    databases: { vault, keys },
    logger,
  })
  return { completes, passage, watching }
}
