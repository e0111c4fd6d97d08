import { cashDiscountOn } from '@kontor/money'
import { daysAfter } from '../documents/calendar.ts'
import { CashDiscountExpired, CashDiscountNotOffered } from './errors.ts'
import { type OpenDocument, snapshotOf } from './open.ts'
import type { Source } from './repo.ts'

/** An amount for an invoice. */
export interface Target {
  readonly invoice: OpenDocument
  readonly amountMinor: bigint
  /** Whether the discount for paying early is asked for. */
  readonly cashDiscount?: boolean | undefined
  /** JSON pointer to the amount, for the refusal. */
  readonly path: string
}

/** The offer whose last day has not passed when the money came, the one for the earliest payment first. */
function offerOf({ came_on }: Source, invoice: OpenDocument) {
  const { content, issue_on } = snapshotOf(invoice)
  const offers = (content.cash_discounts ?? []).map(({ percent, within_days }) => ({
    percent,
    until: daysAfter(issue_on, within_days),
  }))
  return { offer: offers.find(({ until }) => came_on <= until), last: offers.at(-1) }
}

/** @throws {DomainError} The invoice offers no discount, or the money came too late. Only money comes in time. */
export function checkDiscount(source: Source, invoice: OpenDocument): void {
  const { offer, last } = offerOf(source, invoice)
  if (!last || source.kind !== 'payment' || invoice.document_type !== 'invoice') throw new CashDiscountNotOffered()
  if (!offer) throw new CashDiscountExpired(last.until)
}

/** What is let go beside the amount. */
export function cashDiscountOf(source: Source, { invoice, amountMinor }: Target): bigint {
  const { offer } = offerOf(source, invoice)
  return offer ? cashDiscountOn(amountMinor, invoice.open_minor, offer.percent) : 0n
}
