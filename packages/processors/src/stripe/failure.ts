import Stripe from 'stripe'
import { ExchangeFailed } from '../exchange-failed.ts'
import { type Declined, type NotSent, notSent, type Unknown, unknown } from '../outcome.ts'
import { declined, type StripeDecline } from './declines.ts'

/**
 * What an error of the package means. Its own texts go nowhere: they may quote what was sent.
 *
 * @see docs.stripe.com/api/errors, docs.stripe.com/error-low-level, docs.stripe.com/api/idempotent_requests
 */
export function outcomeOfFailure(error: unknown): Declined | NotSent | Unknown {
  if (error instanceof ExchangeFailed) return error.outcome
  if (!(error instanceof Stripe.errors.StripeError)) return unknown('unreadable_answer')
  if (error.detail instanceof ExchangeFailed) return error.detail.outcome
  const { statusCode: status = 0, rawType } = error
  // The same key with another request: something under this key exists, and it is not this.
  if (status === 400 && rawType === 'idempotency_error') return unknown('key_conflict')
  if (status === 409) return unknown('in_progress')
  if (status === 401) return notSent('credentials_refused')
  // Refused before anything is carried out, and not remembered under the key.
  if (status === 429) return notSent('rate_limited')
  if (status === 402) return declined(raw(error), intentId(error))
  if (status === 403) return declined(raw(error), undefined, 'merchant_restricted')
  if (status === 404) return declined(raw(error), undefined, 'not_found')
  if (status >= 400 && status < 500) return declined(raw(error), undefined, 'invalid_request')
  return unknown(status >= 500 ? 'processor_error' : 'unreadable_answer')
}

/** The PaymentIntent or SetupIntent that an error answer shows, as it is now. */
export function shownIntent(error: unknown, kind: 'payment_intent' | 'setup_intent'): unknown {
  return error instanceof Stripe.errors.StripeError
    ? (error.raw as Record<string, unknown> | undefined)?.[kind]
    : undefined
}

function raw(error: InstanceType<typeof Stripe.errors.StripeError>): StripeDecline {
  return (error.raw ?? {}) as StripeDecline
}

function intentId(error: unknown): string | undefined {
  const intent = (shownIntent(error, 'payment_intent') ?? shownIntent(error, 'setup_intent')) as
    | { id?: unknown }
    | undefined
  return typeof intent?.id === 'string' ? intent.id : undefined
}
