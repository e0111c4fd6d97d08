import { setTimeout as delay } from 'node:timers/promises'
import { NotFound, type Principal } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import { withTransaction } from '@kontor/postgres'
import type { Processor } from '@kontor/processors'
import type { Static } from 'typebox'
import { parsePayableId } from '../balances/document-id.ts'
import { RefundExceedsCharge } from '../balances/errors.ts'
import type { SendingBack } from '../balances/sending-back.ts'
import type { Charges, FoundCharge } from '../charges/findable.ts'
import type { Deps } from '../deps.ts'
import { InvalidTransition } from '../documents/errors.ts'
import { findDocument } from '../documents/repo.ts'
import { digestIntent, type IntentDigest } from '../idempotency/command.ts'
import { IdempotencyMismatch } from '../idempotency/errors.ts'
import { refuseCardNumbers } from '../wire/sensitive.ts'
import type { ChargeRefund } from './charge-refund.ts'
import { drive } from './drive.ts'
import { RefundNotSent } from './errors.ts'
import type { ChargeRefundLedger, Written } from './ledger.ts'
import * as repo from './repo.ts'
import { isAtWork } from './rules.ts'
import type { ChargeRefundStepWire, ChargeRefundWire, RefundCharge } from './schema.ts'
import { chargeRefundToWire, stepToWire } from './wire.ts'

type Request = Static<typeof RefundCharge>
type Wire = Static<typeof ChargeRefundWire>

/** What is answered: 202 as long as it is being worked on or found out. */
export interface RefundAnswer {
  readonly status: 201 | 202
  readonly body: Wire
  /** Whether an earlier request made it. */
  readonly replayed: boolean
}

/** How long a repetition waits for the first request to be answered, and how often it looks. */
const TWIN_WAIT_MS = 2_000
const TWIN_LOOK_MS = 100

export function chargeRefunds(deps: Deps, charges: Charges, money: SendingBack, ledger: ChargeRefundLedger) {
  const { database } = deps

  async function getCharge(actor: Principal, id: string): Promise<FoundCharge> {
    const charge = await charges.find(actor, id)
    if (!charge) throw new NotFound('charge')
    return charge
  }

  async function shown(actor: Principal, chargeId: string, id: string): Promise<Wire> {
    const refund = await repo.findRefund(database, actor, id)
    if (refund?.charge_id !== chargeId) throw new NotFound('refund')
    return chargeRefundToWire(refund)
  }

  async function answer(actor: Principal, refund: ChargeRefund, replayed: boolean): Promise<RefundAnswer> {
    if (refund.state === 'not_sent') throw new RefundNotSent(refund.id)
    const body = await shown(actor, refund.charge_id, refund.id)
    return { status: isAtWork(body.state) ? 202 : 201, body, replayed }
  }

  /** @returns The document whose allocation goes back. @throws {NotFound} It is not there, or another account's. */
  async function namedIn(actor: Principal, charge: FoundCharge, body: Request) {
    if (body.invoice_id === undefined) return { invoice_id: null, document_type: null }
    const { type, id } = parsePayableId(body.invoice_id)
    const invoice = await findDocument(database, actor, type, id)
    if (invoice?.account_id !== charge.account_id) throw new NotFound('invoice').at('/invoice_id')
    return { invoice_id: id, document_type: type }
  }

  /** Decides, holding the payment, whether the amount may go back, and fixes the refund's id under the caller's key. */
  function claim(
    actor: Principal,
    digest: IntentDigest,
    body: Request,
    charge: FoundCharge,
    named: Awaited<ReturnType<typeof namedIn>>,
  ): Promise<Written & { readonly isTwin: boolean }> {
    const paymentId = charge.payment_id as string
    return withTransaction(database.knex, async (tx) => {
      await money.holdPayment(tx, paymentId)
      // A twin that held the payment before has claimed the key, and the amount with it.
      const twin = await repo.findByIntent(tx, digest)
      if (twin) return { refund: twin, next: undefined, isTwin: true }
      const remainingMinor = await money.remainingMinor(tx, paymentId, named.invoice_id)
      const amountMinor = body.amount_minor === undefined ? remainingMinor : BigInt(body.amount_minor)
      refuseOver(amountMinor, remainingMinor)
      const at = deps.now()
      const refund: ChargeRefund = {
        id: deps.newId(bucketOf(charge.id)),
        tenant_id: actor.tenantId,
        mode: actor.mode,
        account_id: charge.account_id,
        charge_id: charge.id,
        payment_id: paymentId,
        ...named,
        key_id: actor.keyId,
        origin: 'request',
        request_hmac: digest.requestHmac,
        processor: charge.processor,
        currency: charge.currency,
        amount_minor: amountMinor,
        unbooked_minor: 0n,
        reason: body.reason ?? null,
        state: 'processing',
        reference: null,
        decline_reason: null,
        decline_soft: null,
        decline_code: null,
        check_at: null,
        version: 1,
        created_at: at,
        updated_at: at,
      }
      return { ...(await ledger.claim(tx, refund, digest.keyHmac)), isTwin: false }
    })
  }

  /** Takes up what was certainly not sent: its amount is free by now, and has to fit once more. */
  function reopen(actor: Principal, known: ChargeRefund, processor: Processor): Promise<Written> {
    return withTransaction(database.knex, async (tx) => {
      await money.holdPayment(tx, known.payment_id)
      const held = (await repo.lockRefund(tx, actor, known.id)) as ChargeRefund
      if (held.state !== 'not_sent') return { refund: held, next: undefined }
      refuseOver(held.amount_minor, await money.remainingMinor(tx, held.payment_id, held.invoice_id))
      return ledger.reopen(tx, held, processor.keyLifeMs.refund)
    })
  }

  /**
   * The same intent once more: the refund is shown as it stands. What was not sent is sent, and what is at work is waited for a little.
   *
   * @throws {IdempotencyMismatch} The key was used for another request.
   */
  async function repeat(actor: Principal, known: ChargeRefund, digest: IntentDigest): Promise<RefundAnswer> {
    if (!known.request_hmac?.equals(digest.requestHmac)) throw new IdempotencyMismatch()
    let refund = known
    for (let waitedMs = 0; refund.state === 'processing' && waitedMs < TWIN_WAIT_MS; waitedMs += TWIN_LOOK_MS) {
      await delay(TWIN_LOOK_MS)
      refund = (await repo.findRefund(database, actor, known.id)) ?? refund
    }
    if (refund.state !== 'not_sent') return answer(actor, refund, true)
    const [charge, processor] = [
      await getCharge(actor, refund.charge_id),
      await deps.processorOf(actor, refund.processor),
    ]
    const written = await reopen(actor, refund, processor)
    return answer(actor, await drive(ledger, processor, charge, written, 'request'), true)
  }

  return {
    /**
     * Sends money of a charge back. Claimed first, then asked for between transactions: wherever it ends, the refund is there, and its
     * job finds out.
     *
     * @throws {InvalidTransition} The charge took nothing.
     * @throws {RefundExceedsCharge} More than was taken and is not on its way back yet.
     * @throws {RefundNotSent} Certainly nothing was carried out.
     */
    async make(actor: Principal, chargeId: string, idempotencyKey: string, body: Request): Promise<RefundAnswer> {
      const digest = digestIntent(
        deps.idempotencySecret,
        {
          ...actor,
          operation: 'POST /v1/charges/:chargeId/refunds',
          parentId: chargeId,
          idempotencyKey,
          request: body,
        },
        bucketOf(chargeId),
      )
      const known = await repo.findByIntent(database.knex, digest)
      if (known) return repeat(actor, known, digest)
      refuseCardNumbers(body)
      const charge = await getCharge(actor, chargeId)
      if (charge.state !== 'succeeded') throw new InvalidTransition(charge.state, 'refunded', [])
      const named = await namedIn(actor, charge, body)
      // Before anything is written down: without credentials nobody can be asked.
      const processor = await deps.processorOf(actor, charge.processor)
      const claimed = await claim(actor, digest, body, charge, named)
      if (claimed.isTwin) return repeat(actor, claimed.refund, digest)
      return answer(actor, await drive(ledger, processor, charge, claimed, 'request'), false)
    },

    get: (actor: Principal, chargeId: string, id: string): Promise<Wire> => shown(actor, chargeId, id),

    async steps(actor: Principal, chargeId: string, id: string): Promise<Static<typeof ChargeRefundStepWire>[]> {
      await shown(actor, chargeId, id)
      return (await repo.listSteps(database.knex, id)).map(stepToWire)
    },

    async list(
      actor: Principal,
      chargeId: string,
      page: { readonly after: string | undefined; readonly limit: number },
    ): Promise<Wire[]> {
      await getCharge(actor, chargeId)
      return (await repo.listRefunds(database, actor, chargeId, page)).map(chargeRefundToWire)
    },
  }
}

/** @throws {RefundExceedsCharge} Nothing can go back any more, or less than that. */
function refuseOver(amountMinor: bigint, remainingMinor: bigint): void {
  if (amountMinor <= 0n || amountMinor > remainingMinor)
    throw new RefundExceedsCharge(remainingMinor).at('/amount_minor')
}
