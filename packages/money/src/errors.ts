import { DomainError } from '@kontor/problem'

/** A quantity, price, rate or amount that is not a plain decimal. The message never repeats what was sent. */
export class InvalidDecimal extends DomainError {
  readonly code = 'invalid_decimal'
  readonly status = 422
  readonly title = 'Not a decimal number of the documented form'
}

/** A base quantity (BT-149) that nothing can be divided by. */
export class InvalidBaseQuantity extends DomainError {
  readonly code = 'invalid_base_quantity'
  readonly status = 422
  readonly title = 'The price base quantity must be greater than zero'
}

/** A code that is not in the ISO 4217 table, or one without a minor unit, such as gold. */
export class UnknownCurrency extends DomainError {
  readonly code = 'unknown_currency'
  readonly status = 422
  readonly title = 'Not an active ISO 4217 currency with a minor unit'
}

/** An amount that cannot be said in whole minor units of its currency. */
export class TooManyDecimals extends DomainError {
  readonly code = 'too_many_decimals'
  readonly status = 422
  readonly title = 'The amount has more decimals than its currency'

  constructor(exponent: number) {
    super(exponent === 0 ? 'this currency has no decimals' : `this currency has ${exponent} decimals`)
  }
}

/** An amount that a JSON number could not carry exactly (RFC 8259, 6: beyond 2^53 - 1 readers disagree). */
export class AmountOverflow extends DomainError {
  readonly code = 'amount_overflow'
  readonly status = 422
  readonly title = 'The amount is too large'

  constructor() {
    super(`an amount may have at most ${Number.MAX_SAFE_INTEGER} minor units, in either direction`)
  }
}

/** A VAT category that needs a rate came without one (EN 16931, BR-S-05, BR-IG-05, BR-IP-05). */
export class VatRateMissing extends DomainError {
  readonly code = 'vat_rate_missing'
  readonly status = 422
  readonly title = 'The VAT category needs a rate'
}

/** A VAT category came with a rate that it cannot have (EN 16931, BR-S-05, BR-Z-05, BR-E-05, BR-O-05 and their like). */
export class VatRateForbidden extends DomainError {
  readonly code = 'vat_rate_not_allowed'
  readonly status = 422
  readonly title = 'The VAT category does not allow this rate'
}

/** Rounding for cash where the smallest coin is no larger than the minor unit, or where it is not usual. */
export class CashRoundingNotAvailable extends DomainError {
  readonly code = 'cash_rounding_not_available'
  readonly status = 422
  readonly title = 'Amounts in this currency are not rounded for cash'
}

/** A rounding amount (BT-114) beside a rule that computes one. */
export class RoundingAmbiguous extends DomainError {
  readonly code = 'rounding_ambiguous'
  readonly status = 422
  readonly title = 'A rounding amount and a rounding rule exclude each other'
}

/** Amounts, or an amount and an exchange rate, that are not in the same currency. */
export class CurrencyMismatch extends DomainError {
  readonly code = 'currency_mismatch'
  readonly status = 422
  readonly title = 'The currencies do not fit together'
}

/** An exchange rate of zero or less. */
export class InvalidExchangeRate extends DomainError {
  readonly code = 'invalid_exchange_rate'
  readonly status = 422
  readonly title = 'An exchange rate must be greater than zero'
}
