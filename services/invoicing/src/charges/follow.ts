import { bucketOf } from '@kontor/ids'
import { addJobs } from '@kontor/jobs'
import { type Tx, withTransaction } from '@kontor/postgres'
import type { Deps } from '../deps.ts'
import { type EventType, inTheNameOf, recordEvent } from '../events/event.ts'
import type { Owner } from '../issuers/repo.ts'
import type { Asked, Charge, LearnedBy } from './charge.ts'
import * as repo from './repo.ts'
import * as retryRepo from './retry-repo.ts'
import { FIRST_CHECK_MS } from './rules.ts'

/** The task of the job queue that makes a further attempt. */
export const RETRY_TASK = 'charge.retry'

/** What that job is told. */
export interface RetryJob {
  readonly tenant_id: string
  readonly mode: 'test' | 'live'
  readonly charge_id: string
}

/** When a charge that was first tried then is tried again; undefined where it is not any more. */
export type NextRetry = (tx: Tx, owner: Owner, firstAt: Date) => Promise<Date | undefined>

/** Writes down what follows from an outcome for further attempts, in its transaction, which holds the charge. */
export type Follow = (tx: Tx, before: Charge, charge: Charge, asked: Asked, by: LearnedBy) => Promise<void>

export async function enqueueRetry(tx: Tx, { tenant_id, mode, id }: Charge, delayMs: number): Promise<void> {
  const job: RetryJob = { tenant_id, mode, charge_id: id }
  await addJobs(tx, [
    { task: RETRY_TASK, payload: { ...job }, delayMs: Math.max(0, delayMs), key: `charge-retry:${id}` },
  ])
}

/**
 * Decides whether a charge that was declined softly is tried again, and says so of it, with the job that sees to it. Nothing is tried
 * again that may still take the money.
 */
export function followUps(deps: Pick<Deps, 'database' | 'newId' | 'now'>, nextRetry: NextRetry) {
  const { database, now } = deps

  const record = (tx: Tx, charge: Charge, type: EventType) =>
    recordEvent(tx, inTheNameOf(charge), {
      id: deps.newId(bucketOf(charge.id)),
      type,
      accountId: charge.account_id,
      objectId: charge.id,
      objectVersion: charge.version,
      at: now(),
    })

  /** The next date of its schedule: the payer is not there to decide. */
  async function dateOf(tx: Tx, charge: Charge): Promise<Date | undefined> {
    if (!charge.off_session) return undefined
    const first = charge.first_id === null ? charge : await repo.findById(tx, charge.first_id)
    return first && nextRetry(tx, inTheNameOf(charge), first.created_at)
  }

  /** Declined softly; or an attempt of the schedule that could not be sent, which nobody repeats. */
  async function isTriedAgain(tx: Tx, { state, decline_soft, retry_of }: Charge): Promise<boolean> {
    if (state === 'declined') return decline_soft === true
    return state === 'not_sent' && retry_of !== null && (await retryRepo.findRetry(tx, retry_of))?.kind === 'schedule'
  }

  async function announce(tx: Tx, charge: Charge, due_at: Date): Promise<void> {
    await enqueueRetry(tx, charge, due_at.getTime() - now().getTime())
    await record(tx, charge, 'charge.retry_scheduled')
  }

  async function end(tx: Tx, charge: Charge, because: string): Promise<void> {
    const ended = await retryRepo.updateRetry(tx, charge.id, { state: 'dropped', because, ended_at: now() })
    if (ended) await record(tx, charge, 'charge.retry_dropped')
  }

  const follow: Follow = async (tx, before, charge, asked, by) => {
    if (charge.state === before.state) return
    // Money that came after all.
    if (before.state === 'declined') return end(tx, charge, 'succeeded')
    if (!(await isTriedAgain(tx, charge))) return
    const isAnsweredAtOnce =
      by === 'request' && (asked.request === 'create' || asked.request === 'confirm') && asked.no === 1
    if (charge.fallback !== null && isAnsweredAtOnce) {
      await retryRepo.insertRetry(tx, charge, { kind: 'fallback', due_at: now() }, now())
      return enqueueRetry(tx, charge, FIRST_CHECK_MS)
    }
    const due_at = await dateOf(tx, charge)
    if (!due_at) return
    await retryRepo.insertRetry(tx, charge, { kind: 'schedule', due_at }, now())
    await announce(tx, charge, due_at)
  }

  return {
    follow,
    end,

    /** The other processor cannot be asked: the charge stays declined, until the date of its schedule, if it has one. */
    async giveUpFallback(tx: Tx, charge: Charge, because: string): Promise<void> {
      const due_at = await dateOf(tx, charge)
      if (!due_at) return end(tx, charge, because)
      if (await retryRepo.updateRetry(tx, charge.id, { kind: 'schedule', due_at })) await announce(tx, charge, due_at)
    },

    /** @returns Whether nothing is tried again because somebody said so. */
    drop: (owner: Owner, id: string): Promise<boolean> =>
      withTransaction(database.knex, async (tx) => {
        const charge = await repo.lockCharge(tx, owner, id)
        if (!charge) return false
        await end(tx, charge, 'cancelled')
        return (await retryRepo.findRetry(tx, id))?.because === 'cancelled'
      }),
  }
}

export type FollowUps = ReturnType<typeof followUps>
