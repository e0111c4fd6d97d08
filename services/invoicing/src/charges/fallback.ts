import { withTransaction } from '@kontor/postgres'
import { DomainError } from '@kontor/problem'
import type { Processor } from '@kontor/processors'
import type { Deps } from '../deps.ts'
import type { Owner } from '../issuers/repo.ts'
import type { Registration } from '../vault/registrations.ts'
import type { Attempts } from './attempts.ts'
import type { Charge, LearnedBy } from './charge.ts'
import { type Driven, drive } from './drive.ts'
import type { FollowUps } from './follow.ts'
import type { ChargeLedger } from './ledger.ts'
import * as repo from './repo.ts'
import * as retryRepo from './retry-repo.ts'

/** Asks the other processor where the first one could not be reached, or declined softly at once, and the rules name another. */
export type FallBack = (owner: Owner, driven: Driven, by: LearnedBy) => Promise<Driven>

export function fallingBack(
  deps: Deps,
  ledger: Pick<ChargeLedger, 'hear' | 'hearAtOnce'>,
  { claimNext }: Attempts,
  { giveUpFallback }: Pick<FollowUps, 'giveUpFallback'>,
): FallBack {
  const { database } = deps

  async function isDue({ id, state, fallback }: Charge): Promise<boolean> {
    if (fallback === null || (state !== 'not_sent' && state !== 'declined')) return false
    const retry = await retryRepo.findRetry(database.knex, id)
    return state === 'not_sent' ? retry === undefined : retry?.kind === 'fallback' && retry.state === 'waiting'
  }

  /** Credentials and registration; without either there is nobody else to ask. */
  async function other(
    owner: Owner,
    charge: Charge,
  ): Promise<{ processor: Processor; registration: Registration } | string> {
    try {
      const name = charge.fallback as Processor['name']
      const processor = await deps.processorOf(owner, name)
      return { processor, registration: await deps.registrationOf(owner, charge.token_id, name) }
    } catch (error) {
      if (error instanceof DomainError) return error.code
      throw error
    }
  }

  const giveUp = (owner: Owner, charge: Charge, because: string) =>
    withTransaction(database.knex, async (tx) => {
      const held = (await repo.lockCharge(tx, owner, charge.id)) as Charge
      const retry = await retryRepo.lockRetry(tx, charge.id)
      if (retry?.kind === 'fallback' && retry.state === 'waiting') await giveUpFallback(tx, held, because)
    })

  return async (owner, driven, by) => {
    const { charge } = driven
    if (!(await isDue(charge))) return driven
    const found = await other(owner, charge)
    if (typeof found === 'string') {
      await giveUp(owner, charge, found)
      return driven
    }
    const { processor, registration } = found
    const next = { kind: 'fallback', processor: processor.name, registration } as const
    const made = await claimNext(owner, charge, next, by)
    if (made.claimed) return drive(ledger, processor, made.written, by)
    return made.charge.id === charge.id ? driven : { charge: made.charge, action: null, notSent: false }
  }
}
