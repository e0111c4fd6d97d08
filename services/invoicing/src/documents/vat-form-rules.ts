import {
  CurrencyMismatch,
  convert,
  type DocumentTotals,
  exemptionCodes,
  isCurrency,
  UnknownCurrency,
} from '@kontor/money'
import { DomainError } from '@kontor/problem'
import type { Content } from './document.ts'
import {
  ExchangeRateMissing,
  ExemptionReasonMissing,
  ExemptionReasonNotAllowed,
  UnknownExemptionCode,
  VatCategoryExclusive,
} from './errors.ts'

/**
 * Checks what a form says of VAT by itself, whoever issues it to whom and when.
 *
 * @throws {DomainError} Naming the field at fault.
 */
export function judgeVatForm(currency: string, content: Content, totals: DocumentTotals): void {
  checkExclusive(content)
  checkExemptions(content, totals)
  if (content.exchange_rate && !isCurrency(content.exchange_rate.to)) {
    throw new UnknownCurrency('name an active ISO 4217 currency').at('/exchange_rate/to')
  }
  const { tax_currency: taxCurrency } = content
  if (taxCurrency !== undefined && taxCurrency !== currency && !content.exchange_rate) {
    throw new ExchangeRateMissing().at('/exchange_rate')
  }
  vatInTaxCurrency(currency, content, totals.vatMinor)
}

/** The VAT of a document in the currency that its issuer accounts for VAT in. */
export interface TaxVat {
  /** BT-6. */
  readonly currency: string
  /** BT-111, in minor units of that currency. */
  readonly vatMinor: bigint
}

/**
 * Converts BT-110 into BT-111 by the rate of the form, rounded once.
 *
 * @returns `undefined` where the form asks for no other currency, or is a draft of a time when it needed no rate.
 * @throws {DomainError} `currency_mismatch`, `invalid_exchange_rate` or `amount_overflow`, naming the field at fault.
 */
export function vatInTaxCurrency(currency: string, content: Content, vatMinor: bigint): TaxVat | undefined {
  const { tax_currency: taxCurrency, exchange_rate: exchange } = content
  if (!exchange) return taxCurrency === currency ? { currency, vatMinor } : undefined
  if (exchange.from !== currency) {
    throw new CurrencyMismatch('the rate begins at another currency than the document has').at('/exchange_rate/from')
  }
  if (exchange.to === currency || exchange.to !== (taxCurrency ?? exchange.to)) {
    throw new CurrencyMismatch('the rate leads to another currency than the VAT is stated in').at('/exchange_rate/to')
  }
  try {
    return { currency: exchange.to, vatMinor: convert(vatMinor, currency, exchange) }
  } catch (error) {
    throw error instanceof DomainError ? error.at('/exchange_rate/rate') : error
  }
}

/** BR-O-11 to BR-O-14: a document has category O everywhere or nowhere. */
function checkExclusive({ lines, allowances_charges = [] }: Content): void {
  const isOutside = lines[0]?.vat_category === 'O'
  const odd = (items: readonly { vat_category: string }[], path: string) => {
    const index = items.findIndex(({ vat_category }) => (vat_category === 'O') !== isOutside)
    if (index >= 0) throw new VatCategoryExclusive().at(`${path}/${index}/vat_category`)
  }
  odd(lines, '/lines')
  odd(allowances_charges, '/allowances_charges')
}

function checkExemptions({ vat_exemptions = [] }: Content, { vatGroups }: DocumentTotals): void {
  const said = new Set<string>()
  for (const [index, { vat_category, code, reason }] of vat_exemptions.entries()) {
    const path = `/vat_exemptions/${index}`
    const codes = exemptionCodes(vat_category)
    const isOfDocument = vatGroups.some(({ category }) => category === vat_category)
    if (codes.length === 0 || !isOfDocument || said.has(vat_category)) {
      throw new ExemptionReasonNotAllowed().at(`${path}/vat_category`)
    }
    said.add(vat_category)
    if (code !== undefined && !codes.includes(code)) throw new UnknownExemptionCode().at(`${path}/code`)
    if (code === undefined && reason === undefined) throw new ExemptionReasonMissing().at(path)
  }
}
