import type { DocumentTotals } from '@kontor/money'
import type { Content, Credit } from '../documents/document.ts'
import { totalsOf } from '../documents/form-rules.ts'
import type { Snapshot } from '../documents/snapshot.ts'
import { CreditExceedsInvoice } from './errors.ts'
import {
  amountsOfLines,
  type CreditedLine,
  creditLine,
  creditLines,
  type LineRequest,
  leftOfLines,
} from './line-rules.ts'
import { clamp, shareUpTo, within } from './share.ts'
import { decideVat, groupKey } from './vat-share-rules.ts'

/** What an earlier credit note of the invoice took, be it issued or still a draft. */
export interface Taken {
  readonly content: Pick<Content, 'credit' | 'prepaid_minor' | 'rounding_minor'>
  readonly gross_minor: bigint
  readonly payable_minor: bigint
}

export interface CreditDraft {
  readonly content: Content
  readonly totals: DocumentTotals
}

/**
 * Shares out what a credit note takes back of an invoice, so that the credit notes of an invoice never exceed it, in no line, no VAT
 * group and not in total, and crediting all that is left takes exactly the rest of everything.
 *
 * Each amount is the share of all credit notes together, rounded once, less what the earlier ones took.
 *
 * @param taken Every earlier credit note of the invoice.
 * @param requests What of which lines; undefined takes everything that is left.
 * @throws {CreditExceedsInvoice | DomainError} 409 with what is left; 422 naming the field.
 * @see docs/adr/0018-corrections.md
 */
export function draftCredit(
  invoice: { readonly snapshot: Snapshot; readonly number: string },
  taken: readonly Taken[],
  requests: readonly LineRequest[] | undefined,
  reason: string,
): CreditDraft {
  const { snapshot } = invoice
  const left = leftOfLines(snapshot, taken)
  const credited = requests ? creditLines(left, requests) : left.flatMap((line) => creditLine(line))
  const grossTaken = sum(taken.map(({ gross_minor }) => gross_minor))
  const grossInvoice = BigInt(snapshot.totals.gross_minor)
  const grossLeft = grossInvoice - grossTaken
  if (credited.length === 0) throw new CreditExceedsInvoice(grossLeft)

  const items = shareItems(snapshot, taken, credited)
  const lines = credited.map(({ form }) => form)
  const base: Content = {
    ...keptOf(snapshot),
    preceding_invoice: { number: invoice.number, issued_on: snapshot.issue_on },
    reason,
    lines,
    ...(items.length > 0 ? { allowances_charges: items.map(({ form }) => form) } : {}),
  }
  const raw = totalsOf(snapshot.currency, base)
  const vat_groups = decideVat(snapshot, taken, raw, grossLeft)
  const exemptions = snapshot.vat_exemptions?.filter(({ vat_category }) =>
    vat_groups.some(({ category }) => category === vat_category),
  )
  const credit: Credit = {
    lines: credited.map(({ line, quantity, amountMinor }) => ({ line, quantity, amount_minor: Number(amountMinor) })),
    allowances_charges: items.map(({ place, form }) => ({ place, amount_minor: form.amount_minor })),
    vat_groups,
  }
  const withVat: Content = { ...base, ...(exemptions?.length ? { vat_exemptions: exemptions } : {}), credit }
  const { grossMinor, netMinor } = totalsOf(snapshot.currency, withVat)
  // Nor does it turn round: what is left of the discounts can be a cent more than what is left of the lines.
  const takesBack = within(grossMinor, grossInvoice) && within(netMinor, BigInt(snapshot.totals.net_minor))
  // Where a discount is larger than the lines of its VAT group, credit notes could take more net than the invoice has and still leave
  // something gross; what is left could then not be credited any more.
  const netTaken = sum(
    taken.flatMap(({ content }) => content.credit?.vat_groups ?? []).map((group) => BigInt(group.base_minor)),
  )
  const leavesRest =
    within(grossTaken + grossMinor, grossInvoice) && within(netTaken + netMinor, BigInt(snapshot.totals.net_minor))
  if (!takesBack || !leavesRest) throw new CreditExceedsInvoice(grossLeft)
  const isRest = grossMinor === grossLeft && isComplete(snapshot, taken, credited)
  const content = { ...withVat, ...sharePayable(snapshot, taken, grossTaken + grossMinor, grossMinor, isRest) }
  return { content, totals: totalsOf(snapshot.currency, content) }
}

/** What a credit note says as its invoice did. */
function keptOf({ content, language }: Snapshot): Omit<Content, 'lines'> {
  const { price_mode, tax_currency, exchange_rate, delivery_on, period, buyer_reference, order_reference } = content
  const kept = { price_mode, tax_currency, exchange_rate, delivery_on, period, buyer_reference, order_reference }
  const given = Object.fromEntries(Object.entries(kept).filter(([, value]) => value !== undefined))
  return { ...given, language }
}

/** Whether nothing is left of any line that is worth something. */
function isComplete(snapshot: Snapshot, taken: readonly Taken[], credited: readonly CreditedLine[]): boolean {
  return leftOfLines(snapshot, taken).every(({ line, leftMinor }) => {
    const now = credited.find((one) => one.line === line)?.amountMinor ?? 0n
    return leftMinor === now
  })
}

/**
 * Allowances and charges of the whole follow the lines of their VAT group, or all lines where the group has none. Allowances take no more than
 * these lines are worth on this credit note: dropped drafts leave shares that were rounded beside others.
 */
function shareItems(snapshot: Snapshot, taken: readonly Taken[], credited: readonly CreditedLine[]) {
  const items = snapshot.content.allowances_charges ?? []
  const ofLine = snapshot.content.lines.map(groupKey)
  const amounts = amountsOfLines(snapshot)
  const complete = isComplete(snapshot, taken, credited)
  const takenLines = [
    ...taken.flatMap(({ content }) => content.credit?.lines ?? []),
    ...credited.map(({ line, amountMinor }) => ({ line, amount_minor: Number(amountMinor) })),
  ]
  const allowed = new Map<string, bigint>()
  return items.flatMap((item, index) => {
    const place = index + 1
    const isOfGroup = (position: number) => ofLine[position] === groupKey(item)
    const groupMinor = sum(amounts.filter((_, position) => isOfGroup(position)))
    const counts = groupMinor === 0n ? () => true : isOfGroup
    const wholeMinor = groupMinor === 0n ? sum(amounts) : groupMinor
    const partMinor = sum(
      takenLines.filter(({ line }) => counts(line - 1)).map(({ amount_minor }) => BigInt(amount_minor)),
    )
    const earlierMinor = sum(
      taken
        .flatMap(({ content }) => content.credit?.allowances_charges ?? [])
        .filter((other) => other.place === place)
        .map(({ amount_minor }) => BigInt(amount_minor)),
    )
    const totalMinor = BigInt(item.amount_minor)
    const followed = groupMinor === 0n ? '' : groupKey(item)
    const isAllowance = !item.charge && wholeMinor > 0n
    const linesMinor = sum(credited.filter(({ line }) => counts(line - 1)).map(({ amountMinor }) => amountMinor))
    const room = linesMinor - (allowed.get(followed) ?? 0n)
    const shareMinor = shareUpTo(totalMinor, { part: partMinor, whole: wholeMinor }, earlierMinor)
    const amountMinor = complete
      ? totalMinor - earlierMinor
      : isAllowance && shareMinor > room
        ? clamp(room, shareMinor)
        : shareMinor
    if (isAllowance) allowed.set(followed, (allowed.get(followed) ?? 0n) + amountMinor)
    if (amountMinor === 0n) return []
    const { base_amount_minor, ...form } = item
    return [{ place, form: { ...form, amount_minor: Number(amountMinor) } }]
  })
}

/** BT-113 and BT-114 follow the gross, so that what is to be paid of all credit notes together never exceeds the invoice's. */
function sharePayable(
  { totals }: Snapshot,
  taken: readonly Taken[],
  grossNow: bigint,
  grossMinor: bigint,
  isRest: boolean,
): Pick<Content, 'prepaid_minor' | 'rounding_minor'> {
  const of = (field: 'prepaid_minor' | 'rounding_minor') => sum(taken.map(({ content }) => BigInt(content[field] ?? 0)))
  const [prepaid, rounding] = [BigInt(totals.prepaid_minor), BigInt(totals.rounding_minor)]
  const [prepaidTaken, roundingTaken] = [of('prepaid_minor'), of('rounding_minor')]
  const share = { part: grossNow, whole: BigInt(totals.gross_minor) }
  const roundingMinor = isRest ? rounding - roundingTaken : shareUpTo(rounding, share, roundingTaken)
  const prepaidMinor = isRest
    ? prepaid - prepaidTaken
    : prepaid === 0n
      ? 0n
      : prepaidBeside(totals.payable_minor, taken, share, grossMinor + roundingMinor, prepaid - prepaidTaken)
  return {
    ...(prepaidMinor === 0n ? {} : { prepaid_minor: Number(prepaidMinor) }),
    ...(roundingMinor === 0n ? {} : { rounding_minor: Number(roundingMinor) }),
  }
}

/** What is to be paid is shared out, and the prepaid part is what the rest of the gross leaves for it. */
function prepaidBeside(
  payableInvoice: number,
  taken: readonly Taken[],
  share: { readonly part: bigint; readonly whole: bigint },
  dueMinor: bigint,
  leftMinor: bigint,
): bigint {
  const payableTaken = sum(taken.map(({ payable_minor }) => payable_minor))
  const prepaid = dueMinor - shareUpTo(BigInt(payableInvoice), share, payableTaken)
  if (prepaid < 0n) return 0n
  return prepaid > leftMinor ? leftMinor : prepaid
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n)
