import { type DocumentTotals, formatDecimal, parseDecimal, ratesOn, type VatCategory } from '@kontor/money'
import type { Account } from '../accounts/account.ts'
import type { Issuer } from '../issuers/issuer.ts'
import type { Content, Document } from './document.ts'
import {
  BuyerVatIdMissing,
  DeliveryDateMissing,
  ExemptionReasonMissing,
  SellerVatIdMissing,
  UnknownRateForDate,
} from './errors.ts'
import { totalsOf } from './form-rules.ts'
import { judgeVatForm } from './vat-form-rules.ts'

/** A document with the day it is issued on, who issues it, and to whom. */
export interface Issue {
  readonly document: Pick<Document, 'currency' | 'content'>
  /** `YYYY-MM-DD`. */
  readonly issueOn: string
  /** The day of the supply where the document names none: the issue date unless given, for a correction that of its original. */
  readonly suppliedOn?: string
  readonly issuer: Pick<Issuer, 'vat_id' | 'tax_number' | 'address'>
  readonly account: Pick<Account, 'kind' | 'vat_id' | 'legal_id' | 'billing_address' | 'delivery_address'>
}

/**
 * Adds a document up and checks what its VAT asks of the parties and of the day.
 *
 * @throws {DomainError} Naming the field at fault: of the document, or below `/issuer` and `/account`.
 */
export function judgeVat({ document, issueOn, suppliedOn, issuer, account }: Issue): DocumentTotals {
  const { currency, content } = document
  const totals = totalsOf(currency, content)
  judgeVatForm(currency, content, totals)
  const categories = new Set(totals.vatGroups.map(({ category }) => category))
  checkParties(categories, issuer, account)
  if (categories.has('E') && !content.vat_exemptions?.some(({ vat_category }) => vat_category === 'E')) {
    throw new ExemptionReasonMissing().at('/vat_exemptions')
  }
  if (categories.has('K') && content.delivery_on === undefined && !content.period) {
    throw new DeliveryDateMissing().at('/delivery_on')
  }
  if (categories.has('S')) checkRates(content, suppliedOn ?? issueOn, ratedCountries(issuer, account))
  return totals
}

/** Categories whose seller may have a tax number (BT-32) in the place of a VAT id (BT-31). */
const TAX_NUMBER_WILL_DO: readonly VatCategory[] = ['S', 'Z', 'E', 'AE', 'L', 'M']
/** Categories that are about a VAT id. */
const VAT_ID_ONLY: readonly VatCategory[] = ['K', 'G']

/** EN 16931-1, BR-S-02 to 04, BR-Z-02 to 04, BR-E-02 to 04, BR-AE-02 to 04, BR-IC-02 to 04, BR-G-02 to 04. */
function checkParties(categories: ReadonlySet<VatCategory>, issuer: Issue['issuer'], account: Issue['account']): void {
  const hasAny = (wanted: readonly VatCategory[]) => wanted.some((category) => categories.has(category))
  if (issuer.vat_id === null) {
    if (hasAny(VAT_ID_ONLY)) throw new SellerVatIdMissing(true).at('/issuer/vat_id')
    if (issuer.tax_number === null && hasAny(TAX_NUMBER_WILL_DO))
      throw new SellerVatIdMissing(false).at('/issuer/vat_id')
  }
  if (account.vat_id !== null) return
  if (categories.has('K')) throw new BuyerVatIdMissing('K').at('/account/vat_id')
  if (categories.has('AE') && account.legal_id === null) throw new BuyerVatIdMissing('AE').at('/account/vat_id')
}

const EU = new Set('AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' '))

/**
 * The countries whose rates a document can have: the issuer's, and where the goods go if that is another member state and
 * the customer a person, whose state's rate is charged (one-stop shop).
 *
 * @see Directive 2006/112/EC, Art. 33, 58 and 369a
 */
function ratedCountries(issuer: Issue['issuer'], account: Issue['account']): string[] {
  const own = issuer.address.country
  const { country: other } = account.delivery_address ?? account.billing_address
  return account.kind === 'person' && other !== own && EU.has(own) && EU.has(other) ? [own, other] : [own]
}

function checkRates(content: Content, otherwiseOn: string, countries: readonly string[]): void {
  const suppliedOn = content.delivery_on ?? content.period?.to ?? otherwiseOn
  const valid = new Map<string, readonly string[] | undefined>()
  const check = ({ vat_category, vat_rate }: Rated, day: string, path: string) => {
    if (vat_category !== 'S' || vat_rate === undefined) return
    if (!valid.has(day)) valid.set(day, ratesOfAny(countries, day))
    const rates = valid.get(day)
    if (!rates || rates.includes(formatDecimal(parseDecimal(vat_rate)))) return
    throw new UnknownRateForDate(countries[0] as string, day, rates).at(`${path}/vat_rate`)
  }
  for (const [index, line] of content.lines.entries()) check(line, line.period?.to ?? suppliedOn, `/lines/${index}`)
  for (const [index, item] of (content.allowances_charges ?? []).entries()) {
    check(item, suppliedOn, `/allowances_charges/${index}`)
  }
}

interface Rated {
  readonly vat_category: VatCategory
  readonly vat_rate?: string
}

/** @returns `undefined` where the rates of one of the countries are not ours to know. */
function ratesOfAny(countries: readonly string[], day: string): readonly string[] | undefined {
  const percents = new Set<string>()
  for (const country of countries) {
    const rates = ratesOn(country, day)
    if (!rates) return undefined
    for (const { percent } of rates) percents.add(percent)
  }
  return [...percents]
}
