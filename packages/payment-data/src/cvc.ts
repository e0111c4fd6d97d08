import { InvalidCvc } from './errors.ts'
import type { CardBrand } from './iin-ranges.ts'

/**
 * Checks the form of a card verification code, and gives nothing back: it must not be kept after authorisation (PCI DSS 3.3.1.2).
 *
 * @param input Four digits for American Express, three for every other known brand, three or four where the brand is unknown.
 * @throws {InvalidCvc} Anything else. The message never repeats the input.
 */
export function parseCvc(input: string, brand: CardBrand): void {
  if (brand === 'unknown') {
    if (!/^\d{3,4}$/.test(input)) throw new InvalidCvc('expected three or four digits')
    return
  }
  const digits = brand === 'amex' ? 4 : 3
  if (input.length !== digits || !/^\d+$/.test(input)) {
    throw new InvalidCvc(`expected ${digits === 4 ? 'four' : 'three'} digits for a card of this brand`)
  }
}
