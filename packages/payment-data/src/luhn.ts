/**
 * @param digits ASCII digits, the check digit last.
 * @returns Whether the check digit is right.
 * @see ISO/IEC 7812-1, Annex B
 */
export function luhnHolds(digits: string): boolean {
  let sum = 0
  let doubled = false
  for (let at = digits.length - 1; at >= 0; at -= 1) {
    const digit = digits.charCodeAt(at) - 48
    const weighted = doubled ? digit * 2 : digit
    sum += weighted > 9 ? weighted - 9 : weighted
    doubled = !doubled
  }
  return sum % 10 === 0
}
