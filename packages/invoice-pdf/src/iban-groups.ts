/** @returns An account number as ISO 13616 writes an IBAN on paper: groups of four. What is no IBAN by its form stays as it is. */
export function formatIban(iban: string): string {
  const compact = iban.replace(/[ -]/g, '')
  return /^[A-Z]{2}\d{2}[A-Z0-9]{8,30}$/.test(compact) ? compact.replace(/(.{4})(?=.)/g, '$1 ') : iban
}
