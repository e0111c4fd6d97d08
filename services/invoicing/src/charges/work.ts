import type { Tasks } from '@kontor/jobs'
import { DomainError } from '@kontor/problem'
import type { Deps } from '../deps.ts'
import { drive } from './drive.ts'
import { CHARGE_TASK, type ChargeLedger, type CheckJob } from './ledger.ts'
import * as repo from './repo.ts'
import { isLive } from './rules.ts'

/**
 * Makes the task that finds out what became of a charge. It is enqueued with the claim, so that there is no moment at which a process
 * could end and nobody would ask. It may be done any number of times, by several at once: every request has the key that it had before.
 */
export function chargeTasks(deps: Deps, ledger: ChargeLedger): Tasks {
  return {
    [CHARGE_TASK]: async (payload) => {
      const { tenant_id: tenantId, mode, charge_id: id, times } = payload as CheckJob
      const owner = { tenantId, mode }
      const charge = await repo.findCharge(deps.database, owner, id)
      if (!charge || !isLive(charge.state)) return
      const processor = await deps.processorOf(owner, charge.processor).catch((error: unknown) => {
        // Without credentials nobody can be asked now. They may come back.
        if (error instanceof DomainError) return undefined
        throw error
      })
      if (!processor) return ledger.checkLater(owner, id, times + 1, false)
      const taken = await ledger.resume(owner, id, processor.keyLifeMs, 'job')
      if (!taken) return
      await drive(ledger, processor, taken, 'job')
      // What cannot be asked about any more without a risk is for a person.
      await ledger.checkLater(owner, id, times + 1, taken.next === undefined)
    },
  }
}
