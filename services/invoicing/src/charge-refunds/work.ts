import type { Tasks } from '@kontor/jobs'
import { DomainError } from '@kontor/problem'
import type { Charges, FoundCharge } from '../charges/findable.ts'
import type { Deps } from '../deps.ts'
import { drive } from './drive.ts'
import { CHARGE_REFUND_TASK, type ChargeRefundLedger, type CheckRefundJob } from './ledger.ts'
import * as repo from './repo.ts'
import { isLive } from './rules.ts'

/**
 * Makes the task that finds out what became of a refund. It is enqueued with the claim, so that there is no moment at which a process
 * could end and nobody would ask. It may be done any number of times, by several at once: the request has the key that it had before.
 */
export function chargeRefundTasks(deps: Deps, charges: Charges, ledger: ChargeRefundLedger): Tasks {
  return {
    [CHARGE_REFUND_TASK]: async (payload) => {
      const { tenant_id: tenantId, mode, charge_refund_id: id, times } = payload as CheckRefundJob
      const owner = { tenantId, mode }
      const refund = await repo.findRefund(deps.database, owner, id)
      if (!refund || !isLive(refund.state)) return
      const processor = await deps.processorOf(owner, refund.processor).catch((error: unknown) => {
        // Without credentials nobody can be asked now. They may come back.
        if (error instanceof DomainError) return undefined
        throw error
      })
      if (!processor) return ledger.checkLater(owner, id, times + 1, false)
      const charge = (await charges.find(owner, refund.charge_id)) as FoundCharge
      const taken = await ledger.resume(owner, id, processor.keyLifeMs.refund)
      if (!taken) return
      await drive(ledger, processor, charge, taken, 'job')
      // What cannot be asked about any more without a risk is for a person.
      await ledger.checkLater(owner, id, times + 1, taken.next === undefined)
    },
  }
}
