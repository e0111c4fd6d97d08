import { bucketOf } from '@kontor/ids'
import { least } from '@kontor/money'
import { withTransaction } from '@kontor/postgres'
import type { Processor } from '@kontor/processors'
import { lockOpenOrVoid } from '../balances/open.ts'
import type { Deps } from '../deps.ts'
import { digestIntent } from '../idempotency/command.ts'
import type { Owner } from '../issuers/repo.ts'
import type { Registration } from '../vault/registrations.ts'
import { type Charge, type LearnedBy, UNTRIED } from './charge.ts'
import type { FollowUps } from './follow.ts'
import type { ChargeLedger, Written } from './ledger.ts'
import * as repo from './repo.ts'
import * as retryRepo from './retry-repo.ts'

/** How a further attempt differs from the one before. */
export interface NextAttempt {
  readonly kind: 'fallback' | 'schedule'
  readonly processor: Processor['name']
  readonly registration: Registration
}

/** `claimed`: it is to be sent. Otherwise where the charge, or the attempt that somebody else made, stands. */
export type Claimed =
  | { readonly claimed: true; readonly written: Written }
  | { readonly claimed: false; readonly charge: Charge }

/**
 * Makes a further attempt of a charge, which is a charge of its own, with keys of its own at its processor. The document is held while
 * the attempt before is looked at, which has ended, and while what it is for is kept for the next: there is no moment at which both
 * could take the money.
 */
export function attempts(
  deps: Deps,
  ledger: Pick<ChargeLedger, 'claim'>,
  followUps: Pick<FollowUps, 'end' | 'giveUpFallback'>,
) {
  /** Attempts have no name of a caller's: each follows from the one before, once. */
  const intentOf = ({ tenant_id, mode, id }: Charge): Buffer =>
    digestIntent(deps.idempotencySecret, {
      tenantId: tenant_id,
      mode,
      operation: 'retry of a charge',
      parentId: id,
      idempotencyKey: '',
      request: null,
    }).keyHmac

  return {
    claimNext: (owner: Owner, known: Charge, next: NextAttempt, by: LearnedBy): Promise<Claimed> =>
      withTransaction(deps.database.knex, async (tx): Promise<Claimed> => {
        const invoice = await lockOpenOrVoid(tx, owner, known.invoice_id)
        const held = (await repo.lockCharge(tx, owner, known.id)) as Charge
        const followed = await repo.findAttemptAfter(tx, held.id)
        if (followed) return { claimed: false, charge: followed }
        const retry = await retryRepo.lockRetry(tx, held.id)
        const hasEnded = held.state === 'declined' || held.state === 'not_sent'
        const waits = retry?.state === 'waiting' && retry.kind === next.kind
        const mayFallBack = held.state === 'not_sent' && retry === undefined && next.kind === 'fallback'
        if (!hasEnded || !(waits || mayFallBack)) return { claimed: false, charge: held }
        const leftMinor = (invoice?.open_minor ?? 0n) - (await repo.chargingMinor(tx, held.invoice_id))
        const first = held.first_id === null ? held : ((await repo.findById(tx, held.first_id)) as Charge)
        // Who waits at a checkout agreed to this amount; on a schedule, to no more than what is due by then.
        const amountMinor = next.kind === 'fallback' ? held.amount_minor : least(first.amount_minor, leftMinor)
        if (amountMinor <= 0n || amountMinor > leftMinor) {
          const give = next.kind === 'fallback' ? followUps.giveUpFallback : followUps.end
          await give(tx, held, 'nothing_open')
          return { claimed: false, charge: held }
        }
        const at = deps.now()
        const fresh: Charge = {
          ...held,
          id: deps.newId(bucketOf(held.id)),
          processor: next.processor,
          registration: next.registration,
          fallback: null,
          amount_minor: amountMinor,
          retry_of: held.id,
          first_id: first.id,
          attempt: held.attempt + 1,
          ...UNTRIED,
          created_at: at,
          updated_at: at,
        }
        const written = await ledger.claim(tx, fresh, intentOf(held), by)
        await retryRepo.updateRetry(tx, held.id, { state: 'made', ended_at: at })
        return { claimed: true, written }
      }),
  }
}

export type Attempts = ReturnType<typeof attempts>
