import { explainOutage } from '@kontor/http-api'
import type { Tasks } from '@kontor/jobs'
import type { Database } from '@kontor/postgres'
import { DomainError } from '@kontor/problem'
import type { ChargeOutcome, DisputeState, Money, Processor, RefundOutcome } from '@kontor/processors'
import type { Owner } from '../issuers/repo.ts'
import type { ProcessorOf } from '../processors/processor-of.ts'
import { ProcessorNotAsked } from './errors.ts'
import type { KeptEvent } from './processor-event.ts'
import * as repo from './repo.ts'

type Name = Processor['name']

/** What a processor told last of a dispute. */
export interface DisputeTold {
  readonly dispute: string
  readonly state: DisputeState
  /** By the processor's clock: what is older than what is known says nothing new. */
  readonly occurredAt: Date
  readonly amount?: Money
  readonly reason?: string
}

/** Who is to learn what. Each may be told the same any number of times, by several at once, and in any order. */
export interface Learners {
  /**
   * Finds a charge of ours by the processor's id of it, or of the movement in it, which is all that some events name.
   *
   * @returns The processor's id of the charge; `undefined` where it is none of ours.
   */
  readonly referenceOfCharge: (owner: Owner, processor: Name, id: string) => Promise<string | undefined>
  readonly learnOfCharge: (owner: Owner, processor: Name, reference: string, outcome: ChargeOutcome) => Promise<void>
  /** Without these, nothing follows from refunds and disputes. */
  readonly learnOfRefund?: (
    owner: Owner,
    processor: Name,
    reference: string,
    outcome: RefundOutcome,
    charge: string,
  ) => Promise<void>
  readonly learnOfDispute?: (owner: Owner, processor: Name, told: DisputeTold, charge: string) => Promise<void>
}

export interface EventWork extends Learners {
  readonly database: Database
  readonly now: () => Date
  readonly processorOf: ProcessorOf
  /** Takes defects: the event is tried again, and somebody must look. */
  readonly onDefect: (error: unknown) => void
}

/**
 * Makes the task that handles what a processor told. An event is a reason to ask, and no more: what has become of a charge or a refund
 * the processor itself says, so that the order of events does not matter. Of a dispute it is not asked; there the latest event counts.
 */
export function processorEventTasks(work: EventWork): Tasks {
  const { database, now, processorOf } = work

  async function follow(event: KeptEvent): Promise<'handled' | 'ignored'> {
    const { kind, processor: name, reference } = event
    if (reference === null || (kind !== 'charge' && kind !== 'refund' && kind !== 'dispute')) return 'ignored'
    const owner = { tenantId: event.tenant_id, mode: event.mode }
    const named = kind === 'charge' ? reference : event.charge_reference
    const charge = named === null ? undefined : await work.referenceOfCharge(owner, name, named)
    if (charge === undefined) return 'ignored'
    if (kind === 'dispute') {
      if (!work.learnOfDispute) return 'ignored'
      await work.learnOfDispute(owner, name, toldOf((await repo.latestOfDispute(database, event)) ?? event), charge)
      return 'handled'
    }
    if (kind === 'refund' && !work.learnOfRefund) return 'ignored'
    const processor = await processorOf(owner, name)
    if (kind === 'charge') {
      await work.learnOfCharge(owner, name, charge, said(await processor.retrieve(charge)))
    } else {
      await work.learnOfRefund?.(owner, name, reference, said(await processor.retrieveRefund(reference)), charge)
    }
    return 'handled'
  }

  return {
    [repo.EVENT_TASK]: async (payload) => {
      const { id } = payload as { id: string }
      const event = await repo.findEvent(database, id)
      if (event?.state !== 'received') return
      try {
        const state = await follow(event)
        await repo.settleEvent(database, id, state, now())
      } catch (error) {
        const explained = explainOutage(error, true)
        if (!(explained instanceof DomainError)) work.onDefect(error)
        const failure = explained instanceof DomainError ? explained.code : 'internal_error'
        // Where the database is down the note is lost, and what matters is that the queue calls again.
        await repo.noteFailure(database, id, failure).catch(() => {})
        throw explained
      }
    },
  }
}

/**
 * @throws {ProcessorNotAsked} It could not be asked, does not know, or does not answer this question: what an event named is there, unless it
 *   was told by another account of the processor than the one that is asked.
 */
function said<Outcome extends ChargeOutcome | RefundOutcome>(outcome: Outcome): Outcome {
  if (outcome.outcome === 'not_sent') throw new ProcessorNotAsked('processor_not_reached')
  if (outcome.outcome === 'unknown') throw new ProcessorNotAsked('outcome_unknown')
  if (outcome.outcome === 'declined' && outcome.reference === undefined) throw new ProcessorNotAsked('question_refused')
  return outcome
}

function toldOf(event: KeptEvent): DisputeTold {
  const { reference, dispute_state, amount_minor: minor, currency, dispute_reason: reason } = event
  return {
    dispute: reference as string,
    state: dispute_state as DisputeState,
    occurredAt: event.occurred_at,
    ...(minor !== null && currency !== null ? { amount: { minor, currency } } : {}),
    ...(reason !== null ? { reason } : {}),
  }
}
