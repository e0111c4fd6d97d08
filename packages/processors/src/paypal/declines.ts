import { byCode, type DeclineReason, isSoft } from '../decline.ts'
import type { Declined } from '../outcome.ts'

/**
 * `issue` of an error (PayPal's OpenAPI descriptions "checkout_orders_v2" and "payments_payment_v2", the answers 403 and 422) → our
 * reason. A test holds every one of them against these descriptions.
 */
export const PAYPAL_ISSUES: ReadonlyMap<string, DeclineReason> = byCode({
  declined: `INSTRUMENT_DECLINED TRANSACTION_REFUSED PAYER_CANNOT_PAY REDIRECT_PAYER_FOR_ALTERNATE_FUNDING AUTHORIZATION_DENIED
    PAYMENT_SOURCE_DECLINED_BY_PROCESSOR`,
  insufficient_funds: 'REFUND_FAILED_INSUFFICIENT_FUNDS',
  limit_exceeded:
    'TRANSACTION_LIMIT_EXCEEDED MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED TRANSACTION_RECEIVING_LIMIT_EXCEEDED',
  expired_card: 'CARD_EXPIRED REFERENCED_CARD_EXPIRED',
  instrument_not_supported: `PAYMENT_SOURCE_CANNOT_BE_USED PAYMENT_SOURCE_NOT_SUPPORTED CARD_BRAND_NOT_SUPPORTED
    MISMATCHED_VAULT_ID_TO_PAYMENT_SOURCE DOMESTIC_TRANSACTION_REQUIRED`,
  instrument_closed: 'TOKEN_ID_NOT_FOUND TOKEN_EXPIRED BILLING_AGREEMENT_NOT_FOUND PAYPAL_TRANSACTION_ID_EXPIRED',
  payer_restricted: 'PAYER_ACCOUNT_LOCKED_OR_CLOSED PAYER_ACCOUNT_RESTRICTED',
  revoked: 'AGREEMENT_ALREADY_CANCELLED CONSENT_NEEDED',
  currency_not_supported: 'INVALID_CURRENCY_CODE',
  duplicate: 'DUPLICATE_INVOICE_ID',
  compliance: 'COMPLIANCE_VIOLATION',
  merchant_restricted: `PAYEE_BLOCKED_TRANSACTION TRANSACTION_BLOCKED_BY_PAYEE PAYEE_ACCOUNT_INVALID PAYEE_ACCOUNT_RESTRICTED
    PAYEE_ACCOUNT_LOCKED_OR_CLOSED PAYEE_ACCOUNT_NOT_VERIFIED PERMISSION_DENIED AUTH_CAPTURE_NOT_ENABLED
    NOT_ELIGIBLE_FOR_TOKEN_PROCESSING NOT_ENABLED_TO_VAULT_PAYMENT_SOURCE`,
  not_found: 'INVALID_RESOURCE_ID',
  wrong_state: `ORDER_NOT_APPROVED ORDER_ALREADY_CAPTURED ORDER_ALREADY_AUTHORIZED ORDER_COMPLETED_OR_VOIDED ORDER_EXPIRED
    ACTION_DOES_NOT_MATCH_INTENT AUTHORIZATION_VOIDED AUTHORIZATION_EXPIRED AUTHORIZATION_ALREADY_CAPTURED PREVIOUSLY_CAPTURED
    PREVIOUSLY_VOIDED CANNOT_BE_VOIDED MAX_CAPTURE_COUNT_EXCEEDED MAX_CAPTURE_AMOUNT_EXCEEDED`,
  not_refundable: `CAPTURE_FULLY_REFUNDED REFUND_NOT_ALLOWED REFUND_TIME_LIMIT_EXCEEDED REFUND_AMOUNT_EXCEEDED
    REFUND_AMOUNT_TOO_LOW PARTIAL_REFUND_NOT_ALLOWED MAX_NUMBER_OF_REFUNDS_EXCEEDED PENDING_CAPTURE
    REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK TRANSACTION_DISPUTED REFUND_IS_RESTRICTED REFUND_CAPTURE_CURRENCY_MISMATCH`,
})

/** Issues after which nobody knows yet what becomes of the request that came before. */
export const IN_PROGRESS: ReadonlySet<string> = new Set([
  'ORDER_COMPLETION_IN_PROGRESS',
  'PREVIOUS_REQUEST_IN_PROGRESS',
])

/**
 * `processor_response.response_code` of a capture that was declined; the others stay `declined`.
 *
 * @see developer.paypal.com/docs/checkout/advanced/customize/card-decline-errors
 */
const RESPONSES = byCode({
  incorrect_details: '5110 5180 1330',
  insufficient_funds: '5120',
  authentication_required: '5650',
  expired_card: '5400',
  fraud_suspected: '9500',
  lost_or_stolen: '9520',
  issuer_unavailable: '9100',
})

export function declinedByIssue(issue: string | undefined, otherwise: DeclineReason, reference?: string): Declined {
  return refusal(PAYPAL_ISSUES.get(issue ?? '') ?? otherwise, issue, reference)
}

export function declinedByResponse(response: unknown, reference?: string): Declined {
  const { response_code: code } = (response ?? {}) as { response_code?: unknown }
  const known = typeof code === 'string' && /^[0-9A-Z]{4}$/.test(code) ? code : undefined
  return refusal(RESPONSES.get(known ?? '') ?? 'declined', known, reference)
}

function refusal(reason: DeclineReason, code: string | undefined, reference: string | undefined): Declined {
  return {
    outcome: 'declined',
    reason,
    soft: isSoft(reason),
    ...(code === undefined ? {} : { code }),
    ...(reference === undefined ? {} : { reference }),
  }
}
