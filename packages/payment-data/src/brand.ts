import { type CardBrand, schemeOf } from './iin-ranges.ts'
import type { Pan } from './pan.ts'

/** As the schemes write their own names. */
export const BRAND_NAMES: Readonly<Record<CardBrand, string>> = {
  visa: 'Visa',
  mastercard: 'Mastercard',
  amex: 'American Express',
  discover: 'Discover',
  diners: 'Diners Club',
  jcb: 'JCB',
  unionpay: 'UnionPay',
  maestro: 'Maestro',
  mir: 'Mir',
  unknown: 'Card',
}

/** @returns `unknown` for a card that is none of the nine, such as Elo or a department store's own. */
export function brandOf(pan: Pan): CardBrand {
  return schemeOf(pan)?.brand ?? 'unknown'
}
