import type { Principal } from '@kontor/http-api'
import type { NewId } from '@kontor/ids'
import { type Database, type Tx, withTransaction } from '@kontor/postgres'
import { DomainError } from '@kontor/problem'
import type { PayerAction, RegisterOutcome } from '@kontor/processors'
import type { EventType } from '../events/catalogue.ts'
import { eventData, macOf } from '../events/event.ts'
import { insertEvent } from '../events/repo.ts'
import type { Subkeys } from '../keys/subkeys.ts'
import type { AttemptId, Told } from '../registration-ledger/registration.ts'
import type { RegistrableTokens } from '../tokens/registrable.ts'
import type { Token } from '../tokens/token.ts'
import { tokenEvent } from '../tokens/token-event.ts'
import { IdempotencyInProgress, ProcessorNotReached, RegistrationUnknown } from './errors.ts'
import { LEASE_RENEWED_EVERY_MS, type Left, leaveAttempt, renewLease, type Worker } from './repo.ts'

/** An attempt that this request is at work on. */
export interface Work {
  readonly id: AttemptId
  readonly worker: Worker
  readonly token: Token
  /** What it told before; `undefined` where the instrument is sent. */
  readonly before: Told | undefined
  /** Since when it was not known what became of it, before this request; null where that was known. */
  readonly unknownSince: Date | null
  readonly subkeys: Subkeys
  readonly principal: Principal
  readonly requestId: string
}

/** What a processor told, and what the payer has to do, which is stored nowhere. */
export interface Answered {
  readonly told: Told
  readonly action?: PayerAction
}

export interface WorkDeps {
  readonly database: Database
  readonly tokens: RegistrableTokens
  readonly newId: NewId
  readonly now: () => Date
}

/**
 * Makes the function that sends a request to a processor and stores what came of it. Whatever ends the process in between, the attempt
 * stands as sent, and its repetition is the same request.
 */
export function worker(deps: WorkDeps) {
  const { database, tokens, now } = deps

  async function holding<T>({ id, worker: { owner } }: Work, request: () => Promise<T>): Promise<T> {
    // Should that fail, the lease ends: then a repetition is sent as well, under the same key.
    const renewing = setInterval(
      () => void renewLease(database, id, owner).catch(() => undefined),
      LEASE_RENEWED_EVERY_MS,
    )
    try {
      return await request()
    } finally {
      clearInterval(renewing)
    }
  }

  /**
   * @throws {TokenDeleted | TokenExpired | TokenMoved | SubjectErased} It ended meanwhile: nothing is kept of the answer.
   * @throws {IdempotencyInProgress} Another request took the attempt over.
   */
  function store(work: Work, left: Left): Promise<void> {
    return withTransaction(database.knex, async (tx) => {
      await tokens.hold(tx, work.token)
      const stored = await leaveAttempt(tx, work.id, { ...work.worker, at: now() }, left, work.subkeys.registration)
      if (!stored) throw new IdempotencyInProgress()
      const { told } = left
      if (typeof told === 'object' && told.state !== work.before?.state) await noteTold(tx, work, told, deps)
    })
  }

  /**
   * @returns What the processor told, stored.
   * @throws {ProcessorNotReached} 502. @throws {RegistrationUnknown} 504.
   */
  return async function send(work: Work, request: () => Promise<RegisterOutcome>): Promise<Answered> {
    const { before, unknownSince } = work
    // Of what is only asked about, the state stays as it is.
    const unsettled = (state: 'unknown' | 'not_sent') => (before === undefined ? state : undefined)
    const outcome = await holding(work, request).catch(async (thrown: unknown) => {
      // A refusal is thrown before anything is sent; of a defect nobody knows. Should even this fail, the lease ends by itself.
      const sentAt = thrown instanceof DomainError || before ? unknownSince : (unknownSince ?? work.worker.at)
      await store(work, { told: unsettled(sentAt ? 'unknown' : 'not_sent'), sentAt }).catch(() => undefined)
      throw thrown
    })
    switch (outcome.outcome) {
      case 'registered':
        return settle(work, { state: 'registered', reference: outcome.reference })
      case 'requires_action': {
        const told = { state: outcome.outcome, waitingAs: outcome.registration }
        return { ...(await settle(work, told)), action: outcome.action }
      }
      case 'pending':
        return settle(work, { state: outcome.outcome, waitingAs: outcome.registration })
      case 'declined':
        return settle(work, { state: outcome.outcome, reason: outcome.reason })
      case 'not_sent':
        await store(work, { told: unsettled(unknownSince ? 'unknown' : 'not_sent'), sentAt: unknownSince })
        if (unknownSince) throw new RegistrationUnknown(outcome.because)
        throw new ProcessorNotReached(outcome.because)
      case 'unknown': {
        const sentAt = before === undefined ? (unknownSince ?? work.worker.at) : null
        await store(work, { told: unsettled('unknown'), sentAt })
        throw new RegistrationUnknown(outcome.because)
      }
    }
  }

  async function settle(work: Work, told: Told): Promise<Answered> {
    await store(work, { told, sentAt: null })
    return { told }
  }
}

/** Writes what a processor told of a token. */
async function noteTold(tx: Tx, work: Work, { state }: Told, deps: Pick<WorkDeps, 'newId' | 'now'>): Promise<void> {
  const { processor } = work.id
  if (state === 'registered') await note(tx, work, 'token.registered', { processor }, deps)
  else await note(tx, work, 'token.registration_changed', { processor, state }, deps)
}

/** Writes an event of a token that is held. */
export async function note(
  tx: Tx,
  { token, principal, requestId, subkeys }: Pick<Work, 'token' | 'principal' | 'requestId' | 'subkeys'>,
  type: EventType,
  data: Readonly<Record<string, string>>,
  { newId, now }: Pick<WorkDeps, 'newId' | 'now'>,
): Promise<void> {
  const event = tokenEvent(newId, type, token, { principal, requestId, at: now() }, { data: eventData(data) })
  await insertEvent(tx, event, macOf(event, subkeys.event))
}
