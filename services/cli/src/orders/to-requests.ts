import { currencyExponent, minorFromDecimal } from '@kontor/money'
import { DomainError } from '@kontor/problem'
import { accountExternalId, issuerExternalId } from './canonical.ts'
import { InvalidOrder } from './errors.ts'
import type { LineForm, OrderForm, PartyForm } from './order-form.ts'
import { present } from './present.ts'

// An order is in the words of EN 16931 and of whoever wrote it. The functions here put it into the words of the services'
// APIs: decimal amounts become minor units, line breaks in names become blanks, what was left out stays left out.

/** Countries whose companies write to their customers in German. */
const GERMAN_SPEAKING = new Set(['DE', 'AT', 'CH', 'LI'])

export function languageOf(seller: PartyForm): 'de' | 'en' {
  return GERMAN_SPEAKING.has(seller.country) ? 'de' : 'en'
}

/** @returns The body of `POST /v1/issuers`. It follows from the seller alone, so that every order of a seller asks for the same. */
export function issuerRequest(seller: PartyForm) {
  return {
    external_id: issuerExternalId(seller),
    name: oneLine(seller.name),
    language: languageOf(seller),
    address: address(seller),
    ...contact(seller, '/seller'),
  }
}

/** @returns The body of `POST /v1/accounts`. */
export function accountRequest(seller: PartyForm, buyer: PartyForm) {
  const company = [buyer.legal_id, buyer.vat_id, buyer.trading_name, buyer.contact_name, buyer.endpoint]
  return {
    external_id: accountExternalId(seller, buyer),
    kind: company.some((mark) => mark !== undefined) ? 'company' : 'person',
    name: oneLine(buyer.name),
    language: languageOf(seller),
    billing_address: address(buyer),
    ...contact(buyer, '/buyer'),
  }
}

/**
 * @param ids Of the issuer, of the account, of the instrument that will be charged, and the order's own.
 * @returns The body of `POST /v1/quotes`.
 * @throws {DomainError} Naming the field of the order: unknown currency, more decimals than the currency has.
 */
export function quoteRequest(
  order: OrderForm,
  ids: { issuerId: string; accountId: string; tokenId: string | undefined; externalId: string },
) {
  const minor = amountReader(order.currency)
  return present({
    account_id: ids.accountId,
    issuer_id: ids.issuerId,
    external_id: ids.externalId,
    token_id: ids.tokenId,
    currency: order.currency,
    ...taxCurrency(order),
    language: languageOf(order.seller),
    issue_on: order.issue_date,
    due_on: order.due_date,
    delivery_on: order.delivery_date,
    period: order.period,
    buyer_reference: oneLine(order.buyer_reference),
    order_reference: oneLine(order.order_reference),
    notes: order.notes?.map(severalLines),
    terms: order.terms && severalLines(order.terms),
    payment: order.payment?.map(paymentMeans),
    lines: order.lines.map((line, index) => lineRequest(line, `/lines/${index}`, minor)),
    allowances_charges: order.allowances_charges?.map((item, index) => ({
      ...allowanceOrCharge(item, `/allowances_charges/${index}`, minor),
      vat_category: item.vat_category,
      ...present({ vat_rate: item.vat_rate }),
    })),
    ...present(inputAmounts(order, minor)),
    vat_exemptions: vatExemptions(order),
  })
}

/**
 * @returns The body of `POST /v1/credit-notes`: the invoice that it credits is one of the seller's books, not of ours.
 * @throws {DomainError} As of a quote.
 */
export function creditNoteRequest(order: OrderForm, ids: { issuerId: string; accountId: string; externalId: string }) {
  const { preceding_invoice, reason } = order
  return present({
    ...quoteRequest(order, { ...ids, tokenId: undefined }),
    preceding_invoice: preceding_invoice && { ...preceding_invoice, number: oneLine(preceding_invoice.number) },
    reason: reason && severalLines(reason),
  })
}

/** VAT in another currency takes a rate, which most orders do not have; then it is stated in the document's alone. */
function taxCurrency({ currency, tax_currency, exchange_rate }: OrderForm) {
  if (exchange_rate === undefined && tax_currency !== currency) return {}
  return present({
    tax_currency,
    exchange_rate: exchange_rate && { ...exchange_rate, source: oneLine(exchange_rate.source) },
  })
}

/** An order that does not say why something is exempt says by its category that it is: Directive 2006/112/EC, Art. 226 (11). */
const EXEMPT = { de: 'Steuerbefreit', en: 'Exempt from VAT' }

interface Exemption {
  readonly vat_category: string
  readonly code?: string
  readonly reason?: string
}

/** Why no VAT is charged follows from nothing else, so it is read where the printed totals are. */
function vatExemptions({ expected, lines, allowances_charges = [], seller }: OrderForm) {
  const said: Exemption[] = (expected?.vat_groups ?? [])
    .filter(({ exemption_code, exemption_reason }) => exemption_code !== undefined || exemption_reason !== undefined)
    .map(({ category, exemption_code, exemption_reason }) =>
      present({ vat_category: category, code: exemption_code?.toUpperCase(), reason: oneLine(exemption_reason) }),
    )
  const isExempt = [...lines, ...allowances_charges].some(({ vat_category }) => vat_category === 'E')
  if (isExempt && !said.some(({ vat_category }) => vat_category === 'E')) {
    said.push({ vat_category: 'E', reason: EXEMPT[languageOf(seller)] })
  }
  return said.length > 0 ? said : undefined
}

/** What was paid before and what is rounded by does not follow from the lines, so it is read where the printed totals are. */
function inputAmounts({ prepaid, rounding, expected }: OrderForm, minor: AmountReader) {
  const at = (name: string, own: string | undefined) => (own === undefined ? `/expected/${name}` : `/${name}`)
  const prepaidText = prepaid ?? expected?.prepaid
  const roundingText = rounding ?? expected?.rounding
  return {
    prepaid_minor: prepaidText === undefined ? undefined : minor(prepaidText, at('prepaid', prepaid)),
    rounding_minor: roundingText === undefined ? undefined : minor(roundingText, at('rounding', rounding)),
  }
}

function lineRequest(line: LineForm, path: string, minor: AmountReader) {
  return present({
    id: oneLine(line.id),
    name: oneLine(line.name),
    description: line.description && severalLines(line.description),
    seller_item_id: oneLine(line.seller_item_id),
    quantity: line.quantity,
    unit: line.unit,
    price: line.price,
    price_base_quantity: line.price_base_quantity,
    price_discount: line.price_discount,
    vat_category: line.vat_category,
    vat_rate: line.vat_rate,
    period: line.period,
    allowances_charges: line.allowances_charges?.map((item, index) =>
      allowanceOrCharge(item, `${path}/allowances_charges/${index}`, minor),
    ),
  })
}

interface AllowanceOrCharge {
  readonly charge: boolean
  readonly amount: string
  readonly reason?: string
  readonly reason_code?: string
  readonly percent?: string
  readonly base_amount?: string
}

function allowanceOrCharge(item: AllowanceOrCharge, path: string, minor: AmountReader) {
  return present({
    charge: item.charge,
    amount_minor: minor(item.amount, `${path}/amount`),
    base_amount_minor: item.base_amount === undefined ? undefined : minor(item.base_amount, `${path}/base_amount`),
    percent: item.percent,
    reason: oneLine(item.reason),
    reason_code: oneLine(item.reason_code),
  })
}

type PaymentMeans = NonNullable<OrderForm['payment']>[number]

/** The payer's own account stays here: what is charged is the instrument, and that went to the vault. */
function paymentMeans({ means_code, reference, payee_iban, mandate }: PaymentMeans) {
  const account = oneLine(payee_iban)
  const isIban = account !== undefined && /^[A-Z]{2}[0-9]{2}/i.test(account)
  return present({
    means_code,
    reference: oneLine(reference),
    iban: isIban ? account : undefined,
    account_number: isIban ? undefined : account,
    mandate: oneLine(mandate),
  })
}

function address(party: PartyForm) {
  return present({
    street: oneLine(party.street),
    street_2: oneLine(party.street_2),
    postal_code: oneLine(party.postal_code),
    city: oneLine(party.city),
    region: oneLine(party.region),
    country: party.country,
  })
}

function contact(party: PartyForm, path: string) {
  return present({
    trading_name: oneLine(party.trading_name),
    legal_id: oneLine(party.legal_id),
    vat_id: oneLine(party.vat_id),
    contact_name: oneLine(party.contact_name),
    phone: oneLine(party.phone),
    email: oneLine(party.email),
    endpoint: endpoint(party, path),
  })
}

/** An electronic address without its scheme says nothing, unless it is an e-mail address (EAS code EM). */
function endpoint({ endpoint: id, endpoint_scheme: scheme }: PartyForm, path: string) {
  if (id === undefined) return undefined
  const code = scheme ?? (id.includes('@') ? 'EM' : undefined)
  if (code === undefined) {
    throw new InvalidOrder([{ path: `${path}/endpoint_scheme`, code: 'missing_field', message: 'is required here' }])
  }
  return { scheme: oneLine(code), id: oneLine(id) }
}

/** Turns a decimal amount into minor units, or says which field of the order cannot be. */
type AmountReader = (text: string, path: string) => number

function amountReader(currency: string): AmountReader {
  locate('/currency', () => currencyExponent(currency))
  return (text, path) => Number(locate(path, () => minorFromDecimal(text, currency)))
}

function locate<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof DomainError ? error.at(path) : error
  }
}

function oneLine<T extends string | undefined>(text: T): T {
  return text?.replace(/\s+/g, ' ').trim() as T
}

const severalLines = (text: string): string => text.replace(/\r\n?/g, '\n').replaceAll('\t', ' ')
