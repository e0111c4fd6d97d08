import { type DocumentTotals, formatDecimal, parseDecimal, vatIn, vatOn } from '@kontor/money'
import type { Credit } from '../documents/document.ts'
import type { Snapshot } from '../documents/snapshot.ts'
import type { Taken } from './credit-rules.ts'
import { CreditExceedsInvoice } from './errors.ts'
import { clamp, within } from './share.ts'

type Group = Credit['vat_groups'][number]

/** @returns One text for one VAT group: rates are one when their values are equal. */
export function groupKey({ vat_category, vat_rate }: { readonly vat_category: string; readonly vat_rate?: string }) {
  return nameOf(vat_category, vat_rate ?? (vat_category === 'O' ? null : '0'))
}

const nameOf = (category: string, rate: string | null) =>
  rate === null ? category : `${category} ${formatDecimal(parseDecimal(rate))}`

/**
 * Decides the VAT of each group of a credit note: that of everything credited so far, rounded once, less what the earlier credit notes had.
 *
 * @param raw The credit note added up by itself.
 * @param grossLeft What is left of the invoice, for the refusal.
 * @throws {CreditExceedsInvoice} A group would take back more than the invoice charged in it.
 */
export function decideVat(
  snapshot: Snapshot,
  taken: readonly Taken[],
  raw: DocumentTotals,
  grossLeft: bigint,
): Group[] {
  const isGross = snapshot.gross !== undefined
  const earlier = Map.groupBy(
    taken.flatMap(({ content }) => content.credit?.vat_groups ?? []),
    ({ category, rate }) => nameOf(category, rate),
  )
  const sumOf = (name: string, field: 'base_minor' | 'tax_minor') =>
    (earlier.get(name) ?? []).reduce((sum, group) => sum + BigInt(group[field]), 0n)
  return raw.vatGroups.map(({ category, rate, baseMinor, taxMinor }) => {
    const name = nameOf(category, rate ?? null)
    const charged = snapshot.totals.vat_groups.find((group) => nameOf(group.category, group.rate) === name)
    if (!charged) throw new CreditExceedsInvoice(grossLeft)
    const base = BigInt(charged.base_minor)
    const tax = BigInt(charged.tax_minor)
    const [baseTaken, taxTaken] = [sumOf(name, 'base_minor'), sumOf(name, 'tax_minor')]
    const percent = rate === undefined ? undefined : parseDecimal(rate)
    // In gross prices the amount with VAT is what is given, in net prices the base.
    const amount = isGross ? baseMinor + taxMinor : baseMinor
    const whole = isGross ? base + tax : base
    const soFar = (isGross ? baseTaken + taxTaken : baseTaken) + amount
    if (!within(soFar, whole)) throw new CreditExceedsInvoice(grossLeft)
    const upTo = isGross ? vatIn(soFar, percent) : vatOn(soFar, percent)
    const share = clamp((soFar === whole ? tax : upTo) - taxTaken, tax - taxTaken)
    const decided = isGross ? besideBase(share, amount, base - baseTaken) : share
    return {
      category,
      rate: rate ?? null,
      base_minor: Number(isGross ? amount - decided : amount),
      tax_minor: Number(decided),
    }
  })
}

/** In gross prices: the VAT of an amount, not so little that its base would exceed what is left of it, and not more than the amount. */
function besideBase(share: bigint, amount: bigint, baseLeft: bigint): bigint {
  const sign = amount < 0n ? -1n : 1n
  const [least, most] = [(amount - baseLeft) * sign, amount * sign]
  const magnitude = share * sign
  return (magnitude < least ? least : magnitude > most ? most : magnitude) * sign
}
