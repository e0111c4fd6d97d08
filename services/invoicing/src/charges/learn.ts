import type { ChargeOutcome, Processor } from '@kontor/processors'
import type { Deps } from '../deps.ts'
import type { Owner } from '../issuers/repo.ts'
import { TOLD } from './charge.ts'
import type { ChargeLedger } from './ledger.ts'
import * as repo from './repo.ts'

/**
 * For whoever learns something of a charge that was not asked for here, such as from a webhook. It may be told any number of times, and
 * in any order. A charge that is not ours is none of our business; one whose id we have not heard yet is asked about by its own job.
 *
 * @param reference The processor's id of the charge, or of the movement of money in it.
 */
export type LearnOfCharge = (
  owner: Owner,
  processor: Processor['name'],
  reference: string,
  outcome: ChargeOutcome,
) => Promise<void>

export function learning({ database }: Pick<Deps, 'database'>, ledger: Pick<ChargeLedger, 'hear'>): LearnOfCharge {
  return async (owner, processor, reference, outcome) => {
    const charge = await repo.findByReference(database, owner, processor, reference)
    if (charge) await ledger.hear(charge, TOLD, outcome, 'webhook', undefined)
  }
}

/** @returns Finds the processor's id of a charge of ours, by that or by the id of the movement of money in it. */
export function referring({ database }: Pick<Deps, 'database'>) {
  return async (owner: Owner, processor: Processor['name'], id: string): Promise<string | undefined> =>
    (await repo.findByReference(database, owner, processor, id))?.reference ?? undefined
}
