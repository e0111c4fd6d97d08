import type { PayeeAccount, PdfDocument } from './document.ts'
import { formatIban } from './iban-groups.ts'
import type { Phrasing } from './phrasing.ts'
import { type Pair, type Printed, pairIfGiven, words } from './printed.ts'

export interface PaymentContent {
  readonly heading: Printed
  readonly sentences: readonly Printed[]
  /** One group per account or instrument. */
  readonly details: readonly (readonly Pair[])[]
}

/** @returns What is to be paid, has been paid or will be charged, and by which way. */
export function paymentContent(document: PdfDocument, phrasing: Phrasing): PaymentContent {
  const { words: labels, sentences } = phrasing.catalogue
  const { kind, totals, paymentInstrument, mandate, payeeAccounts } = document
  const amount = phrasing.money(totals.payableMinor)
  const due = document.dueOn && phrasing.date(document.dueOn)
  const heading = words(labels.payment)
  const say = (...texts: string[]): Printed[] => texts.map((text) => ({ field: 'totals.payableMinor', text }))
  const instrument = [
    ...pairIfGiven(labels.instrument, 'paymentInstrument', paymentInstrument),
    ...pairIfGiven(labels.mandate, 'mandate', mandate),
  ]
  const byInstrument = instrument.length > 0 ? [instrument] : []

  if (kind === 'receipt') return { heading, sentences: say(sentences.received(amount)), details: byInstrument }
  if (kind === 'credit_note') return { heading, sentences: say(sentences.credited(amount)), details: byInstrument }
  if (kind === 'quote') {
    const until = document.validUntil && phrasing.date(document.validUntil)
    return { heading: words(labels.validity), sentences: say(sentences.quoteValid(until)), details: [] }
  }
  if (document.settledAtIssue || totals.payableMinor <= 0n) {
    const credit = phrasing.money(-totals.payableMinor)
    const settled = totals.payableMinor < 0n ? sentences.creditBalance(credit) : sentences.nothingToPay()
    return { heading, sentences: say(settled), details: [] }
  }
  const remark = kind === 'proforma' ? [sentences.proforma()] : []
  if (paymentInstrument !== undefined) {
    return { heading, sentences: say(...remark, sentences.charge(amount, due)), details: byInstrument }
  }
  if (mandate !== undefined) {
    return { heading, sentences: say(...remark, sentences.directDebit(amount, due)), details: byInstrument }
  }
  if (payeeAccounts.length === 0) return { heading, sentences: say(...remark, sentences.pay(amount, due)), details: [] }
  return {
    heading,
    sentences: say(...remark, sentences.transfer(amount, due, payeeAccounts.length)),
    details: transferDetails(document, phrasing),
  }
}

function transferDetails(document: PdfDocument, phrasing: Phrasing): Pair[][] {
  const labels = phrasing.catalogue.words
  const { payeeAccounts, issuer, paymentReference, number } = document
  const reference =
    paymentReference === undefined
      ? pairIfGiven(labels.paymentReference, 'number', number)
      : pairIfGiven(labels.paymentReference, 'paymentReference', paymentReference)
  const account = (given: PayeeAccount, i: number): Pair[] => [
    ...pairIfGiven(labels.iban, `payeeAccounts[${i}].iban`, given.iban && formatIban(given.iban)),
    ...pairIfGiven(labels.accountNumber, `payeeAccounts[${i}].accountNumber`, given.accountNumber),
    ...pairIfGiven(labels.bic, `payeeAccounts[${i}].bic`, given.bic),
    ...pairIfGiven(labels.bank, `payeeAccounts[${i}].bankName`, given.bankName),
  ]
  return [[...pairIfGiven(labels.payee, 'issuer.name', issuer.name), ...reference], ...payeeAccounts.map(account)]
}
