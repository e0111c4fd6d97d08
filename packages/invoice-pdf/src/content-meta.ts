import type { PdfDocument } from './document.ts'
import type { Phrasing } from './phrasing.ts'
import { type Pair, pairIfGiven } from './printed.ts'

/** @returns The block beside the address: number, dates and references, in the order a bookkeeper looks for them. */
export function metaContent(document: PdfDocument, phrasing: Phrasing): Pair[] {
  const { words } = phrasing.catalogue
  const { kind, issuer, buyer, period } = document
  const date = (label: string, field: 'issuedOn' | 'dueOn' | 'validUntil' | 'deliveryOn'): Pair[] => {
    const day = document[field]
    return pairIfGiven(label, field, day && phrasing.date(day))
  }
  return [
    ...pairIfGiven(words.number[kind], 'number', document.number),
    ...date(words.date[kind], 'issuedOn'),
    ...pairIfGiven(words.customerNumber, 'buyer.customerNumber', buyer.customerNumber),
    ...date(words.deliveryDate, 'deliveryOn'),
    ...pairIfGiven(words.period, 'period', period && phrasing.period(period)),
    ...pairIfGiven(words.buyerReference, 'buyerReference', document.buyerReference),
    ...pairIfGiven(words.orderReference, 'orderReference', document.orderReference),
    ...pairIfGiven(words.quoteNumber, 'quoteNumber', document.quoteNumber),
    ...pairIfGiven(words.precedingInvoice, 'precedingInvoice.number', precedingText(document, phrasing)),
    ...pairIfGiven(words.replacesQuote, 'replacesNumber', document.replacesNumber),
    ...pairIfGiven(words.yourVatId, 'buyer.vatId', buyer.vatId),
    ...pairIfGiven(words.yourLegalId, 'buyer.legalId', buyer.legalId),
    ...pairIfGiven(words.contact, 'issuer.contactName', issuer.contactName),
    ...date(words.validUntil, 'validUntil'),
    ...date(words.dueDate, 'dueOn'),
  ]
}

/** @returns `10001-7 vom 23.11.2026`. */
export function precedingText({ precedingInvoice }: PdfDocument, phrasing: Phrasing): string | undefined {
  if (!precedingInvoice) return undefined
  const { number, issuedOn } = precedingInvoice
  return issuedOn === undefined ? number : phrasing.catalogue.sentences.dated(number, phrasing.date(issuedOn))
}
