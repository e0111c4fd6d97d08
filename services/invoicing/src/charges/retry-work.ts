import type { Tasks } from '@kontor/jobs'
import { withTransaction } from '@kontor/postgres'
import { DomainError } from '@kontor/problem'
import type { Processor } from '@kontor/processors'
import { openOf } from '../balances/open.ts'
import type { Deps } from '../deps.ts'
import { inTheNameOf } from '../events/event.ts'
import type { Asks } from './asks.ts'
import type { Attempts } from './attempts.ts'
import type { Charge } from './charge.ts'
import { drive } from './drive.ts'
import type { FallBack } from './fallback.ts'
import { enqueueRetry, type FollowUps, RETRY_TASK, type RetryJob } from './follow.ts'
import type { ChargeLedger } from './ledger.ts'
import * as repo from './repo.ts'
import * as retryRepo from './retry-repo.ts'

export interface RetryWork {
  readonly deps: Deps
  readonly ledger: Pick<ChargeLedger, 'hear' | 'hearAtOnce'>
  readonly attempts: Attempts
  readonly followUps: Pick<FollowUps, 'end'>
  readonly fallBack: FallBack
  readonly choose: Asks['choose']
  /** Whether the tenant still wants anything to be tried again. */
  readonly retries: (owner: { readonly tenantId: string; readonly mode: 'test' | 'live' }) => Promise<boolean>
}

/** How long a retry waits for a vault or a processor that is down. */
const PATIENCE_MS = 3_600_000
/** After this nobody expects the money to be taken any more. */
const TRIED_FOR_MS = 60 * 24 * PATIENCE_MS

/**
 * Makes the task that tries again what was declined softly: when its date has come, and for what is open by then. It is enqueued with the
 * decline. Done twice, or by two at once, it makes one attempt, which is the ledger's from then on.
 */
export function retryTasks(work: RetryWork): Tasks {
  const { deps, ledger, attempts, followUps, fallBack } = work
  const { database, now } = deps

  const drop = (charge: Charge, because: string) =>
    withTransaction(database.knex, async (tx) => {
      const held = await repo.lockCharge(tx, inTheNameOf(charge), charge.id)
      if (held) await followUps.end(tx, held, because)
    })

  /** Waits, and says so; for ever it does not. */
  const postpone = (charge: Charge, because: string) =>
    withTransaction(database.knex, async (tx) => {
      const held = await repo.lockCharge(tx, inTheNameOf(charge), charge.id)
      if (!held) return
      if (now().getTime() - held.created_at.getTime() > TRIED_FOR_MS) return followUps.end(tx, held, because)
      const due_at = new Date(now().getTime() + PATIENCE_MS)
      if (await retryRepo.updateRetry(tx, held.id, { due_at })) await enqueueRetry(tx, held, PATIENCE_MS)
    })

  /** The amount may be less than at first: the rules decide anew, unless the request named the processor. */
  async function nameFor(charge: Charge): Promise<Processor['name']> {
    if (charge.chosen_by === 'request') return charge.processor
    const amountMinor = async () => {
      const open = (await openOf(database, [charge.invoice_id])).get(charge.invoice_id)?.open_minor ?? 0n
      return open < charge.amount_minor ? open : charge.amount_minor
    }
    return (await work.choose(inTheNameOf(charge), { type: charge.method, currency: charge.currency }, amountMinor))
      .name
  }

  async function tryAgain(charge: Charge): Promise<void> {
    const owner = inTheNameOf(charge)
    if (charge.state !== 'declined' && charge.state !== 'not_sent') return drop(charge, charge.state)
    if (!(await work.retries(owner))) return drop(charge, 'rules_changed')
    try {
      const instrument = await deps.findInstrument(owner, charge.token_id, 'registrations')
      if (!instrument) return drop(charge, 'token_gone')
      const processor = await deps.processorOf(owner, await nameFor(charge))
      const registration = await deps.registrationOf(owner, charge.token_id, processor.name, instrument.registrations)
      const next = { kind: 'schedule', processor: processor.name, registration } as const
      const made = await attempts.claimNext(owner, charge, next, 'job')
      if (made.claimed) await drive(ledger, processor, made.written, 'job')
    } catch (error) {
      if (!(error instanceof DomainError)) throw error
      // What is down comes up again; what is refused stays refused.
      return error.status >= 500 ? postpone(charge, error.code) : drop(charge, error.code)
    }
  }

  return {
    [RETRY_TASK]: async (payload) => {
      const { tenant_id: tenantId, mode, charge_id: id } = payload as RetryJob
      const charge = await repo.findCharge(database, { tenantId, mode }, id)
      const retry = charge?.retry
      if (!charge || retry?.state !== 'waiting') return
      const waitMs = new Date(retry.due_at).getTime() - now().getTime()
      // The clock of the queue is another one.
      if (waitMs > 0) return withTransaction(database.knex, (tx) => enqueueRetry(tx, charge, waitMs))
      if (retry.kind === 'schedule') return tryAgain(charge)
      await fallBack(inTheNameOf(charge), { charge, action: null, notSent: false }, 'job')
    },
  }
}
