import { setTimeout as delay } from 'node:timers/promises'
import { NotFound, type Principal } from '@kontor/http-api'
import { bucketOf, parseId } from '@kontor/ids'
import { withTransaction } from '@kontor/postgres'
import type { Processor } from '@kontor/processors'
import type { Static } from 'typebox'
import { formatPayableId, parsePayableId } from '../balances/document-id.ts'
import { OverAllocation } from '../balances/errors.ts'
import { lockOpen } from '../balances/open.ts'
import type { Deps } from '../deps.ts'
import { NotIssued } from '../documents/errors.ts'
import { digestIntent, type IntentDigest } from '../idempotency/command.ts'
import { IdempotencyMismatch } from '../idempotency/errors.ts'
import { refuseCardNumbers } from '../wire/sensitive.ts'
import type { Asks } from './asks.ts'
import { type Asked, type Charge, RETRIEVE } from './charge.ts'
import { type Driven, drive } from './drive.ts'
import { CaptureExceedsCharge, ChargeNotSent } from './errors.ts'
import { freshCharge, type Judged } from './fresh-charge.ts'
import type { Written } from './ledger.ts'
import { type Payable, payableReads } from './payable-reads.ts'
import * as repo from './repo.ts'
import { isLive } from './rules.ts'
import type { ChargeStepWire, ChargeWire, CreateCharge, ReadChargeWire } from './schema.ts'
import { chargeToWire, readToWire, stepToWire } from './wire.ts'

type Request = Static<typeof CreateCharge>
type Wire = Static<typeof ChargeWire>
type ReadWire = Static<typeof ReadChargeWire>

/** What is answered: 202 as long as it is being worked on or found out. */
export interface ShownAnswer {
  readonly status: 200 | 201 | 202
  readonly body: Wire
  /** Whether an earlier request made it. */
  readonly replayed: boolean
}

/** How often a processor is chosen anew because somebody pays meanwhile. */
const CHOICES_MAX = 3

/** How long a repetition waits for the first request to be answered, and how often it looks. */
const TWIN_WAIT_MS = 2_000
const TWIN_LOOK_MS = 100

export function charges(deps: Deps, { ledger, choose, fallBack, dropRetry }: Asks) {
  const { database } = deps
  const read = payableReads(database)

  async function find(actor: Principal, id: string): Promise<repo.ShownCharge> {
    const charge = await repo.findCharge(database, actor, id)
    if (!charge) throw new NotFound('charge')
    return charge
  }

  async function answer(
    actor: Principal,
    { charge, action, notSent, paymentId }: Driven,
    { done, replayed }: { readonly done: 200 | 201; readonly replayed: boolean },
  ): Promise<ShownAnswer> {
    const isDoubtful = charge.state === 'processing' || charge.state === 'unknown'
    if (charge.state === 'not_sent' || (notSent && !isDoubtful)) throw new ChargeNotSent(charge.id)
    const body =
      paymentId === undefined
        ? chargeToWire(await find(actor, charge.id), action)
        : chargeToWire({ ...charge, payment_id: paymentId, retried_by: null, retry: null }, action)
    const atWork = body.state === 'processing' || body.state === 'unknown'
    return { status: atWork ? 202 : done, body, replayed }
  }

  /**
   * Reads and checks what needs no lock: the vault, the credentials. An instrument that the processor does not know yet is registered
   * there, which moves no money.
   */
  async function judge(
    actor: Principal,
    body: Request,
    parentId: string,
    invoice: Payable | undefined,
  ): Promise<Judged> {
    refuseCardNumbers(body)
    if (!invoice) throw new NotFound('invoice')
    if (invoice.state !== 'issued') throw new NotIssued()
    const tokenId = parseId('tok', body.token_id)
    // A token of the account shares its bucket; whether it is that account's is checked once it is known.
    const mayFit = bucketOf(tokenId) === bucketOf(parentId)
    const instrument = mayFit ? await deps.findInstrument(actor, tokenId, 'registrations') : undefined
    if (instrument?.accountId !== invoice.account_id) throw new NotFound('token').at('/token_id')
    let forMinor: bigint | undefined
    const amountOf = async () => {
      if (body.amount_minor !== undefined) return BigInt(body.amount_minor)
      forMinor = invoice.open_minor - invoice.charging_minor
      return forMinor
    }
    const { name, fallback, chosenBy } =
      body.processor === undefined
        ? await choose(actor, { type: instrument.type, currency: invoice.currency }, amountOf)
        : ({ name: body.processor, fallback: null, chosenBy: 'request' } as const)
    const processor = await deps.processorOf(actor, name)
    const registration = await deps.registrationOf(actor, tokenId, name, instrument.registrations)
    return { invoice, instrument, processor, registration, fallback, chosenBy, forMinor }
  }

  /**
   * Fixes the charge's id under the caller's key, by what was open when the request came. The database refuses what is over that by now.
   *
   * @returns `undefined` where it has to be looked at more closely.
   */
  async function claimAtOnce(
    actor: Principal,
    digest: IntentDigest,
    body: Request,
    judged: Judged,
  ): Promise<Written | undefined> {
    const { time_zone: timeZone, open_minor, charging_minor } = judged.invoice
    const leftMinor = open_minor - charging_minor
    const amountMinor = body.amount_minor === undefined ? leftMinor : BigInt(body.amount_minor)
    if (timeZone === null || amountMinor <= 0n || amountMinor > leftMinor) return undefined
    const charge = freshCharge(deps, actor, digest, body, judged, amountMinor)
    return ledger.claimAtOnce(charge, digest.keyHmac, timeZone)
  }

  /** Decides, holding the invoice, whether the amount may be taken, and fixes the charge's id under the caller's key. */
  function claim(
    actor: Principal,
    digest: IntentDigest,
    body: Request,
    judged: Judged,
    isLast: boolean,
  ): Promise<(Written & { readonly isTwin: boolean }) | undefined> {
    return withTransaction(database.knex, async (tx) => {
      const { id: parentId, document_type: type } = judged.invoice
      const invoice = await lockOpen(tx, actor, parentId)
      if (!invoice) throw new NotFound('invoice')
      // A twin that held the invoice before has claimed the key, and the amount with it.
      const twin = await repo.findByIntent(tx, digest)
      if (twin) return { charge: twin, next: undefined, isTwin: true }
      const leftMinor = invoice.open_minor - (await repo.chargingMinor(tx, parentId))
      const amountMinor = body.amount_minor === undefined ? leftMinor : BigInt(body.amount_minor)
      refuseOver(amountMinor, leftMinor, formatPayableId(type, parentId))
      // Somebody has paid since the processor was chosen by the amount.
      const { forMinor } = judged
      if (forMinor !== undefined && forMinor !== amountMinor && !isLast) return undefined
      const charge = freshCharge(deps, actor, digest, body, judged, amountMinor)
      return { ...(await ledger.claim(tx, charge, digest.keyHmac)), isTwin: false }
    })
  }

  /** Takes up what was certainly not sent: its amount is free by now, and has to fit once more. */
  function reopen(actor: Principal, known: Charge, processor: Processor): Promise<Written> {
    return withTransaction(database.knex, async (tx) => {
      const invoice = await lockOpen(tx, actor, known.invoice_id)
      const held = (await repo.lockCharge(tx, actor, known.id)) as Charge
      if (held.state !== 'not_sent' || !invoice) return { charge: held, next: undefined }
      // The other processor has been asked meanwhile: this one never is again.
      const followed = await repo.findAttemptAfter(tx, known.id)
      if (followed) return { charge: followed, next: undefined }
      const leftMinor = invoice.open_minor - (await repo.chargingMinor(tx, known.invoice_id))
      refuseOver(held.amount_minor, leftMinor, formatPayableId(held.document_type, held.invoice_id))
      return ledger.reopen(tx, held, processor.keyLifeMs)
    })
  }

  /**
   * The same intent once more. What has ended is shown, and is the same to the byte for ever; what waits for the payer is handed over
   * again; what was not sent is sent; and what is at work is waited for a little, and shown as it stands.
   *
   * @throws {IdempotencyMismatch} The key was used for another request.
   */
  async function repeat(actor: Principal, known: Charge, digest: IntentDigest): Promise<ShownAnswer> {
    if (!known.request_hmac.equals(digest.requestHmac)) throw new IdempotencyMismatch()
    let charge: Charge = (known.fallback && (await repo.findFallbackOf(database.knex, known.id))) || known
    for (let waitedMs = 0; charge.state === 'processing' && waitedMs < TWIN_WAIT_MS; waitedMs += TWIN_LOOK_MS) {
      await delay(TWIN_LOOK_MS)
      charge = (await repo.findCharge(database, actor, charge.id)) ?? charge
    }
    const kind = { done: 201, replayed: true } as const
    if (charge.state !== 'not_sent' && charge.state !== 'requires_action') {
      return answer(actor, await fallBack(actor, asItStands(charge), 'request'), kind)
    }
    const processor = await deps.processorOf(actor, charge.processor)
    const written =
      charge.state === 'not_sent' ? await reopen(actor, charge, processor) : { charge, next: RETRIEVE satisfies Asked }
    const driven = await drive(ledger, processor, written, 'request')
    return answer(actor, await fallBack(actor, driven, 'request'), kind)
  }

  return {
    /**
     * Takes the money for an invoice. Claimed first, then asked for between transactions: wherever it ends, the charge is there, and its
     * job finds out.
     *
     * @throws {OverAllocation} More than what is open and no other charge is about to take.
     * @throws {ChargeNotSent} Certainly nothing was carried out.
     */
    async make(actor: Principal, idempotencyKey: string, body: Request): Promise<ShownAnswer> {
      const { type, id: parentId } = parsePayableId(body.invoice_id)
      const digest = digestIntent(
        deps.idempotencySecret,
        { ...actor, operation: 'POST /v1/charges', parentId, idempotencyKey, request: body },
        bucketOf(parentId),
      )
      for (let choice = 1; ; choice++) {
        const found = await read({ owner: actor, type, id: parentId, digest })
        const known = found.isKnown ? await repo.findByIntent(database.knex, digest) : undefined
        if (known) return repeat(actor, known, digest)
        const judged = await judge(actor, body, parentId, found.invoice)
        const atOnce = await claimAtOnce(actor, digest, body, judged)
        const claimed = atOnce
          ? { ...atOnce, isTwin: false }
          : await claim(actor, digest, body, judged, choice === CHOICES_MAX)
        if (!claimed) continue
        if (claimed.isTwin) return repeat(actor, claimed.charge, digest)
        const driven = await drive(ledger, judged.processor, claimed, 'request')
        return answer(actor, await fallBack(actor, driven, 'request'), { done: 201, replayed: false })
      }
    },

    /** The payer is back. Whatever the charge has come to meanwhile is shown. */
    async confirm(actor: Principal, id: string): Promise<ShownAnswer> {
      const found = await find(actor, id)
      const processor = isLive(found.state) ? await deps.processorOf(actor, found.processor) : undefined
      const written = processor && (await ledger.confirmAgain(actor, id))
      const driven = processor && written ? await drive(ledger, processor, written, 'request') : asItStands(found)
      return answer(actor, driven, { done: 200, replayed: false })
    },

    /**
     * Takes what is held, or lets go of it. Once that is done or under way, the charge is shown as it stands.
     *
     * @throws {InvalidTransition} The charge is in no state for it.
     */
    async letGo(
      actor: Principal,
      id: string,
      letting: { readonly request: 'capture' | 'cancel'; readonly amountMinor?: bigint | undefined },
    ): Promise<ShownAnswer> {
      const found = await find(actor, id)
      if (letting.amountMinor !== undefined && letting.amountMinor > found.amount_minor) {
        throw new CaptureExceedsCharge(found.amount_minor).at('/amount_minor')
      }
      if (letting.request === 'cancel' && (found.state === 'declined' || found.state === 'not_sent')) {
        const isDropped = await dropRetry(actor, id)
        if (isDropped && found.state === 'declined')
          return answer(actor, asItStands(found), { done: 200, replayed: false })
      }
      // Before anything is written down: without credentials nobody can be asked.
      const isHeldThere = found.reference !== null && isLive(found.state)
      const processor = isHeldThere ? await deps.processorOf(actor, found.processor) : undefined
      const written = (await ledger.letGo(actor, id, letting)) as Written
      const driven = processor ? await drive(ledger, processor, written, 'request') : asItStands(written.charge)
      return answer(actor, driven, { done: 200, replayed: false })
    },

    get: async (actor: Principal, id: string): Promise<ReadWire> => readToWire(await find(actor, id)),

    async steps(actor: Principal, id: string): Promise<Static<typeof ChargeStepWire>[]> {
      await find(actor, id)
      return (await repo.listSteps(database.knex, id)).map(stepToWire)
    },

    async list(actor: Principal, page: Parameters<typeof repo.listCharges>[2]): Promise<ReadWire[]> {
      return (await repo.listCharges(database, actor, page)).map(readToWire)
    },
  }
}

const asItStands = (charge: Charge): Driven => ({
  charge,
  action: null,
  notSent: false,
  paymentId: undefined,
})

/** @throws {OverAllocation} Nothing is left, or less than that. */
function refuseOver(amountMinor: bigint, leftMinor: bigint, invoiceId: string): void {
  const leftOver = leftMinor > 0n ? leftMinor : 0n
  if (amountMinor <= 0n || amountMinor > leftOver) throw new OverAllocation(leftOver, invoiceId).at('/amount_minor')
}
