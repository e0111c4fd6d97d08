import { GERMAN, GERMAN_AUSTRIA, GERMAN_SWITZERLAND } from './catalogue-de.ts'
import { ENGLISH } from './catalogue-en.ts'
import type { CalendarDate, DocumentKind, Language, VatCategory } from './document.ts'

/** Words that stand alone: labels, headings, column heads. */
export interface Words {
  readonly page: string
  readonly of: string
  readonly date: Readonly<Record<DocumentKind, string>>
  readonly number: Readonly<Record<DocumentKind, string>>
  readonly customerNumber: string
  readonly deliveryDate: string
  readonly period: string
  readonly dueDate: string
  readonly validUntil: string
  readonly buyerReference: string
  readonly orderReference: string
  readonly quoteNumber: string
  readonly precedingInvoice: string
  readonly reason: string
  /** Of a revision: the quote that it takes the place of. */
  readonly replacesQuote: string
  readonly yourVatId: string
  readonly yourLegalId: string
  readonly contact: string
  readonly deliveryAddress: string
  readonly position: string
  readonly item: string
  readonly quantity: string
  readonly unit: string
  readonly price: string
  /** Value added tax, as short as a column head. */
  readonly vat: string
  readonly amount: string
  readonly carriedForward: string
  readonly broughtForward: string
  readonly per: string
  readonly itemNumber: string
  readonly allowance: string
  readonly charge: string
  readonly linesTotal: string
  readonly net: string
  readonly vatTotal: string
  readonly gross: string
  /** Behind an amount that has VAT in it. */
  readonly inclVat: string
  /** Of the VAT in a total. */
  readonly vatContained: string
  readonly prepaid: string
  readonly rounding: string
  readonly payable: Readonly<Record<DocumentKind, string>>
  readonly vatBreakdown: string
  readonly vatRate: string
  readonly vatBase: string
  readonly vatAmount: string
  readonly payment: string
  readonly validity: string
  readonly payee: string
  readonly bank: string
  readonly iban: string
  readonly accountNumber: string
  readonly bic: string
  readonly paymentReference: string
  readonly instrument: string
  readonly mandate: string
  readonly terms: string
  readonly phone: string
  readonly email: string
  readonly vatId: string
  readonly legalId: string
  readonly taxNumber: string
}

/** Whole sentences. Amounts and dates come in as they are printed. */
export interface Sentences {
  priceDiscount(amount: string): string
  cashDiscount(percent: string, until: string, amount: string): string
  transfer(amount: string, due: string | undefined, accounts: number): string
  charge(amount: string, due: string | undefined): string
  directDebit(amount: string, due: string | undefined): string
  pay(amount: string, due: string | undefined): string
  nothingToPay(): string
  creditBalance(amount: string): string
  credited(amount: string): string
  /** Of a number and a day. */
  dated(number: string, on: string): string
  corrects(title: string, invoice: string): string
  refers(invoice: string): string
  received(amount: string): string
  quoteValid(until: string | undefined): string
  /** Of a VAT group in gross prices. */
  netDifference(nets: string, difference: string): string
  taxVat(amount: string): string
  exchangeRate(from: string, to: string, on: string, source: string): string
  proforma(): string
  /** At the head of a copy in another language. @param title The document's, in the language of the copy. */
  copy(title: string, number: string, original: Language): string
}

/** One language. A further one is a further file of this form and its line in `CATALOGUES`. */
export interface Catalogue {
  /** BCP 47, as the PDF names its language. */
  readonly locale: string
  readonly titles: Readonly<Record<DocumentKind, string>>
  /** Titles of invoices by UNTDID 1001 code, where it is not the plain one. */
  readonly invoiceTitles: Readonly<Record<string, string>>
  readonly words: Words
  readonly sentences: Sentences
  /** UN/ECE Recommendation 20 and 21: text for one, and text for any other quantity. */
  readonly units: Readonly<Record<string, readonly [one: string, other: string]>>
  /** What is said of a VAT group that has no exemption reason of its own. */
  readonly vatCategories: Readonly<Record<VatCategory, string | undefined>>
  /** ISO 3166-1 alpha-2 to name. */
  readonly countries: Readonly<Record<string, string>>
  date(date: CalendarDate): string
}

const CATALOGUES: Readonly<Record<Language, Catalogue>> = { de: GERMAN, en: ENGLISH }
/** Where a country has words of its own for the same thing. */
const REGIONAL: Readonly<Record<string, Catalogue>> = {
  'de-AT': GERMAN_AUSTRIA,
  'de-CH': GERMAN_SWITZERLAND,
  'de-LI': GERMAN_SWITZERLAND,
}

/** @param country The issuer's, ISO 3166-1 alpha-2. */
export function catalogueFor(language: Language, country: string): Catalogue {
  return REGIONAL[`${language}-${country}`] ?? CATALOGUES[language]
}

/** @returns The heading of a document: an invoice is called by its type code, the others by their kind. */
export function titleOf(catalogue: Catalogue, kind: DocumentKind, typeCode: string): string {
  const special = kind === 'invoice' ? catalogue.invoiceTitles[typeCode] : undefined
  return special ?? catalogue.titles[kind]
}

/** @returns The text of a unit code; an unknown code as it stands. */
export function unitText(catalogue: Catalogue, code: string, isOne: boolean): string {
  const [one, other] = catalogue.units[code] ?? [code, code]
  return isOne ? one : other
}
