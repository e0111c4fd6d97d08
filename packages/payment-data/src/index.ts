export { type Bic, parseBic } from './bic.ts'
export { BRAND_NAMES, brandOf } from './brand.ts'
export { parseCvc } from './cvc.ts'
export { displayInstrument, type MaskedInstrument } from './display.ts'
export {
  ExpiredCard,
  InvalidAccountNumber,
  InvalidBic,
  InvalidCvc,
  InvalidEmail,
  InvalidExpiry,
  InvalidHolderName,
  InvalidIban,
  InvalidPan,
  InvalidPayerId,
  InvalidRoutingNumber,
} from './errors.ts'
export { type Expiry, parseExpiry } from './expiry.ts'
export { type HolderName, parseHolderName } from './holder-name.ts'
export { formatIban, type Iban, type IbanClear, ibanClear, ibanLength, isValidIban, parseIban } from './iban.ts'
export type { CardBrand } from './iin-ranges.ts'
export { luhnHolds } from './luhn.ts'
export type { Opaque } from './opaque.ts'
export { type Pan, type PanClear, panClear, parsePan } from './pan.ts'
export { maskEmail, type PaypalEmail, type PaypalPayerId, parsePaypalEmail, parsePaypalPayerId } from './paypal.ts'
export { Secret } from './secret.ts'
export { containsIban, containsPan } from './sensitive-text.ts'
export { isPublishedTestPan } from './test-pans.ts'
export {
  parseRoutingNumber,
  parseUsAccountNumber,
  type RoutingNumber,
  type UsAccountClear,
  type UsAccountNumber,
  usAccountClear,
} from './us-account.ts'
