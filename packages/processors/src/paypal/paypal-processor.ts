import { paypalAmount } from '../amount.ts'
import { InstrumentNotAccepted } from '../errors.ts'
import { checkedKey } from '../idempotency-key.ts'
import type { InstrumentReference, PayerApproval } from '../instrument.ts'
import {
  type ChargeOutcome,
  type CreateOutcome,
  notSent,
  type RefundOutcome,
  type RequiresAction,
  unknown,
} from '../outcome.ts'
import type { CreateRequest, KeyLife, Processor } from '../processor.ts'
import {
  approvalOf,
  captureOutcome,
  idOf,
  issueOf,
  items,
  member,
  orderOutcome,
  outcomeOfFailure,
  refundOutcome,
  refusalOf,
} from './outcomes.ts'
import { finishAtPaypal, registerAtPaypal } from './register.ts'
import { confirmOrder, type PaypalAnswer, type PaypalRequest } from './request.ts'
import {
  authorizeOrder,
  captureAuthorization,
  captureOrder,
  createOrder,
  getOrder,
  getRefund,
  PaypalClient,
  type PaypalConnection,
  refundCapture,
  voidAuthorization,
} from './sdk.ts'
import { verifyPaypalWebhook } from './webhooks.ts'

export interface PaypalOptions extends PaypalConnection {
  /** The id that PayPal gave the endpoint. */
  readonly webhookId: string
}

const HOUR_MS = 3_600_000
/** "The server stores keys for …" of the header PayPal-Request-Id, in each of the three descriptions of the API. */
const KEY_LIFE_MS: KeyLife = {
  register: 3 * HOUR_MS,
  create: 6 * HOUR_MS,
  confirm: 6 * HOUR_MS,
  capture: 45 * 24 * HOUR_MS,
  refund: 45 * 24 * HOUR_MS,
}

/**
 * PayPal, through orders. An order is created without a payment source, because one with a vaulted account would be captured by the
 * same request, before its id is known.
 */
export function paypalProcessor(options: PaypalOptions): Processor {
  const client = new PaypalClient(options)

  async function ask<T>(request: PaypalRequest, read: (answer: PaypalAnswer) => T | Promise<T>) {
    try {
      return await read(await client.execute(request))
    } catch (error) {
      return outcomeOfFailure(error)
    }
  }

  const retrieve = (reference: string): Promise<ChargeOutcome> =>
    ask(getOrder(reference), (answer) => refusalOf(answer, reference) ?? orderOutcome(answer.body))

  /** A change of an order. Where its state did not allow it, the order says what there is to know. */
  async function change(
    request: PaypalRequest,
    reference: string,
    read: (answer: PaypalAnswer) => ChargeOutcome,
  ): Promise<ChargeOutcome> {
    const outcome = await ask(
      request,
      (answer) => payerActionOf(answer, reference) ?? refusalOf(answer, reference) ?? read(answer),
    )
    if (outcome.outcome !== 'declined' || outcome.reason !== 'wrong_state') return outcome
    const now = await retrieve(reference)
    return now.outcome === 'created' || now.outcome === 'not_sent' ? outcome : now
  }

  /** The capture or authorization in an order, where the caller does not know it. Nothing has been sent while it is looked for. */
  async function movementIn(reference: string, kind: 'captures' | 'authorizations') {
    return ask(getOrder(reference), (answer) => {
      const refusal = refusalOf(answer, reference)
      if (refusal) return refusal.outcome === 'unknown' ? notSent('preparation_failed') : refusal
      const unit = items(member(answer.body, 'purchase_units'))[0]
      return idOf(member(items(member(member(unit, 'payments'), kind)).at(-1), 'id')) ?? orderOutcome(answer.body)
    }).then((found) =>
      typeof found !== 'string' && found.outcome === 'unknown' ? notSent('preparation_failed') : found,
    )
  }

  /** How far the payer is with an order. While it is asked, nothing has been sent. */
  function statusOf(reference: string): Promise<string | ChargeOutcome> {
    return ask(getOrder(reference), (answer) => {
      const refusal = refusalOf(answer, reference)
      if (refusal) return refusal.outcome === 'unknown' ? notSent('preparation_failed') : refusal
      const { status } = answer.body
      return typeof status === 'string' ? status : notSent('preparation_failed')
    }).then((found) =>
      typeof found !== 'string' && found.outcome === 'unknown' ? notSent('preparation_failed') : found,
    )
  }

  return {
    name: 'paypal',
    keyLifeMs: KEY_LIFE_MS,

    register: (request) => registerAtPaypal(client, request),
    finishRegistration: (request) => finishAtPaypal(client, request),

    async create(request): Promise<CreateOutcome> {
      const order = createOrder(checkedKey(request.idempotencyKey), orderBody(request))
      return ask(order, (answer) => {
        const outcome = refusalOf(answer) ?? orderOutcome(answer.body)
        return 'reference' in outcome && !['created', 'declined', 'unknown'].includes(outcome.outcome)
          ? unknown('key_conflict', outcome.reference)
          : (outcome as CreateOutcome)
      })
    },

    async confirm({ idempotencyKey, reference, instrument, capture }) {
      checkedKey(idempotencyKey)
      const pay = (body: object) =>
        change(
          (capture === 'manual' ? authorizeOrder : captureOrder)(idempotencyKey, reference, body),
          reference,
          ({ body: order }) => orderOutcome(order),
        )
      if (instrument.type !== 'approval') return pay({ payment_source: { paypal: { vault_id: vaultId(instrument) } } })
      const status = await statusOf(reference)
      if (typeof status !== 'string') return status
      if (status === 'APPROVED') return pay({})
      if (status !== 'CREATED') return retrieve(reference)
      const asked = confirmOrder(reference, { payment_source: { paypal: approvalSource(instrument) } })
      return change(asked, reference, ({ body: order }) => orderOutcome(order))
    },

    async capture({ idempotencyKey, reference, movement, amount }) {
      checkedKey(idempotencyKey)
      const body = { ...(amount ? { amount: paypalAmount(amount) } : {}), final_capture: true }
      const authorization = movement ?? (await movementIn(reference, 'authorizations'))
      if (typeof authorization !== 'string') return authorization
      return change(captureAuthorization(idempotencyKey, authorization, body), reference, ({ body: capture }) =>
        captureOutcome(capture, reference),
      )
    },

    /** An order without an authorization needs no letting go: only a request of ours could capture it, and it ends by itself. */
    async cancel({ idempotencyKey, reference, movement }) {
      checkedKey(idempotencyKey)
      const authorization = movement ?? (await movementIn(reference, 'authorizations'))
      if (typeof authorization !== 'string')
        return authorization.outcome === 'created' || authorization.outcome === 'requires_action'
          ? { ...withoutAction(authorization), outcome: 'cancelled' }
          : authorization
      return change(voidAuthorization(authorization), reference, () => ({
        outcome: 'cancelled',
        reference,
        movement: authorization,
      }))
    },

    async refund({ idempotencyKey, reference, movement, amount, ourReference }): Promise<RefundOutcome> {
      checkedKey(idempotencyKey)
      const body = {
        ...(amount ? { amount: paypalAmount(amount) } : {}),
        ...(ourReference ? { custom_id: ourReference } : {}),
      }
      const capture = movement ?? (await movementIn(reference, 'captures'))
      if (typeof capture !== 'string') {
        if (capture.outcome === 'declined' || capture.outcome === 'not_sent') return capture
        return { outcome: 'declined', reason: 'not_refundable', soft: false }
      }
      return ask(
        refundCapture(idempotencyKey, capture, body),
        (answer) => refusalOf(answer) ?? refundOutcome(answer.body),
      )
    },

    retrieve: (reference) => ask(getOrder(reference), (answer) => refusalOf(answer) ?? orderOutcome(answer.body)),
    retrieveRefund: (reference) =>
      ask(getRefund(reference), (answer) => refusalOf(answer) ?? refundOutcome(answer.body)),
    verifyWebhook: (delivery) => verifyPaypalWebhook(client, options.webhookId, delivery),
  }
}

function orderBody({ amount, capture, instrument, ourReference }: CreateRequest): object {
  if (instrument.type !== 'approval') vaultId(instrument)
  return {
    intent: capture === 'manual' ? 'AUTHORIZE' : 'CAPTURE',
    purchase_units: [{ custom_id: ourReference, amount: paypalAmount(amount) }],
  }
}

/** @throws {InstrumentNotAccepted} */
function vaultId({ type, instrument }: InstrumentReference): string {
  if (type !== 'paypal') throw new InstrumentNotAccepted('this instrument is not registered with PayPal')
  return instrument
}

function approvalSource({ returnUrl, cancelUrl }: PayerApproval): object {
  return {
    experience_context: {
      return_url: returnUrl,
      cancel_url: cancelUrl,
      user_action: 'PAY_NOW',
      shipping_preference: 'NO_SHIPPING',
    },
  }
}

/** The payer has to agree again: an error with a link. */
function payerActionOf({ status, body }: PaypalAnswer, reference: string): RequiresAction | undefined {
  const action = approvalOf(body.links)
  if (status !== 422 || issueOf(body) !== 'PAYER_ACTION_REQUIRED' || action === undefined) return undefined
  return { outcome: 'requires_action', action, reference }
}

function withoutAction<T extends object>(outcome: T): Omit<T, 'action'> {
  const { action: _, ...rest } = outcome as T & { action?: unknown }
  return rest
}
