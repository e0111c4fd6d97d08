import type { Tasks } from '@kontor/jobs'
import { DomainError } from '@kontor/problem'
import type { Deps } from '../deps.ts'
import { CHARGE_TASK, type CheckJob } from './check-job.ts'
import { drive } from './drive.ts'
import type { ChargeLedger } from './ledger.ts'
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
      const { charge: found } = await drive(ledger, processor, taken, 'job')
      // The payer may have agreed before they were given up: that was asked first.
      const givenUp = found.state === 'requires_action' ? await ledger.giveUpPayer(owner, id) : undefined
      const after = givenUp ? (await drive(ledger, processor, givenUp, 'job')).charge : found
      // What became of a letting go of which nobody heard is found out as soon as that of any other request.
      const isAsked = givenUp !== undefined && after.state !== 'requires_action'
      // What cannot be asked about any more without a risk is for a person.
      await ledger.checkLater(owner, id, isAsked ? 1 : times + 1, taken.next === undefined)
    },
  }
}
