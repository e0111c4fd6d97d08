import type {
  AllowanceCharge,
  DocumentLine,
  PayeeAccount,
  PdfDocument,
  PdfTotals,
  PostalAddress,
} from '@kontor/invoice-pdf'
import { percentOf } from '@kontor/money'
import type { PostalAddress as StoredAddress } from '../issuers/issuer.ts'
import { daysAfter } from './calendar.ts'
import type { LineForm } from './document.ts'
import type { Snapshot } from './snapshot.ts'

/**
 * Reads a snapshot as a page to print.
 *
 * @param number As it was drawn; before the draw the longest that the series can print, to check its glyphs.
 * @param logo The picture that the snapshot names by its hash.
 * @param language Of the words that are ours: another one than the document's makes a copy, which says so. Free texts stay as they are.
 */
export function toPdfDocument(
  snapshot: Snapshot,
  number: string,
  logo: Buffer | undefined,
  language = snapshot.language,
): PdfDocument {
  const { issuer, account, content } = snapshot
  const payment = content.payment ?? []
  return {
    kind: snapshot.document_type,
    typeCode: snapshot.type_code,
    number,
    language,
    originalLanguage: language === snapshot.language ? undefined : snapshot.language,
    currency: snapshot.currency,
    exponent: snapshot.exponent,
    issuedOn: snapshot.issue_on,
    dueOn:
      snapshot.document_type === 'quote' || snapshot.document_type === 'credit_note'
        ? undefined
        : (snapshot.due_on ?? undefined),
    validUntil: content.valid_until,
    deliveryOn: content.delivery_on,
    period: content.period,
    issuer: {
      ...address(issuer.address),
      name: issuer.name,
      tradingName: issuer.trading_name ?? undefined,
      vatId: issuer.vat_id ?? undefined,
      legalId: issuer.legal_id ?? undefined,
      taxNumber: issuer.tax_number ?? undefined,
      contactName: issuer.contact_name ?? undefined,
      phone: issuer.phone ?? undefined,
      email: issuer.email ?? undefined,
      logo,
    },
    buyer: {
      ...address(account.billing_address),
      name: account.name,
      tradingName: account.trading_name ?? undefined,
      contactName: account.contact_name ?? undefined,
      vatId: account.vat_id ?? undefined,
      legalId: account.legal_id ?? undefined,
      customerNumber: account.customer_number,
    },
    deliveryAddress: account.delivery_address ? address(account.delivery_address) : undefined,
    buyerReference: content.buyer_reference,
    orderReference: content.order_reference,
    quoteNumber: content.quote_number,
    precedingInvoice: content.preceding_invoice && {
      number: content.preceding_invoice.number,
      issuedOn: content.preceding_invoice.issued_on,
    },
    reason: content.reason,
    replacesNumber: content.revises_number,
    priceMode: content.price_mode,
    lines: content.lines.map((line, index) => pdfLine(line, index, snapshot)),
    allowancesCharges: (content.allowances_charges ?? []).map(allowanceCharge),
    totals: pdfTotals(snapshot),
    paymentInstrument: content.instrument?.display,
    payeeAccounts: payeeAccounts(snapshot),
    paymentReference: payment.find((means) => means.reference)?.reference,
    mandate: payment.find((means) => means.mandate)?.mandate,
    cashDiscounts: cashDiscounts(snapshot),
    terms: content.terms,
    notes: content.notes ?? [],
  }
}

/** Until when how much is enough. Only an invoice is paid. */
function cashDiscounts({ document_type, content, issue_on, totals }: Snapshot): PdfDocument['cashDiscounts'] {
  if (document_type !== 'invoice' || totals.payable_minor <= 0) return undefined
  const payableMinor = BigInt(totals.payable_minor)
  return content.cash_discounts?.map(({ percent, within_days }) => ({
    percent,
    until: daysAfter(issue_on, within_days),
    payableMinor: payableMinor - percentOf(payableMinor, percent),
  }))
}

/** The accounts that the document itself names, else the issuer's. Each is printed once. */
function payeeAccounts({ content, issuer }: Snapshot): PayeeAccount[] {
  const named = (content.payment ?? []).filter((means) => means.iban ?? means.account_number)
  const accounts = named.length > 0 ? named : issuer.payee_accounts
  const seen = new Map<string, PayeeAccount>()
  for (const account of accounts) {
    const number = (account.iban ?? account.account_number ?? '').replaceAll(' ', '')
    const bankName = 'bank_name' in account ? account.bank_name : undefined
    seen.set(number, { iban: account.iban, accountNumber: account.account_number, bic: account.bic, bankName })
  }
  return [...seen.values()]
}

function address(stored: StoredAddress): PostalAddress {
  return {
    lines: [stored.street, stored.street_2].filter((line) => line !== undefined),
    postalCode: stored.postal_code,
    city: stored.city,
    region: stored.region,
    country: stored.country,
  }
}

function pdfTotals({ totals, gross, vat_exemptions = [], tax_vat, content }: Snapshot): PdfTotals {
  return {
    linesMinor: BigInt(totals.lines_minor),
    allowancesMinor: BigInt(totals.allowances_minor),
    chargesMinor: BigInt(totals.charges_minor),
    netMinor: BigInt(totals.net_minor),
    vatMinor: BigInt(totals.vat_minor),
    grossMinor: BigInt(totals.gross_minor),
    prepaidMinor: BigInt(totals.prepaid_minor),
    roundingMinor: BigInt(totals.rounding_minor),
    payableMinor: BigInt(totals.payable_minor),
    vatGroups: totals.vat_groups.map((group) => {
      const exemption = vat_exemptions.find(({ vat_category }) => vat_category === group.category)
      const difference = gross?.net_differences.find(
        ({ vat_category, vat_rate }) => vat_category === group.category && vat_rate === group.rate,
      )
      return {
        category: group.category,
        rate: group.rate ?? undefined,
        baseMinor: BigInt(group.base_minor),
        taxMinor: BigInt(group.tax_minor),
        exemptionCode: exemption?.code,
        exemptionReason: exemption?.reason,
        netDifferenceMinor: difference && BigInt(difference.amount_minor),
      }
    }),
    taxVat: tax_vat && {
      currency: tax_vat.currency,
      exponent: tax_vat.exponent,
      vatMinor: BigInt(tax_vat.vat_minor),
      exchangeRate: content.exchange_rate,
    },
  }
}

function pdfLine(line: LineForm, index: number, { line_net_minor, gross }: Snapshot): DocumentLine {
  const grossMinor = gross?.line_gross_minor[index]
  return {
    id: line.id ?? String(index + 1),
    name: line.name,
    description: line.description,
    sellerItemId: line.seller_item_id,
    quantity: line.quantity,
    unit: line.unit,
    price: line.price,
    priceBaseQuantity: line.price_base_quantity,
    priceDiscount: line.price_discount,
    netMinor: BigInt(line_net_minor[index] ?? 0),
    grossMinor: grossMinor === undefined ? undefined : BigInt(grossMinor),
    vatCategory: line.vat_category,
    vatRate: line.vat_rate,
    period: line.period,
    allowancesCharges: (line.allowances_charges ?? []).map(allowanceCharge),
  }
}

function allowanceCharge(item: {
  charge: boolean
  amount_minor: number
  reason?: string
  percent?: string
}): AllowanceCharge {
  return { charge: item.charge, amountMinor: BigInt(item.amount_minor), reason: item.reason, percent: item.percent }
}
