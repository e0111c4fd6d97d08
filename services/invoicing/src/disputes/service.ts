import { NotFound } from '@kontor/http-api'
import type { Deps } from '../deps.ts'
import type { Owner } from '../issuers/repo.ts'
import type { Dispute, DisputeStep } from './dispute.ts'
import * as repo from './repo.ts'

/** Disputes are only read here: processors open and decide them. */
export function disputes({ database }: Pick<Deps, 'database'>) {
  return {
    list: (owner: Owner, page: repo.DisputePage): Promise<Dispute[]> => repo.listDisputes(database, owner, page),

    /** @throws {NotFound} Unknown, or another tenant's. */
    async get(owner: Owner, id: string): Promise<{ dispute: Dispute; steps: DisputeStep[] }> {
      const dispute = await repo.findDispute(database, owner, id)
      if (!dispute) throw new NotFound('dispute')
      return { dispute, steps: await repo.listSteps(database.knex, id) }
    },
  }
}
