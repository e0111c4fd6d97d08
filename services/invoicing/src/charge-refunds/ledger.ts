import { bucketOf } from '@kontor/ids'
import { addJobs } from '@kontor/jobs'
import { type Tx, withTransaction } from '@kontor/postgres'
import type { RefundOutcome } from '@kontor/processors'
import type { SendingBack } from '../balances/sending-back.ts'
import type { FoundCharge } from '../charges/findable.ts'
import type { Deps } from '../deps.ts'
import type { LostInDisputes } from '../disputes/told-as-refunds.ts'
import { dayIn } from '../documents/calendar.ts'
import { findDocument } from '../documents/repo.ts'
import type { Snapshot } from '../documents/snapshot.ts'
import { inTheNameOf, recordEvent } from '../events/event.ts'
import type { Owner } from '../issuers/repo.ts'
import { bookedElsewhere } from './booked-elsewhere.ts'
import type { Asked, ChargeRefund, LearnedBy, Step } from './charge-refund.ts'
import { ChargeNotPaidYet, RefundUnreadable } from './errors.ts'
import { madeElsewhere, type ToldRefund } from './made-elsewhere.ts'
import * as repo from './repo.ts'
import * as rules from './rules.ts'
import { declineOf, EMPTY, isToldAgain, referenceIn, stepOf } from './steps.ts'

/** The task of the job queue that finds out what became of a refund. */
export const CHARGE_REFUND_TASK = 'charge_refund.check'

/** What that job is told. */
export interface CheckRefundJob {
  readonly tenant_id: string
  readonly mode: 'test' | 'live'
  readonly charge_refund_id: string
  /** How often the processor has been asked. */
  readonly times: number
}

/** A refund as it stands, and what to ask next. */
export interface Written {
  readonly refund: ChargeRefund
  readonly next: 'refund' | 'retrieve' | undefined
}

/** What a processor said, to whom, and how we know. */
interface Heard {
  readonly asked: Asked
  readonly outcome: RefundOutcome
  readonly by: LearnedBy
  /** The day by the calendar of the issuer. */
  readonly on: string
}

/**
 * The one place that writes refunds of charges. Whatever is about to be sent is written down and committed first, and whatever is
 * answered is written down with all that follows from it, in one transaction; no processor is ever asked inside of one. Documents are
 * held first, then the payment, then the refund.
 */
export function chargeRefundLedger(deps: Deps, money: SendingBack, lostInDisputes: LostInDisputes) {
  const { database } = deps
  const elsewhere = bookedElsewhere(lostInDisputes)

  async function recordState(tx: Tx, refund: ChargeRefund): Promise<void> {
    await recordEvent(tx, inTheNameOf(refund), {
      id: deps.newId(bucketOf(refund.id)),
      type: refund.version === 1 ? 'charge_refund.created' : `charge_refund.${refund.state}`,
      accountId: refund.account_id,
      objectId: refund.id,
      objectVersion: refund.version,
      at: refund.updated_at,
    })
  }

  async function enqueue(tx: Tx, { tenant_id, mode, id }: ChargeRefund, times: number, delayMs: number): Promise<void> {
    const job: CheckRefundJob = { tenant_id, mode, charge_refund_id: id, times }
    await addJobs(tx, [{ task: CHARGE_REFUND_TASK, payload: { ...job }, delayMs, key: `charge_refund:${id}` }])
  }

  const checkAt = (delayMs: number): Date => new Date(deps.now().getTime() + delayMs)

  async function append(
    tx: Tx,
    refund: ChargeRefund,
    steps: readonly Step[],
    more: readonly (Pick<Step, 'kind' | 'learned_by'> & Partial<Step>)[],
  ): Promise<Step[]> {
    const at = deps.now()
    const added = more.map((step, index): Step => ({ ...EMPTY, ...step, at, seq: steps.length + index + 1 }))
    await repo.insertSteps(tx, refund, added)
    return [...steps, ...added]
  }

  /** Changes a refund that is held, with its event where that is another state. */
  async function change(tx: Tx, refund: ChargeRefund, changed: repo.RefundChange): Promise<ChargeRefund> {
    const moves = changed.state !== undefined && changed.state !== refund.state
    const at = deps.now()
    const full = {
      ...changed,
      ...(moves ? { version: refund.version + 1 } : {}),
      ...(changed.state !== undefined && !rules.isLive(changed.state) ? { check_at: null } : {}),
    }
    await repo.updateRefund(tx, refund.id, full, at)
    const now: ChargeRefund = { ...refund, ...full, updated_at: at }
    if (moves) await recordState(tx, now)
    return now
  }

  /** Announces what is about to be sent, so that it may be sent at once when this is committed. */
  async function announce(
    tx: Tx,
    refund: ChargeRefund,
    steps: readonly Step[],
    keyLifeMs: number,
    by: LearnedBy,
  ): Promise<Written> {
    const next = rules.nextRequest(refund, steps, keyLifeMs, deps.now().getTime())
    if (next === 'refund') await append(tx, refund, steps, [{ kind: 'sent', request: next, learned_by: by }])
    return { refund, next }
  }

  /** The money has gone, or has come again: what follows for the payment, which is held with its documents. */
  async function move(
    tx: Tx,
    held: ChargeRefund,
    state: ChargeRefund['state'],
    heard: Heard,
    disputedMinor: bigint,
  ): Promise<bigint> {
    const actor = inTheNameOf(held)
    if (state === 'failed') await money.takeBack(tx, actor, held.id, heard.on)
    if (state !== 'succeeded') return held.unbooked_minor
    const unbookedMinor = await money.sendBack(tx, actor, {
      paymentId: held.payment_id,
      chargeRefundId: held.id,
      amountMinor: held.amount_minor - disputedMinor,
      invoiceId: held.invoice_id,
      on: heard.on,
      reference: referenceIn(held, heard.outcome) ?? held.reference,
    })
    return unbookedMinor + disputedMinor
  }

  /** Writes an outcome down for a refund that is held, and whose payment is. */
  async function apply(tx: Tx, held: ChargeRefund, heard: Heard): Promise<ChargeRefund> {
    const { asked, by } = heard
    const before = await repo.listSteps(tx, held.id)
    // As if this attempt had not been sent: is there another one that may have been carried out?
    const doubtful = rules.mayBeCarriedOut([...before, { kind: 'answered', request: asked, outcome: 'not_sent' }])
    const disputed = await elsewhere.inDisputes(tx, held, heard.outcome)
    const told = await elsewhere.told(tx, held, heard.outcome, disputed)
    const outcome = rules.weighed(held, asked, told, doubtful)
    const state = rules.stateAfter(held, asked, outcome, doubtful)
    const step = stepOf(asked, outcome, by)
    // Asked again and again, a refund that waits answers the same; once is enough to know.
    const moves = state !== held.state
    if (moves || !isToldAgain(before, step)) await append(tx, held, before, [step])
    if (!moves && !rules.isLive(held.state)) return held
    const reference = referenceIn(held, outcome)
    const unbooked_minor = moves
      ? await move(tx, held, state, { ...heard, outcome }, disputed.minor)
      : held.unbooked_minor
    return change(tx, held, {
      state,
      ...(reference === undefined ? {} : { reference }),
      unbooked_minor,
      ...declineOf(state, held, outcome),
    })
  }

  /** By the calendar of who issued what the charge was for. An issued document does not change, so that this needs no transaction. */
  async function dayOf(
    charge: Pick<FoundCharge, 'tenant_id' | 'mode' | 'document_type' | 'invoice_id'>,
  ): Promise<string> {
    const owner = { tenantId: charge.tenant_id, mode: charge.mode }
    const document = await findDocument(database, owner, charge.document_type, charge.invoice_id)
    return dayIn((JSON.parse(document?.snapshot as string) as Snapshot).issuer.time_zone, deps.now())
  }

  /** Holds what an outcome can be about to change. */
  async function holdFor(tx: Tx, owner: Owner, paymentId: string, { outcome }: RefundOutcome): Promise<void> {
    if (outcome === 'succeeded') await money.holdAll(tx, owner, paymentId)
    else if (outcome === 'declined' || outcome === 'cancelled') await money.holdPayment(tx, paymentId)
  }

  async function insertTold(tx: Tx, told: ToldRefund): Promise<ChargeRefund> {
    const at = deps.now()
    const check_at = checkAt(rules.FIRST_CHECK_MS)
    const id = deps.newId(bucketOf(told.charge_id))
    const refund: ChargeRefund = { ...told, id, check_at, version: 1, created_at: at, updated_at: at }
    await repo.insertRefund(tx, refund, null)
    await recordState(tx, refund)
    await enqueue(tx, refund, 0, rules.FIRST_CHECK_MS)
    return refund
  }

  return {
    /** Writes a new refund down, with the request that is about to be sent and the job that looks after both. The payment is held. */
    async claim(tx: Tx, fresh: ChargeRefund, idempotencyHmac: Buffer): Promise<Written> {
      const refund: ChargeRefund = { ...fresh, check_at: checkAt(rules.FIRST_CHECK_MS) }
      await repo.insertRefund(tx, refund, idempotencyHmac)
      await append(
        tx,
        refund,
        [],
        [
          { kind: 'claimed', learned_by: 'request' },
          { kind: 'sent', request: 'refund', learned_by: 'request' },
        ],
      )
      await recordState(tx, refund)
      await enqueue(tx, refund, 0, rules.FIRST_CHECK_MS)
      return { refund, next: 'refund' }
    },

    /** Takes a refund up again of which nothing was sent. The payment is held, and the amount fits. */
    async reopen(tx: Tx, held: ChargeRefund, keyLifeMs: number): Promise<Written> {
      const check_at = checkAt(rules.FIRST_CHECK_MS)
      const refund = await change(tx, held, { state: 'processing', check_at })
      await enqueue(tx, refund, 0, rules.FIRST_CHECK_MS)
      return announce(tx, refund, await repo.listSteps(tx, held.id), keyLifeMs, 'request')
    },

    /** Takes up what another process left, or what has not ended. */
    resume: (owner: Owner, id: string, keyLifeMs: number): Promise<Written | undefined> =>
      withTransaction(database.knex, async (tx) => {
        const refund = await repo.lockRefund(tx, owner, id)
        return refund && announce(tx, refund, await repo.listSteps(tx, id), keyLifeMs, 'job')
      }),

    /**
     * Writes an outcome down, with everything that follows from it. In any order, and any number of times: a refund only moves forward,
     * and sends money back once.
     */
    async hear(
      charge: FoundCharge,
      id: string,
      asked: Asked,
      outcome: RefundOutcome,
      by: LearnedBy,
    ): Promise<ChargeRefund> {
      const on = await dayOf(charge)
      const owner = { tenantId: charge.tenant_id, mode: charge.mode }
      return withTransaction(database.knex, async (tx) => {
        await holdFor(tx, owner, charge.payment_id as string, outcome)
        const held = (await repo.lockRefund(tx, owner, id)) as ChargeRefund
        return apply(tx, held, { asked, outcome, by, on })
      })
    },

    /**
     * Writes down what was refunded at the processor itself. Whoever comes second, in the same moment as well, adds to what the first wrote.
     *
     * @throws {ChargeNotPaidYet} We have yet to learn that the charge took money.
     * @throws {RefundUnreadable} It cannot be one of this charge.
     */
    async adopt(charge: FoundCharge, reference: string, outcome: RefundOutcome): Promise<void> {
      const { payment_id } = charge
      if (charge.state !== 'succeeded' || payment_id === null) throw new ChargeNotPaidYet()
      const { amount } = outcome
      if (amount?.currency !== charge.currency || amount.minor <= 0n) throw new RefundUnreadable()
      const on = await dayOf(charge)
      const owner = { tenantId: charge.tenant_id, mode: charge.mode }
      await withTransaction(database.knex, async (tx) => {
        await money.holdAll(tx, owner, payment_id)
        const known = await repo.findByReference(tx, charge, reference)
        const held = known
          ? ((await repo.lockRefund(tx, owner, known.id)) as ChargeRefund)
          : await insertTold(tx, madeElsewhere(charge, payment_id, reference, amount.minor))
        await apply(tx, held, { asked: 'told', outcome, by: 'webhook', on })
      })
    },

    /** Says when the processor is asked again, or that it is not any more: then what has not ended is for a person. */
    checkLater: (owner: Owner, id: string, times: number, over: boolean): Promise<void> =>
      withTransaction(database.knex, async (tx) => {
        const refund = await repo.lockRefund(tx, owner, id)
        if (!refund || !rules.isLive(refund.state)) return
        const delayMs = over ? undefined : rules.nextCheckMs(refund, times, deps.now().getTime())
        await change(tx, refund, { check_at: delayMs === undefined ? null : checkAt(delayMs) })
        if (delayMs !== undefined) await enqueue(tx, refund, times, delayMs)
      }),
  }
}

export type ChargeRefundLedger = ReturnType<typeof chargeRefundLedger>
