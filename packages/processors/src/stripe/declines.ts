import { byCode, codeOf, type DeclineReason, isSoft } from '../decline.ts'
import type { Declined } from '../outcome.ts'

/**
 * `decline_code` of a card (docs.stripe.com/declines/codes), `failure_code` of a direct debit (docs.stripe.com/payments/sepa-debit,
 * "Failed payments") and `code` of an error (docs.stripe.com/error-codes) → our reason.
 */
export const STRIPE_DECLINES: ReadonlyMap<string, DeclineReason> = byCode({
  declined: `generic_decline call_issuer do_not_honor no_action_taken not_permitted security_violation service_not_allowed
    transaction_not_allowed testmode_decline card_declined payment_method_provider_decline payment_method_customer_decline
    refer_to_customer`,
  insufficient_funds: 'insufficient_funds',
  limit_exceeded:
    'card_velocity_exceeded withdrawal_count_limit_exceeded charge_exceeds_source_limit pin_try_exceeded card_decline_rate_limit_exceeded',
  issuer_unavailable: 'issuer_not_available try_again_later reenter_transaction payment_method_provider_timeout',
  processing_error: 'processing_error approve_with_id payment_intent_payment_attempt_failed',
  authentication_required:
    'authentication_required authentication_not_handled offline_pin_required online_or_offline_pin_required',
  authentication_failed: 'payment_intent_authentication_failure setup_intent_authentication_failure',
  expired_card: 'expired_card expired_payment_method',
  incorrect_details: `incorrect_number invalid_number incorrect_cvc invalid_cvc incorrect_pin invalid_pin incorrect_zip
    incorrect_address invalid_account invalid_expiry_month invalid_expiry_year no_account
    new_account_information_available bank_account_bad_routing_numbers`,
  lost_or_stolen: 'lost_card stolen_card pickup_card',
  fraud_suspected: 'fraudulent merchant_blacklist',
  instrument_not_supported: `card_not_supported payment_method_not_available payment_method_unsupported_type
    sepa_unsupported_account bank_account_restricted`,
  instrument_closed: 'account_closed bank_account_unusable',
  payer_restricted: 'restricted_card payment_method_bank_account_blocked payment_method_restricted do_not_try_again',
  mandate_invalid: 'payment_intent_mandate_invalid setup_intent_mandate_invalid',
  revoked: 'revocation_of_all_authorizations revocation_of_authorization stop_payment_order debit_not_authorized',
  currency_not_supported: 'currency_not_supported payment_method_currency_mismatch',
  duplicate: 'duplicate_transaction',
  merchant_restricted: 'testmode_charges_only account_invalid platform_account_required',
  not_found: 'resource_missing',
  wrong_state: `payment_intent_unexpected_state setup_intent_unexpected_state charge_already_captured
    charge_expired_for_capture capture_charge_authorization_expired intent_invalid_state payment_method_unexpected_state`,
  not_refundable:
    'charge_already_refunded charge_disputed refund_disputed_payment balance_insufficient charge_not_refundable',
  invalid_request:
    'invalid_amount amount_too_small amount_too_large parameter_invalid_empty parameter_missing parameter_unknown',
})

/** The parts of a `last_payment_error`, a `last_setup_error` or an error answer that say why. */
export interface StripeDecline {
  readonly decline_code?: unknown
  readonly code?: unknown
  readonly advice_code?: unknown
}

export function declined(error: StripeDecline, reference?: string, otherwise: DeclineReason = 'declined'): Declined {
  const code = codeOf(error.decline_code) ?? codeOf(error.code)
  const reason = STRIPE_DECLINES.get(code ?? '') ?? STRIPE_DECLINES.get(codeOf(error.code) ?? '') ?? otherwise
  return {
    outcome: 'declined',
    reason,
    // The card network says so through Stripe, and charges a fee to who tries all the same (docs.stripe.com/declines/codes, "advice_code").
    soft: isSoft(reason) && error.advice_code !== 'do_not_try_again',
    ...(code === undefined ? {} : { code }),
    ...(reference === undefined ? {} : { reference }),
  }
}
