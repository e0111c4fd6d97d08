/**
 * Why a charge, a refund or a registration is refused, in our words, and whether the same request may succeed later.
 *
 * A soft one can be tried again on a schedule, or elsewhere. Of a hard one somebody has to change something first: the payer
 * another instrument, or we our configuration.
 */
export const DECLINE_REASONS = {
  /** The issuer says no more than no. */
  declined: 'soft',
  insufficient_funds: 'soft',
  limit_exceeded: 'soft',
  issuer_unavailable: 'soft',
  processing_error: 'soft',
  /** The payer has to agree in person; charging again while they are away changes nothing. */
  authentication_required: 'hard',
  authentication_failed: 'hard',
  expired_card: 'hard',
  incorrect_details: 'hard',
  lost_or_stolen: 'hard',
  fraud_suspected: 'hard',
  instrument_not_supported: 'hard',
  instrument_closed: 'hard',
  payer_restricted: 'hard',
  mandate_invalid: 'hard',
  /** The payer took the permission back. */
  revoked: 'hard',
  currency_not_supported: 'hard',
  duplicate: 'hard',
  compliance: 'hard',
  /** The tenant's own account at the processor may not do this. */
  merchant_restricted: 'hard',
  not_found: 'hard',
  /** The charge is no longer, or not yet, in a state that allows it. */
  wrong_state: 'hard',
  /** More than is left, or too late. */
  not_refundable: 'hard',
  /** The request does not make sense to the processor: a defect, or a setting. */
  invalid_request: 'hard',
} as const satisfies Readonly<Record<string, 'soft' | 'hard'>>

export type DeclineReason = keyof typeof DECLINE_REASONS

export const isSoft = (reason: DeclineReason): boolean => DECLINE_REASONS[reason] === 'soft'

/** Turns rows of `reason: codes` into code → reason. */
export function byCode(rows: Partial<Readonly<Record<DeclineReason, string>>>): ReadonlyMap<string, DeclineReason> {
  return new Map(
    Object.entries(rows).flatMap(([reason, codes]) =>
      codes
        .trim()
        .split(/\s+/)
        .map((code) => [code, reason as DeclineReason] as const),
    ),
  )
}

/** A code of a processor, if it is of the form that codes have: nothing else of an answer is handed on. */
export function codeOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^[A-Za-z][A-Za-z0-9_]{1,79}$/.test(value) ? value : undefined
}
