import type { Principal } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import { least } from '@kontor/money'
import { type Tx, withTransaction } from '@kontor/postgres'
import type { HeldPayment, HoldPayment } from '../balances/held-payment.ts'
import type { Deps } from '../deps.ts'
import { dayIn } from '../documents/calendar.ts'
import { inTheNameOf, recordEvent } from '../events/event.ts'
import type { Receive } from '../payments/receive.ts'
import type { DisputeTold, Learners } from '../processor-webhooks/work.ts'
import { type Dispute, type DisputeStep, type Disputing, isNews, whereaboutsOf } from './dispute.ts'
import { ChargeNotTakenYet } from './errors.ts'
import * as repo from './repo.ts'
import { inRefunds, type Refunded, toldAsRefunds } from './told-as-refunds.ts'

/** What a dispute may do to money. */
export interface MoneyOfDisputes {
  readonly hold: HoldPayment
  readonly receive: Receive
}

type Moved = Pick<DisputeStep, 'refund_id' | 'payment_id' | 'amount_minor' | 'reopened'>
interface Found extends Pick<Dispute, 'missing_minor' | 'refunded_minor' | 'needs_attention'> {
  readonly moved: Moved
}

const NOTHING_MOVED: Moved = { refund_id: null, payment_id: null, amount_minor: null, reopened: [] }

/** Nothing is missing of what was won. That what was told as a refund came again, nobody has told: a person looks. */
const wonOf = (before: Dispute | undefined): Omit<Found, 'moved'> => {
  const refunded_minor = before?.refunded_minor ?? 0n
  return { missing_minor: 0n, refunded_minor, needs_attention: refunded_minor > 0n }
}

/**
 * Writes down what a processor told of a dispute, with the chargeback or the return of the money that follows from it, in one transaction.
 * It may be told any number of times, by several at once and in any order: money goes out once and comes back once.
 */
export function learningOfDisputes(
  deps: Deps,
  { hold, receive }: MoneyOfDisputes,
): NonNullable<Learners['learnOfDispute']> {
  interface Situation {
    readonly tx: Tx
    readonly actor: Principal
    readonly charge: repo.DisputedCharge
    readonly held: HeldPayment | undefined
    readonly processor: Disputing
    readonly told: DisputeTold
    readonly before: Dispute | undefined
    readonly steps: readonly DisputeStep[]
  }

  /** Of Stripe, a dispute takes money that no refund of the charge is. */
  const refundsOf = async ({ tx, processor, charge, before, steps }: Situation): Promise<Refunded> =>
    processor === 'paypal' ? toldAsRefunds(tx, charge.id, before?.id, steps) : { minors: [], countedMinor: 0n }

  /** Takes what is left of the payment; what exceeds it was given back before, and is for a person. */
  async function chargeBack(situation: Situation): Promise<Found> {
    const { held, told, charge, before } = situation
    if (!held) throw new ChargeNotTakenYet()
    const { amount } = told
    if (amount?.currency !== held.currency) {
      const { missing_minor = 0n, refunded_minor = 0n } = before ?? {}
      return { moved: NOTHING_MOVED, missing_minor, refunded_minor, needs_attention: true }
    }
    const refunded = inRefunds(amount.minor, await refundsOf(situation))
    const restMinor = amount.minor - refunded.minor
    const takenMinor = least(restMinor, held.keptMinor)
    const missingMinor = restMinor - takenMinor
    const found = {
      missing_minor: missingMinor,
      refunded_minor: refunded.minor,
      needs_attention: missingMinor > 0n || (refunded.minor > 0n && !refunded.exact),
    }
    if (takenMinor <= 0n) return { moved: NOTHING_MOVED, ...found }
    const on = dayIn(charge.time_zone, told.occurredAt)
    const { refund, reopened } = await held.chargeBack({ amountMinor: takenMinor, on, reference: told.dispute })
    const lost = reopened.map(({ invoiceId, amountMinor }) => ({
      invoice_id: invoiceId,
      amount_minor: Number(amountMinor),
    }))
    return { moved: { ...NOTHING_MOVED, refund_id: refund.id, amount_minor: takenMinor, reopened: lost }, ...found }
  }

  /** The money is there again: a payment of its own, for the invoices that had lost it and still ask for it. */
  async function giveBack({ tx, actor, charge, held, told, before }: Situation, taken: DisputeStep): Promise<Found> {
    const { account_id, method, token_id, instrument } = charge
    const amountMinor = taken.amount_minor as bigint
    const targets = taken.reopened.flatMap(({ invoice_id, amount_minor }) => {
      const invoice = held?.documents.get(invoice_id)
      const again = invoice ? least(invoice.open_minor, BigInt(amount_minor)) : 0n
      return invoice && again > 0n ? [{ invoice, amountMinor: again, path: '' }] : []
    })
    const payment = await receive(
      tx,
      actor,
      {
        account_id,
        method,
        token_id,
        instrument,
        currency: held?.currency as string,
        amount_minor: amountMinor,
        received_on: dayIn(charge.time_zone, told.occurredAt),
        reference: told.dispute,
        charge_id: null,
      },
      targets,
    )
    const moved = { ...NOTHING_MOVED, payment_id: payment.id, amount_minor: amountMinor }
    return { moved, ...wonOf(before) }
  }

  async function follow(situation: Situation): Promise<Found> {
    const { told, processor, before, steps } = situation
    const taken = steps.find(({ refund_id }) => refund_id !== null)
    const returned = steps.some(({ payment_id }) => payment_id !== null)
    const missing_minor = before?.missing_minor ?? 0n
    const refunded_minor = before?.refunded_minor ?? 0n
    const needs_attention = before?.needs_attention ?? false
    const stays = { moved: NOTHING_MOVED, missing_minor, refunded_minor, needs_attention }
    switch (whereaboutsOf(processor, told.state)) {
      case 'unchanged':
        return stays
      case 'ours':
        if (taken && !returned) return giveBack(situation, taken)
        return { moved: NOTHING_MOVED, ...wonOf(before) }
      case 'taken': {
        if (!taken) return chargeBack(situation)
        // Taken a second time, or for another amount than before: what follows from that a person decides.
        const known = (taken.amount_minor as bigint) + missing_minor
        const differs = returned || (told.amount !== undefined && told.amount.minor !== known)
        return differs ? { ...stays, needs_attention: true } : stays
      }
    }
  }

  async function write(situation: Situation, found: Found): Promise<void> {
    const { tx, actor, charge, processor, told, before, steps } = situation
    const at = deps.now()
    const isStep =
      told.state !== before?.state ||
      found.moved.amount_minor !== null ||
      found.needs_attention !== before.needs_attention ||
      (told.amount !== undefined && told.amount.minor !== before.amount_minor)
    const dispute: Dispute = {
      id: before?.id ?? deps.newId(bucketOf(charge.id)),
      tenant_id: charge.tenant_id,
      mode: charge.mode,
      account_id: charge.account_id,
      charge_id: charge.id,
      processor,
      reference: told.dispute,
      state: told.state,
      amount_minor: told.amount?.minor ?? before?.amount_minor ?? null,
      currency: told.amount?.currency ?? before?.currency ?? null,
      reason: told.reason ?? before?.reason ?? null,
      occurred_at: told.occurredAt,
      missing_minor: found.missing_minor,
      refunded_minor: found.refunded_minor,
      needs_attention: found.needs_attention,
      version: steps.length + (isStep ? 1 : 0),
      created_at: before?.created_at ?? at,
      updated_at: at,
    }
    await (before ? repo.updateDispute(tx, dispute) : repo.insertDispute(tx, dispute))
    if (!isStep) return
    const { state, occurredAt } = told
    await repo.insertStep(tx, dispute, { seq: dispute.version, state, occurred_at: occurredAt, ...found.moved, at })
    await recordEvent(tx, actor, {
      id: deps.newId(bucketOf(charge.id)),
      type: before ? `dispute.${state}` : 'dispute.opened',
      accountId: charge.account_id,
      objectId: dispute.id,
      objectVersion: dispute.version,
      at,
    })
  }

  return (owner, name, told, reference) =>
    withTransaction(deps.database.knex, async (tx) => {
      const processor = name as Disputing
      const charge = await repo.findDisputed(tx, owner, processor, reference)
      if (!charge) return
      const actor = inTheNameOf(charge)
      // Documents, then the payment, then the dispute: of several that learn at once, one waits here for the other.
      const reopened = await repo.reopenedBy(tx, charge, processor, told.dispute)
      const held = charge.payment_id === null ? undefined : await hold(tx, actor, charge.payment_id, reopened)
      const before = await repo.lockDispute(tx, charge, processor, told.dispute)
      if (before && !isNews(before, told)) return
      const steps = before ? await repo.listSteps(tx, before.id) : []
      const situation = { tx, actor, charge, held, processor, told, before, steps }
      await write(situation, await follow(situation))
    })
}
