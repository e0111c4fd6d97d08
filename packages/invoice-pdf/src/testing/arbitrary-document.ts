import fc from 'fast-check'
import type { DocumentLine, PdfDocument, VatCategory } from '../document.ts'
import { GERMAN_INVOICE } from './sample-documents.ts'

const LETTERS = [
  ...'abcdefghijklmnopqrstuvwxyzäöüßéèçñøåłşžőěđ   ABCDEFGHIJKLMNÖÜ0123456789.,-/&<>()„“’–•€½²µαωДж\u00a0',
]
const character = fc.constantFrom(...LETTERS)
const short = fc.string({ unit: character, minLength: 1, maxLength: 24 })
/** Words of any length, line breaks among them. */
const long = fc.string({ unit: fc.oneof({ weight: 30, arbitrary: character }, fc.constant('\n')), maxLength: 300 })
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 2 })
const digits = (maxLength: number) => fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength })
const decimal = fc
  .tuple(fc.constantFrom('', '-'), digits(12), maybe(digits(9)))
  .map(([sign, whole, fraction]) => sign + whole + (fraction === undefined ? '' : `.${fraction}`))
const minor = fc.bigInt({ min: -(2n ** 53n) + 1n, max: 2n ** 53n - 1n })
const positive = fc.bigInt({ min: 0n, max: 2n ** 53n - 1n })
const rate = fc.constantFrom('0', '7.7', '19', '25.55')
const category = fc.constantFrom<VatCategory>('S', 'Z', 'E', 'AE', 'K', 'G', 'O', 'L', 'M')
const date = fc.constantFrom('2024-02-29', '2026-12-31', '2030-01-01')
const period = fc.constant({ from: '2026-01-01', to: '2026-03-31' })
const country = fc.constantFrom('DE', 'CH', 'AT', 'LI', 'US', 'GB', 'NL', 'XX')

const allowance = fc.record({ charge: fc.boolean(), amountMinor: positive, reason: maybe(short), percent: maybe(rate) })
const address = {
  lines: fc.array(short, { maxLength: 4 }),
  postalCode: maybe(short),
  city: maybe(short),
  region: maybe(short),
  country,
}

const exchangeRate = maybe(
  fc.record({ from: fc.constant('EUR'), to: fc.constant('KWD'), rate: decimal, on: date, source: short }),
)

const documentLine: fc.Arbitrary<DocumentLine> = fc.record({
  id: short,
  name: fc.oneof(short, long),
  description: maybe(long),
  sellerItemId: maybe(short),
  quantity: decimal,
  unit: fc.constantFrom('C62', 'HUR', 'KWH', 'ANYTHING-ELSE'),
  price: decimal,
  priceBaseQuantity: maybe(fc.constantFrom('1', '100', '0.001')),
  priceDiscount: maybe(decimal),
  netMinor: minor,
  grossMinor: maybe(minor),
  vatCategory: category,
  vatRate: maybe(rate),
  period: maybe(period),
  allowancesCharges: fc.array(allowance, { maxLength: 2 }),
})

/** Documents as odd as the type allows: amounts of any size, words of any length, everything optional absent or there. */
export const arbitraryDocument: fc.Arbitrary<PdfDocument> = fc.record({
  kind: fc.constantFrom('quote', 'proforma', 'invoice', 'credit_note', 'receipt'),
  typeCode: fc.constantFrom('380', '389', '875', '999'),
  number: short,
  language: fc.constantFrom('de', 'en'),
  currency: fc.constantFrom('EUR', 'CHF', 'JPY', 'BHD'),
  exponent: fc.constantFrom(0, 2, 3),
  issuedOn: date,
  dueOn: maybe(date),
  validUntil: maybe(date),
  deliveryOn: maybe(date),
  period: maybe(period),
  issuer: fc.record({
    ...address,
    name: short,
    tradingName: maybe(short),
    vatId: maybe(short),
    legalId: maybe(short),
    taxNumber: maybe(short),
    contactName: maybe(short),
    phone: maybe(short),
    email: maybe(short),
  }),
  buyer: fc.record({
    ...address,
    name: fc.oneof(short, long),
    tradingName: maybe(short),
    contactName: maybe(short),
    vatId: maybe(short),
    legalId: maybe(short),
    customerNumber: short,
  }),
  deliveryAddress: maybe(fc.record({ ...address, name: maybe(short) })),
  buyerReference: maybe(long),
  orderReference: maybe(short),
  quoteNumber: maybe(short),
  replacesNumber: maybe(short),
  priceMode: maybe(fc.constantFrom('net', 'gross')),
  lines: fc.array(documentLine, { minLength: 1, maxLength: 30 }),
  allowancesCharges: fc.array(allowance, { maxLength: 3 }),
  totals: fc.record({
    linesMinor: minor,
    allowancesMinor: positive,
    chargesMinor: positive,
    netMinor: minor,
    vatGroups: fc.array(
      fc.record({
        category,
        rate: maybe(rate),
        baseMinor: minor,
        taxMinor: minor,
        exemptionReason: maybe(long),
        exemptionCode: maybe(fc.constant('VATEX-EU-132-1A')),
        netDifferenceMinor: maybe(minor),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    vatMinor: minor,
    grossMinor: minor,
    prepaidMinor: positive,
    roundingMinor: minor,
    payableMinor: minor,
    taxVat: maybe(fc.record({ currency: fc.constant('KWD'), exponent: fc.constant(3), vatMinor: minor, exchangeRate })),
  }),
  paymentInstrument: maybe(fc.constant('Visa •••• 4242')),
  payeeAccounts: fc.array(
    fc.record({
      iban: maybe(fc.constant('CH9300762011623852957')),
      accountNumber: maybe(short),
      bic: maybe(short),
      bankName: maybe(short),
    }),
    { maxLength: 3 },
  ),
  paymentReference: maybe(short),
  mandate: maybe(short),
  terms: maybe(long),
  notes: fc.array(long, { maxLength: 3 }),
})

/** The ordinary document with other texts in every field that a customer or a seller fills in. */
export function withTexts(text: string): PdfDocument {
  const { issuer, buyer, lines } = GERMAN_INVOICE
  return {
    ...GERMAN_INVOICE,
    issuer: { ...issuer, contactName: text },
    buyer: { ...buyer, name: text, city: text },
    lines: lines.map((line) => ({ ...line, name: text, description: text })),
    notes: [text],
  }
}
