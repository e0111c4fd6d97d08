export { cashDiscountOn, least, percentOf, splitOverVatGroups, type VatShare } from './adjustment.ts'
export { allocate, portion } from './allocate.ts'
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
  CashRoundingNotAvailable,
  CurrencyMismatch,
  InvalidBaseQuantity,
  InvalidDecimal,
  InvalidExchangeRate,
  RoundingAmbiguous,
  TooManyDecimals,
  UnknownCurrency,
  VatRateForbidden,
  VatRateMissing,
} from './errors.ts'
export { convert, type ExchangeRate } from './exchange.ts'
export {
  type AllowanceCharge,
  type DocumentInput,
  type DocumentTotals,
  documentTotals,
  type GrossPrices,
  type LineAllowanceCharge,
  type LineInput,
} from './totals.ts'
export {
  type NetDifference,
  type StatedVat,
  VAT_CATEGORIES,
  type VatCategory,
  type VatGroup,
  vatIn,
  vatOn,
} from './vat.ts'
export { type DatedRate, RATED_COUNTRIES, ratesOn } from './vat-rates.ts'
export { exemptionCodes, needsExemptionReason, ownExemptionCode } from './vatex.ts'
