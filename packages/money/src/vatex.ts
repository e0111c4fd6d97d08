import type { VatCategory } from './vat.ts'

// The VATEX code list of the European Commission (Connecting Europe Facility), in the edition that the rules of EN 16931
// apply as BR-CL-22 since version 1.3.16. Each is in upper case here; the rule reads them in either.

const EXEMPT = `VATEX-EU-79-C VATEX-EU-132 VATEX-EU-132-1A VATEX-EU-132-1B VATEX-EU-132-1C VATEX-EU-132-1D VATEX-EU-132-1E
  VATEX-EU-132-1F VATEX-EU-132-1G VATEX-EU-132-1H VATEX-EU-132-1I VATEX-EU-132-1J VATEX-EU-132-1K VATEX-EU-132-1L
  VATEX-EU-132-1M VATEX-EU-132-1N VATEX-EU-132-1O VATEX-EU-132-1P VATEX-EU-132-1Q VATEX-EU-135-1 VATEX-EU-143
  VATEX-EU-143-1A VATEX-EU-143-1B VATEX-EU-143-1C VATEX-EU-143-1D VATEX-EU-143-1E VATEX-EU-143-1F VATEX-EU-143-1FA
  VATEX-EU-143-1G VATEX-EU-143-1H VATEX-EU-143-1I VATEX-EU-143-1J VATEX-EU-143-1K VATEX-EU-143-1L VATEX-EU-144
  VATEX-EU-146-1E VATEX-EU-148 VATEX-EU-148-A VATEX-EU-148-B VATEX-EU-148-C VATEX-EU-148-D VATEX-EU-148-E VATEX-EU-148-F
  VATEX-EU-148-G VATEX-EU-151 VATEX-EU-151-1A VATEX-EU-151-1AA VATEX-EU-151-1B VATEX-EU-151-1C VATEX-EU-151-1D
  VATEX-EU-151-1E VATEX-EU-153 VATEX-EU-159 VATEX-EU-309 VATEX-EU-D VATEX-EU-F VATEX-EU-I VATEX-EU-J VATEX-FR-FRANCHISE
  VATEX-FR-CNWVAT VATEX-FR-CGI261-1 VATEX-FR-CGI261-2 VATEX-FR-CGI261-3 VATEX-FR-CGI261-4 VATEX-FR-CGI261-5
  VATEX-FR-CGI261-7 VATEX-FR-CGI261-8 VATEX-FR-CGI261A VATEX-FR-CGI261B VATEX-FR-CGI261C-1 VATEX-FR-CGI261C-2
  VATEX-FR-CGI261C-3 VATEX-FR-CGI261D-1 VATEX-FR-CGI261D-1BIS VATEX-FR-CGI261D-2 VATEX-FR-CGI261D-3 VATEX-FR-CGI261D-4
  VATEX-FR-CGI261E-1 VATEX-FR-CGI261E-2 VATEX-FR-CGI277A VATEX-FR-CGI275 VATEX-FR-298SEXDECIESA VATEX-FR-CGI295`

/** Which reason codes (BT-121) a category can have; the first says what the category itself says. */
const CODES: Partial<Record<VatCategory, readonly string[]>> = {
  E: EXEMPT.split(/\s+/),
  AE: ['VATEX-EU-AE', 'VATEX-FR-AE'],
  K: ['VATEX-EU-IC'],
  G: ['VATEX-EU-G'],
  O: ['VATEX-EU-O'],
}

/**
 * The exemption reason codes that fit a VAT category.
 *
 * @returns Empty for a category that has no exemption reason: BR-S-10, BR-Z-10, BR-AF-10 and BR-AG-10 forbid one.
 * @see EN 16931-1, BR-E-10, BR-AE-10, BR-IC-10, BR-G-10, BR-O-10; EN 16931 code lists, BR-CL-22
 */
export function exemptionCodes(category: VatCategory): readonly string[] {
  return CODES[category] ?? []
}

/** Whether the VAT breakdown says of a category why no VAT is charged. */
export function needsExemptionReason(category: VatCategory): boolean {
  return CODES[category] !== undefined
}

/** @returns The code that means the category itself; `undefined` for E, whose reasons are many, and where there is none. */
export function ownExemptionCode(category: VatCategory): string | undefined {
  return category === 'E' ? undefined : CODES[category]?.[0]
}
