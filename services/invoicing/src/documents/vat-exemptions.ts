import { type DocumentTotals, needsExemptionReason, ownExemptionCode, type VatCategory } from '@kontor/money'
import type { Content, VatExemption } from './document.ts'

type Language = 'de' | 'en'

/**
 * What a category says by itself. Category E is not here: it has as many reasons as the law has exemptions.
 *
 * @see Directive 2006/112/EC, Art. 226 (11), (11a): an invoice says that a supply is exempt, or «Reverse charge»
 */
const OWN_REASONS: Readonly<Record<Language, Partial<Record<VatCategory, string>>>> = {
  de: {
    AE: 'Steuerschuldnerschaft des Leistungsempfängers',
    K: 'Steuerfreie innergemeinschaftliche Lieferung',
    G: 'Steuerfreie Ausfuhrlieferung',
    O: 'Nicht steuerbar',
  },
  en: {
    AE: 'Reverse charge',
    K: 'Intra-Community supply',
    G: 'Export outside the EU',
    O: 'Not subject to VAT',
  },
}

/**
 * Why no VAT is charged, for each category of a document that has to say so: as it was given, else as the category says it.
 *
 * @returns In the order of the VAT breakdown. Category E is missing where nothing was given for it.
 * @see EN 16931-1, BR-E-10, BR-AE-10, BR-IC-10, BR-G-10, BR-O-10
 */
export function vatExemptions(content: Content, { vatGroups }: DocumentTotals, language: Language): VatExemption[] {
  return vatGroups
    .filter(({ category }) => needsExemptionReason(category))
    .flatMap(({ category }) => {
      const given = content.vat_exemptions?.find(({ vat_category }) => vat_category === category)
      const code = given?.code ?? ownExemptionCode(category)
      const reason = given?.reason ?? OWN_REASONS[language][category]
      if (code === undefined && reason === undefined) return []
      return [{ vat_category: category, ...(code ? { code } : {}), ...(reason ? { reason } : {}) }]
    })
}
