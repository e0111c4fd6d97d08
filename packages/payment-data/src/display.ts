import { BRAND_NAMES } from './brand.ts'
import type { CardBrand } from './iin-ranges.ts'

/** What is known of a stored instrument without opening it. */
export type MaskedInstrument =
  | { readonly type: 'card'; readonly brand: CardBrand; readonly lastFour: string }
  | { readonly type: 'bank_account'; readonly country: string; readonly lastFour: string }
  | { readonly type: 'paypal_account'; readonly maskedEmail: string }

/** @returns One line for a person: `Visa •••• 4242`, `DE •••• 3000`, `US bank account •••• 6789`, `PayPal b•••@example.com`. */
export function displayInstrument(masked: MaskedInstrument): string {
  switch (masked.type) {
    case 'card':
      return `${BRAND_NAMES[masked.brand]} •••• ${masked.lastFour}`
    case 'bank_account':
      return `${masked.country === 'US' ? 'US bank account' : masked.country} •••• ${masked.lastFour}`
    case 'paypal_account':
      return `PayPal ${masked.maskedEmail}`
  }
}
