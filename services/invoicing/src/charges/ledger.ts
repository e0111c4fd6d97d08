import { bucketOf } from '@kontor/ids'
import { addJobs } from '@kontor/jobs'
import { least } from '@kontor/money'
import { type Tx, withTransaction } from '@kontor/postgres'
import type { ChargeOutcome, Succeeded } from '@kontor/processors'
import { lockOpenOrVoid, type OpenDocument, snapshotOf } from '../balances/open.ts'
import type { Deps } from '../deps.ts'
import { inTheNameOf, recordEvent } from '../events/event.ts'
import type { Owner } from '../issuers/repo.ts'
import type { Receive } from '../payments/receive.ts'
import { type Asked, type Charge, CREATE, type LearnedBy, type Step, type View } from './charge.ts'
import { CHARGE_TASK, jobOf } from './check-job.ts'
import { decide, numbered, versionAfter } from './decide.ts'
import type { Follow } from './follow.ts'
import { lostToAnother } from './lost.ts'
import { receipts, typeOf } from './receipt.ts'
import * as repo from './repo.ts'
import * as rules from './rules.ts'
import { sent } from './steps.ts'
import { chargesTogether } from './together.ts'

/** What follows from something that was written down: the charge as it stands, and what to ask next. */
export interface Written {
  readonly charge: Charge
  readonly next: Asked | undefined
  /** Where it was written without a look at what stands there: what the next one may go on from. */
  readonly view?: View
}

/**
 * The one place that writes charges. Whatever is about to be sent is written down and committed first, and whatever is answered is
 * written down with all that follows from it, in one transaction; no processor is ever asked inside of one. Documents are held before
 * their charges.
 *
 * @param follow Decides whether another attempt follows what was written down.
 */
export function chargeLedger(deps: Deps, receive: Receive, follow: Follow) {
  const { database } = deps
  const together = chargesTogether(database, CHARGE_TASK)
  const { receivedFrom, paidBy, eventOf } = receipts(deps)
  const { payerWaitsMs = rules.PAYER_WAITS_MS } = deps

  async function recordState(tx: Tx, charge: Charge): Promise<void> {
    await recordEvent(tx, inTheNameOf(charge), {
      id: deps.newId(bucketOf(charge.id)),
      type: typeOf(charge),
      accountId: charge.account_id,
      objectId: charge.id,
      objectVersion: charge.version,
      at: charge.updated_at,
    })
  }

  async function enqueue(tx: Tx, charge: Charge, times: number, delayMs: number): Promise<void> {
    await addJobs(tx, [{ task: CHARGE_TASK, ...jobOf(charge, times), delayMs }])
  }

  const checkAt = (delayMs: number): Date => new Date(deps.now().getTime() + delayMs)

  async function append(
    tx: Tx,
    charge: Charge,
    steps: readonly Step[],
    more: Parameters<typeof numbered>[1],
  ): Promise<Step[]> {
    const added = numbered(steps, more, deps.now())
    await repo.insertSteps(tx, charge, added)
    return [...steps, ...added]
  }

  /** Writes down that a charge that is held is another now, with its event where that is another state. */
  async function put(tx: Tx, now: Charge, changes: repo.ChargeChange, moves: boolean): Promise<void> {
    await repo.updateCharge(tx, now.id, changes, now.updated_at)
    if (moves) await recordState(tx, now)
  }

  async function change(tx: Tx, held: Charge, changed: repo.ChargeChange): Promise<Charge> {
    const { state = held.state } = changed
    const changes = { ...changed, ...versionAfter(held, state) }
    const now: Charge = { ...held, ...changes, updated_at: deps.now() }
    await put(tx, now, changes, state !== held.state)
    return now
  }

  /** Records what was taken. What the document has no use for any more is the account's credit: it came, whatever a person did meanwhile. */
  async function receiveFrom(
    tx: Tx,
    charge: Charge,
    invoice: OpenDocument,
    outcome: Succeeded,
    asked: Asked,
  ): Promise<void> {
    const received = receivedFrom(charge, snapshotOf(invoice).issuer.time_zone, outcome, asked)
    const allocated = least(invoice.open_minor, received.amount_minor)
    const targets = allocated > 0n ? [{ invoice, amountMinor: allocated, path: '' }] : []
    await receive(tx, inTheNameOf(charge), received, targets)
  }

  /** Which request is next is decided and written down in one go: what is handed out may be sent at once. */
  async function announce(
    tx: Tx,
    charge: Charge,
    steps: readonly Step[],
    by: LearnedBy,
    situation: Pick<rules.Situation, 'keyLifeMs'>,
  ): Promise<Asked | undefined> {
    const next = rules.nextRequest({ charge, steps, nowMs: deps.now().getTime(), ...situation })
    if (next && next.request !== 'retrieve') await append(tx, charge, steps, [sent(next, by)])
    return next
  }

  /** Writes down what a charge that stands still is asked next, with the job that finds out if nobody does. */
  async function askFor(
    tx: Tx,
    held: Charge,
    steps: readonly Step[],
    next: Asked,
    by: LearnedBy,
  ): Promise<Written & { readonly next: Asked }> {
    await append(tx, held, steps, [sent(next, by)])
    const check_at = checkAt(rules.FIRST_CHECK_MS)
    const charge = await change(tx, held, { state: 'processing', check_at })
    await enqueue(tx, charge, 0, rules.FIRST_CHECK_MS)
    return { charge, next }
  }

  return {
    /**
     * Writes a new charge down by one statement, with the request that is about to be sent and the job that looks after both.
     *
     * @returns `undefined` where its amount does not fit any more, or the caller's key is taken: nothing is written then.
     */
    async claimAtOnce(fresh: Charge, idempotencyHmac: Buffer, timeZone: string): Promise<Written | undefined> {
      const charge: Charge = { ...fresh, check_at: checkAt(rules.FIRST_CHECK_MS) }
      const steps = numbered([], claimedBy('request'), deps.now())
      const job = { ...jobOf(charge, 0), delayMs: rules.FIRST_CHECK_MS }
      const claimed = await together
        .claim({ charge, idempotencyHmac, steps, events: [eventOf(charge)], job })
        .then(() => true, lostToAnother)
      return claimed ? { charge, next: CREATE, view: { steps, timeZone, paymentId: null } } : undefined
    },

    /** As `claimAtOnce`, for whoever holds the document. */
    async claim(tx: Tx, fresh: Charge, idempotencyHmac: Buffer, by: LearnedBy = 'request'): Promise<Written> {
      const charge: Charge = { ...fresh, check_at: checkAt(rules.FIRST_CHECK_MS) }
      await repo.insertCharge(tx, charge, idempotencyHmac)
      await append(tx, charge, [], claimedBy(by))
      await recordState(tx, charge)
      await enqueue(tx, charge, 0, rules.FIRST_CHECK_MS)
      return { charge, next: CREATE }
    },

    /** Takes a charge up again of which nothing was sent. The document is held, and the amount fits. */
    async reopen(tx: Tx, held: Charge, keyLifeMs: rules.Lives): Promise<Written> {
      if (held.state !== 'not_sent') return { charge: held, next: undefined }
      const check_at = checkAt(rules.FIRST_CHECK_MS)
      const charge = await change(tx, held, { state: 'processing', check_at })
      await enqueue(tx, charge, 0, rules.FIRST_CHECK_MS)
      return { charge, next: await announce(tx, charge, await repo.listSteps(tx, held.id), 'request', { keyLifeMs }) }
    },

    /** The payer is back: what waited for them is confirmed once more, under the next key. */
    confirmAgain: (owner: Owner, id: string): Promise<Written | undefined> =>
      withTransaction(database.knex, async (tx) => {
        const held = await repo.lockCharge(tx, owner, id)
        if (held?.state !== 'requires_action') return held && { charge: held, next: undefined }
        const steps = await repo.listSteps(tx, id)
        return askFor(tx, held, steps, { request: 'confirm', no: rules.lastNo(steps, 'confirm') + 1 }, 'request')
      }),

    /**
     * Takes what is held, or lets go of it. What has no id at the processor was never confirmed, so that no money can move: it is let go
     * here.
     *
     * @throws {InvalidTransition} It is not in a state that allows this.
     */
    letGo: (
      owner: Owner,
      id: string,
      letting: { readonly request: 'capture' | 'cancel'; readonly amountMinor?: bigint | undefined },
    ): Promise<Written | undefined> =>
      withTransaction(database.knex, async (tx) => {
        const held = await repo.lockCharge(tx, owner, id)
        if (!held) return undefined
        const steps = await repo.listSteps(tx, id)
        const asked: Asked = { ...letting, no: rules.lastNo(steps, letting.request) + 1 }
        switch (rules.mayLetGo(held, steps, letting.request)) {
          case 'done':
            return { charge: held, next: undefined }
          case 'here': {
            const { request, no: request_no } = asked
            const step = { kind: 'answered', request, request_no, outcome: 'cancelled', learned_by: 'request' } as const
            await append(tx, held, steps, [step])
            return { charge: await change(tx, held, { state: 'cancelled' }), next: undefined }
          }
        }
        return askFor(tx, held, steps, asked, 'request')
      }),

    /** Lets go of a charge whose payer has not come back in time, unless they are here at this moment: then it waits for them no more. */
    giveUpPayer: (owner: Owner, id: string): Promise<Written | undefined> =>
      withTransaction(database.knex, async (tx) => {
        const held = await repo.lockCharge(tx, owner, id)
        const steps = held ? await repo.listSteps(tx, id) : []
        const until = held && rules.waitsForPayerUntil(held, steps, payerWaitsMs)
        if (!held || !until || until > deps.now()) return undefined
        return askFor(tx, held, steps, { request: 'cancel', no: rules.lastNo(steps, 'cancel') + 1 }, 'job')
      }),

    /** Takes up what another process left, or what has not ended: the request that finds out most is next. */
    resume: (owner: Owner, id: string, keyLifeMs: rules.Lives, by: LearnedBy): Promise<Written | undefined> =>
      withTransaction(database.knex, async (tx) => {
        const charge = await repo.lockCharge(tx, owner, id)
        if (!charge) return undefined
        return { charge, next: await announce(tx, charge, await repo.listSteps(tx, id), by, { keyLifeMs }) }
      }),

    /**
     * Writes an outcome down, with everything that follows from it. In any order, and any number of times: a charge only moves forward,
     * and takes money once.
     */
    hear: (
      known: Charge,
      asked: Asked,
      answered: ChargeOutcome,
      by: LearnedBy,
      keyLifeMs: rules.Lives | undefined,
    ): Promise<Written> =>
      withTransaction(database.knex, async (tx) => {
        const owner = inTheNameOf(known)
        const invoice = answered.outcome === 'succeeded' ? await lockOpenOrVoid(tx, owner, known.invoice_id) : undefined
        const held = (await repo.lockCharge(tx, owner, known.id)) as Charge
        const before = await repo.listSteps(tx, held.id)
        const { outcome, charge, changes, moves, added, next } = decide(held, before, {
          ...{ asked, answered, by, keyLifeMs },
          now: deps.now(),
        })
        await repo.insertSteps(tx, held, added)
        if (changes) await put(tx, charge, changes, moves)
        if (moves) await follow(tx, held, charge, asked, by)
        if (changes && outcome.outcome === 'succeeded' && invoice)
          await receiveFrom(tx, charge, invoice, outcome, asked)
        return { charge, next }
      }),

    /**
     * As `hear`, by one statement, for whoever wrote the charge last and found it as it is here.
     *
     * @returns `undefined` where the charge has moved on, or more than this is to be decided: nothing is written then.
     */
    async hearAtOnce(
      known: Charge,
      view: View,
      asked: Asked,
      answered: ChargeOutcome,
      keyLifeMs: rules.Lives,
    ): Promise<Written | undefined> {
      const heard = { asked, answered, by: 'request', keyLifeMs, now: deps.now() } as const
      const { outcome, charge, changes, moves, added, next } = decide(known, view.steps, heard)
      // Whether another attempt follows is for the way that holds the charge.
      if (!changes || charge.state === 'declined' || charge.state === 'not_sent') return undefined
      const paying = outcome.outcome === 'succeeded' ? paidBy(charge, view.timeZone, outcome, asked) : undefined
      // What a proforma has to become, and what a part leaves open, is for the way that holds the document first.
      const isSimple = charge.document_type === 'invoice' && paying?.paid.payment.amount_minor === charge.amount_minor
      if (paying && !isSimple) return undefined
      const events = [...(moves ? [eventOf(charge)] : []), ...(paying?.events ?? [])]
      const written = await together
        .advance({ before: known, after: charge, steps: added, events, paid: paying?.paid })
        .catch(lostToAnother)
      if (!written) return undefined
      const paymentId = paying?.paid.payment.id ?? view.paymentId
      return { charge, next, view: { ...view, paymentId, steps: [...view.steps, ...added] } }
    },

    /** Says when the processor is asked again, or that it is not any more: then what has not ended is for a person. */
    checkLater: (owner: Owner, id: string, times: number, over: boolean): Promise<void> =>
      withTransaction(database.knex, async (tx) => {
        const charge = await repo.lockCharge(tx, owner, id)
        if (!charge || !rules.isLive(charge.state)) return
        const steps = charge.state === 'requires_action' ? await repo.listSteps(tx, id) : []
        const until = rules.waitsForPayerUntil(charge, steps, payerWaitsMs)
        const delayMs = over ? undefined : rules.nextCheckMs(charge, times, deps.now().getTime(), until)
        await change(tx, charge, { check_at: delayMs === undefined ? null : checkAt(delayMs) })
        if (delayMs !== undefined) await enqueue(tx, charge, times, delayMs)
      }),
  }
}

export type ChargeLedger = ReturnType<typeof chargeLedger>

/** What stands at the head of every ledger. */
const claimedBy = (by: LearnedBy) => [{ kind: 'claimed', learned_by: by }, sent(CREATE, by)] as const
