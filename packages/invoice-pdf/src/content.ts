import { titleOf } from './catalogue.ts'
import { cleanLine } from './clean-text.ts'
import { type AddressContent, addressContent, footerContent } from './content-address.ts'
import { type TableContent, tableContent } from './content-lines.ts'
import { metaContent, precedingText } from './content-meta.ts'
import { type PaymentContent, paymentContent } from './content-payment.ts'
import { type TotalsContent, totalsContent, type VatContent, vatContent } from './content-totals.ts'
import type { PdfDocument } from './document.ts'
import { type Phrasing, phrasingOf } from './phrasing.ts'
import { line, type Pair, type Printed, paragraph, printedIn, words } from './printed.ts'

/** Text at the end of the document. */
export interface Section {
  readonly heading?: Printed
  readonly paragraphs: readonly Printed[]
}

/** A document in words, before anything is measured: every text that can come to stand on a page. */
export interface Content {
  /** BCP 47. */
  readonly locale: string
  /** The document's name for a window title: `Rechnung 10001-7`; of a copy, that it is one. */
  readonly name: string
  readonly issuerName: string
  /** That this is a copy in another language. */
  readonly copy?: Printed
  readonly heading: Printed
  readonly number: Printed
  /** Stands in the logo's place where there is no logo. */
  readonly wordmark: Printed
  readonly sender: Printed
  readonly address: AddressContent
  readonly meta: readonly Pair[]
  readonly delivery: readonly Pair[]
  readonly table: TableContent
  readonly totals: TotalsContent
  readonly vat: VatContent
  readonly payment: PaymentContent
  readonly sections: readonly Section[]
  /** Columns of the footer. */
  readonly footer: readonly (readonly Printed[])[]
  readonly page: Printed
  readonly of: Printed
}

export function contentOf(document: PdfDocument): Content {
  const phrasing = phrasingOf(document)
  const { catalogue } = phrasing
  const heading = titleOf(catalogue, document.kind, document.typeCode)
  const { issuer } = document
  const address = addressContent(document, catalogue)
  const original = document.originalLanguage
  const copy = original && line('number', catalogue.sentences.copy(heading, document.number, original))
  return {
    locale: catalogue.locale,
    name: copy?.text ?? `${heading} ${cleanLine(document.number)}`,
    ...(copy ? { copy } : {}),
    issuerName: cleanLine(issuer.name),
    heading: words(heading),
    number: line('number', document.number),
    wordmark: line('issuer.tradingName', issuer.tradingName ?? issuer.name),
    sender: address.sender,
    address,
    meta: metaContent(document, phrasing),
    delivery: address.delivery ? [{ label: words(catalogue.words.deliveryAddress), value: address.delivery }] : [],
    table: tableContent(document, phrasing),
    totals: totalsContent(document, phrasing),
    vat: vatContent(document, phrasing),
    payment: paymentContent(document, phrasing),
    sections: [...correctionOf(document, phrasing, heading), ...sectionsOf(document, phrasing)],
    footer: footerContent(document, catalogue),
    page: words(catalogue.words.page),
    of: words(catalogue.words.of),
  }
}

/** Which invoice is corrected, as the law wants it said (§ 31 (5) UStDV, Art. 27 MWSTG), and why. */
function correctionOf(document: PdfDocument, phrasing: Phrasing, heading: string): Section[] {
  const preceding = precedingText(document, phrasing)
  const { sentences, words: labels } = phrasing.catalogue
  const corrects = document.kind === 'credit_note' || document.typeCode === '384'
  const sentence = corrects ? sentences.corrects : (_: string, number: string) => sentences.refers(number)
  const reason = paragraph('reason', document.reason ?? '')
  const paragraphs = [
    // A credit note for the supplies of a period names no invoice; the period stands beside the address.
    ...(preceding === undefined ? [] : [line('precedingInvoice.number', sentence(heading, preceding))]),
    ...(reason.text === '' ? [] : [{ field: 'reason', text: `${labels.reason}: ${reason.text}` }]),
  ]
  return paragraphs.length === 0 ? [] : [{ paragraphs }]
}

function sectionsOf(document: PdfDocument, phrasing: Phrasing): Section[] {
  const { words: labels, sentences } = phrasing.catalogue
  const discounts = (document.cashDiscounts ?? []).map(({ percent, until, payableMinor }, i) =>
    line(
      `cashDiscounts[${i}]`,
      sentences.cashDiscount(phrasing.percent(percent), phrasing.date(until), phrasing.money(payableMinor)),
    ),
  )
  const terms = [...discounts, paragraph('terms', document.terms ?? '')].filter(({ text }) => text !== '')
  const notes = document.notes.map((note, i) => paragraph(`notes[${i}]`, note)).filter(({ text }) => text !== '')
  return [
    ...(terms.length === 0 ? [] : [{ heading: words(labels.terms), paragraphs: terms }]),
    ...(notes.length === 0 ? [] : [{ paragraphs: notes }]),
  ]
}

/**
 * @returns Every text that `renderPdf` would print of a document, formatted as it would be, with the field it comes from. For
 * `findMissingGlyph`, before a number is drawn.
 */
export function printedTexts(document: PdfDocument): Iterable<Printed> {
  return printedIn(contentOf(document))
}
