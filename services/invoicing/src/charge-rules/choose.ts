import type { Tx } from '@kontor/postgres'
import type { Deps } from '../deps.ts'
import type { Owner } from '../issuers/repo.ts'
import * as repo from './repo.ts'
import { nextRetryAt, type ProcessorName, type Routed, ruleFor } from './rules.ts'

/** Who takes the money of a charge, and who said so. */
export interface Choice {
  readonly name: ProcessorName
  /** Who is asked in the same request if that one could not be reached, or declines softly. */
  readonly fallback: ProcessorName | null
  readonly chosenBy: 'rule' | 'default'
}

/** What charges are told of the rules of their tenant. */
export interface ChargePolicy {
  /** @param amountMinor Asked for only where a rule is about amounts. */
  choose(owner: Owner, charge: Omit<Routed, 'amountMinor'>, amountMinor: () => Promise<bigint>): Promise<Choice>
  /** When a charge that was first tried then is tried again; undefined where it is not any more. */
  nextRetry(tx: Tx, owner: Owner, firstAt: Date): Promise<Date | undefined>
  /** Whether anything is tried again at all. */
  retries(owner: Owner): Promise<boolean>
}

export function choosing({ database, now }: Pick<Deps, 'database' | 'now'>): ChargePolicy {
  return {
    async choose(owner, charge, amountMinor) {
      const stored = await repo.findRules(database, owner)
      const isByAmount = stored.rules.some(
        (rule) => rule.min_amount_minor !== undefined || rule.max_amount_minor !== undefined,
      )
      const rule = ruleFor(stored, { ...charge, amountMinor: isByAmount ? await amountMinor() : 0n })
      const [name, fallback = null] = rule?.processors ?? []
      if (name !== undefined) return { name, fallback, chosenBy: 'rule' }
      return { name: charge.type === 'paypal_account' ? 'paypal' : 'stripe', fallback: null, chosenBy: 'default' }
    },
    nextRetry: async (tx, owner, firstAt) => nextRetryAt(await repo.readRules(tx, owner), firstAt, now()),
    retries: async (owner) => (await repo.findRules(database, owner)).retry_after_hours.length > 0,
  }
}
