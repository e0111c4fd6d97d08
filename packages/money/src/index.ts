export { allocate } from './allocate.ts'
export {
  AMOUNT_MINOR_MAX,
  boundedMinor,
  currencyExponent,
  decimalFromMinor,
  isCurrency,
  minorFromDecimal,
} from './amount.ts'
export {
  type DecimalLimits,
  decimalPattern,
  formatDecimal,
  parseDecimal,
  type Rational,
  roundHalfAwayFromZero,
  WIRE_DECIMAL,
} from './decimal.ts'
export {
  AmountOverflow,
  InvalidBaseQuantity,
  InvalidDecimal,
  TooManyDecimals,
  UnknownCurrency,
  VatRateForbidden,
  VatRateMissing,
} from './errors.ts'
export {
  type AllowanceCharge,
  type DocumentInput,
  type DocumentTotals,
  documentTotals,
  type LineAllowanceCharge,
  type LineInput,
} from './totals.ts'
export { VAT_CATEGORIES, type VatCategory, type VatGroup } from './vat.ts'
