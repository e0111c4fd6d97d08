import { idSource } from '@kontor/ids'
import type { VaultDeps } from '../src/app.ts'
import { deks } from '../src/keys/deks.ts'
import { tenantKeys } from '../src/keys/tenant-keys.ts'
import { type Swept, sweeper } from '../src/tokens/sweep.ts'

/** @returns Does at once what the timer of each instance does every few seconds. */
export function sweepOf(deps: VaultDeps): () => Promise<Swept> {
  const { vault, keys, provider, random, now, monotonicMs } = deps
  const ofTenants = tenantKeys({ database: keys, provider, random, monotonicMs })
  const newId = idSource(() => now().getTime(), random)
  return sweeper({
    database: vault,
    tenantKeys: ofTenants,
    deks: deks({ database: keys, provider, random, monotonicMs }, ofTenants),
    newId,
    now,
  })
}
