import { bucketOf } from '@kontor/ids'
import { addJobs } from '@kontor/jobs'
import { least } from '@kontor/money'
import { type Tx, withTransaction } from '@kontor/postgres'
import type { ChargeOutcome, Succeeded } from '@kontor/processors'
import { lockOpenOrVoid, type OpenDocument, snapshotOf } from '../balances/open.ts'
import type { Deps } from '../deps.ts'
import { dayIn } from '../documents/calendar.ts'
import { inTheNameOf, recordEvent } from '../events/event.ts'
import type { Owner } from '../issuers/repo.ts'
import type { Receive } from '../payments/receive.ts'
import { type Asked, type Charge, CREATE, type LearnedBy, type Step } from './charge.ts'
import type { Follow } from './follow.ts'
import * as repo from './repo.ts'
import * as rules from './rules.ts'
import { declineOf, EMPTY, isToldAgain, learned, NOT_SENT, sent, stepOf } from './steps.ts'

/** The task of the job queue that finds out what became of a charge. */
export const CHARGE_TASK = 'charge.check'

/** What that job is told. */
export interface CheckJob {
  readonly tenant_id: string
  readonly mode: 'test' | 'live'
  readonly charge_id: string
  /** How often the processor has been asked. */
  readonly times: number
}

/** What follows from something that was written down: the charge as it stands, and what to ask next. */
export interface Written {
  readonly charge: Charge
  readonly next: Asked | undefined
}

/**
 * The one place that writes charges. Whatever is about to be sent is written down and committed first, and whatever is answered is
 * written down with all that follows from it, in one transaction; no processor is ever asked inside of one. Documents are held before
 * their charges.
 */
/** @param follow Decides whether another attempt follows what was written down. */
export function chargeLedger(deps: Deps, receive: Receive, follow: Follow) {
  const { database } = deps

  async function recordState(tx: Tx, charge: Charge): Promise<void> {
    const created = charge.version === 1
    await recordEvent(tx, inTheNameOf(charge), {
      id: deps.newId(bucketOf(charge.id)),
      type: created ? 'charge.created' : `charge.${charge.state}`,
      accountId: charge.account_id,
      objectId: charge.id,
      objectVersion: charge.version,
      at: charge.updated_at,
    })
  }

  async function enqueue(tx: Tx, charge: Charge, times: number, delayMs: number): Promise<void> {
    const { tenant_id, mode, id } = charge
    const job: CheckJob = { tenant_id, mode, charge_id: id, times }
    await addJobs(tx, [{ task: CHARGE_TASK, payload: { ...job }, delayMs, key: `charge:${id}` }])
  }

  const checkAt = (delayMs: number): Date => new Date(deps.now().getTime() + delayMs)

  async function append(
    tx: Tx,
    charge: Charge,
    steps: readonly Step[],
    more: readonly (Pick<Step, 'kind' | 'learned_by'> & Partial<Step>)[],
  ): Promise<Step[]> {
    const at = deps.now()
    const added = more.map((step, index): Step => ({ ...EMPTY, ...step, at, seq: steps.length + index + 1 }))
    await repo.insertSteps(tx, charge, added)
    return [...steps, ...added]
  }

  /** Changes a charge that is held, with its event where that is another state. */
  async function change(tx: Tx, charge: Charge, changed: repo.ChargeChange): Promise<Charge> {
    const moves = changed.state !== undefined && changed.state !== charge.state
    const at = deps.now()
    const full = {
      ...changed,
      ...(moves ? { version: charge.version + 1 } : {}),
      ...(changed.state !== undefined && !rules.isLive(changed.state) ? { check_at: null } : {}),
    }
    await repo.updateCharge(tx, charge.id, full, at)
    const now: Charge = { ...charge, ...full, updated_at: at }
    if (moves) await recordState(tx, now)
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
    const amountMinor = outcome.amount?.minor ?? asked.amountMinor ?? charge.amount_minor
    const allocated = least(invoice.open_minor, amountMinor)
    await receive(
      tx,
      inTheNameOf(charge),
      {
        account_id: charge.account_id,
        method: charge.method,
        token_id: charge.token_id,
        instrument: charge.instrument,
        currency: charge.currency,
        amount_minor: amountMinor,
        received_on: dayIn(snapshotOf(invoice).issuer.time_zone, deps.now()),
        reference: outcome.movement ?? outcome.reference,
        charge_id: charge.id,
      },
      allocated > 0n ? [{ invoice, amountMinor: allocated, path: '' }] : [],
    )
  }

  /** Which request is next is decided and written down in one go: what is handed out may be sent at once. */
  async function announce(
    tx: Tx,
    charge: Charge,
    steps: readonly Step[],
    by: LearnedBy,
    situation: Pick<rules.Situation, 'heard' | 'keyLifeMs'>,
  ): Promise<Asked | undefined> {
    const next = rules.nextRequest({ charge, steps, nowMs: deps.now().getTime(), ...situation })
    if (next && next.request !== 'retrieve') await append(tx, charge, steps, [sent(next, by)])
    return next
  }

  return {
    /** Writes a new charge down, with the request that is about to be sent and the job that looks after both. The document is held. */
    async claim(tx: Tx, fresh: Charge, idempotencyHmac: Buffer, by: LearnedBy = 'request'): Promise<Written> {
      const charge: Charge = { ...fresh, check_at: checkAt(rules.FIRST_CHECK_MS) }
      await repo.insertCharge(tx, charge, idempotencyHmac)
      await append(tx, charge, [], [{ kind: 'claimed', learned_by: by }, sent(CREATE, by)])
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
        const next: Asked = { request: 'confirm', no: rules.lastNo(steps, 'confirm') + 1 }
        await append(tx, held, steps, [sent(next, 'request')])
        const check_at = checkAt(rules.FIRST_CHECK_MS)
        const charge = await change(tx, held, { state: 'processing', check_at })
        await enqueue(tx, charge, 0, rules.FIRST_CHECK_MS)
        return { charge, next }
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
        await append(tx, held, steps, [sent(asked, 'request')])
        const check_at = checkAt(rules.FIRST_CHECK_MS)
        const charge = await change(tx, held, { state: 'processing', check_at })
        await enqueue(tx, charge, 0, rules.FIRST_CHECK_MS)
        return { charge, next: asked }
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
        const doubtful = rules.mayBeCarriedOut([...before, stepOf(asked, NOT_SENT, by)], asked)
        const outcome = rules.weighed(held, asked, answered, doubtful)
        const situation = { steps: before, keyLifeMs: keyLifeMs ?? FOR_EVER, nowMs: deps.now().getTime() }
        const state = rules.stateAfter(held.state, asked, outcome, rules.doubtsOf(situation, doubtful))
        const step = stepOf(asked, outcome, by)
        // Asked again and again, a charge that waits answers the same; once is enough to know.
        const teaches = state !== held.state || !isToldAgain(before, step)
        const steps = teaches ? await append(tx, held, before, [step]) : before
        if (rules.isFinal(held.state) && state === held.state) return { charge: held, next: undefined }
        const ids = learned(held, asked, outcome)
        const charge = await change(tx, held, { state, ...ids, ...declineOf(state, held, outcome) })
        await follow(tx, held, charge, asked, by)
        if (outcome.outcome === 'succeeded' && invoice) await receiveFrom(tx, charge, invoice, outcome, asked)
        const heard = { asked, outcome: outcome.outcome }
        const next = keyLifeMs && (await announce(tx, charge, steps, by, { heard, keyLifeMs }))
        return { charge, next }
      }),

    /** Says when the processor is asked again, or that it is not any more: then what has not ended is for a person. */
    checkLater: (owner: Owner, id: string, times: number, over: boolean): Promise<void> =>
      withTransaction(database.knex, async (tx) => {
        const charge = await repo.lockCharge(tx, owner, id)
        if (!charge || !rules.isLive(charge.state)) return
        const delayMs = over ? undefined : rules.nextCheckMs(charge, times, deps.now().getTime())
        await change(tx, charge, { check_at: delayMs === undefined ? null : checkAt(delayMs) })
        if (delayMs !== undefined) await enqueue(tx, charge, times, delayMs)
      }),
  }
}

export type ChargeLedger = ReturnType<typeof chargeLedger>

/** Whoever was told something sends nothing, so that to them no key is too old. */
const FOR_EVER: rules.Lives = { create: Number.MAX_VALUE, confirm: Number.MAX_VALUE, capture: Number.MAX_VALUE }
