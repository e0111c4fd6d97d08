import { InstrumentNotAccepted } from '../errors.ts'
import { checkedKey, partKey } from '../idempotency-key.ts'
import type { RegisterOutcome } from '../instrument.ts'
import { type Declined, type NotSent, type Unknown, unknown } from '../outcome.ts'
import type { Keyed, RegisterRequest } from '../processor.ts'
import { approvalOf, idOf, member, outcomeOfFailure, refusalOf } from './outcomes.ts'
import { createPaymentToken, createSetupToken, getSetupToken, type PaypalRequest } from './request.ts'
import type { PaypalClient } from './sdk.ts'

/**
 * A setup token, and the page on which the payer agrees to it at PayPal.
 *
 * @throws {InstrumentNotAccepted}
 */
export async function registerAtPaypal(client: PaypalClient, request: RegisterRequest): Promise<RegisterOutcome> {
  const { idempotencyKey, instrument, customer } = request
  if (instrument.type !== 'paypal') throw new InstrumentNotAccepted('PayPal registers PayPal accounts')
  const body = {
    payment_source: {
      paypal: {
        usage_type: 'MERCHANT',
        experience_context: {
          return_url: instrument.returnUrl,
          cancel_url: instrument.cancelUrl,
          shipping_preference: 'NO_SHIPPING',
        },
      },
    },
    ...(customer ? { customer: { id: customer } } : {}),
  }
  const made = await answer(client, createSetupToken(checkedKey(idempotencyKey), body))
  return 'outcome' in made ? made : setupOutcome(made.body)
}

/** Asks whether the payer has agreed, and then keeps what they agreed to. */
export async function finishAtPaypal(
  client: PaypalClient,
  { idempotencyKey, registration }: Keyed & { readonly registration: string },
): Promise<RegisterOutcome> {
  const key = partKey(idempotencyKey, 'tok')
  const setup = await answer(client, getSetupToken(registration))
  if ('outcome' in setup) return setup
  const status = member(setup.body, 'status')
  if (status !== 'APPROVED' && status !== 'VAULTED') return setupOutcome(setup.body)
  // The description of the API knows no other type than BILLING_AGREEMENT; the guide to it, and the API, do.
  const kept = await answer(
    client,
    createPaymentToken(key, { payment_source: { token: { id: registration, type: 'SETUP_TOKEN' } } }),
  )
  if ('outcome' in kept) return kept
  const instrument = idOf(member(kept.body, 'id'))
  const customer = idOf(member(member(kept.body, 'customer'), 'id'))
  if (instrument === undefined) return unknown('unreadable_answer', registration)
  return { outcome: 'registered', reference: { type: 'paypal', instrument, ...(customer ? { customer } : {}) } }
}

function setupOutcome(setup: unknown): RegisterOutcome {
  const registration = idOf(member(setup, 'id'))
  const action = approvalOf(member(setup, 'links'))
  if (registration === undefined) return unknown('unreadable_answer')
  if (member(setup, 'status') === 'PAYER_ACTION_REQUIRED' && action)
    return { outcome: 'requires_action', registration, action }
  return { outcome: 'pending', registration }
}

async function answer(
  client: PaypalClient,
  request: PaypalRequest,
): Promise<{ readonly body: unknown } | Declined | NotSent | Unknown> {
  try {
    const answered = await client.execute(request)
    return refusalOf(answered) ?? { body: answered.body }
  } catch (error) {
    return outcomeOfFailure(error)
  }
}
