import type { Processor } from '@kontor/processors'
import type { Deps } from '../deps.ts'
import type { Owner } from '../issuers/repo.ts'
import * as repo from './repo.ts'

/** Finds charges for whoever does something with those that took money. One that succeeded does not change any more. */
export interface Charges {
  find(owner: Owner, id: string): Promise<repo.ShownCharge | undefined>
  /** By the processor's id of it, or of the movement of money in it. */
  findByReference(owner: Owner, processor: Processor['name'], reference: string): Promise<repo.ShownCharge | undefined>
}

export type FoundCharge = repo.ShownCharge

export function findingCharges({ database }: Pick<Deps, 'database'>): Charges {
  const find: Charges['find'] = (owner, id) => repo.findCharge(database, owner, id)
  return {
    find,
    async findByReference(owner, processor, reference) {
      const found = await repo.findByReference(database, owner, processor, reference)
      return found && find(owner, found.id)
    },
  }
}
