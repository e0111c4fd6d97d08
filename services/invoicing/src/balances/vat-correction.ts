import { splitOverVatGroups, type VatCategory } from '@kontor/money'
import type { SnapshotTotals } from '../documents/snapshot.ts'

/** What an adjustment takes off one VAT group: taxable amount and VAT, which together are its share of the adjustment. */
export interface VatPart {
  readonly category: VatCategory
  readonly rate: string | null
  readonly base_minor: number
  readonly tax_minor: number
}

/**
 * The VAT correction of one more adjustment of an invoice.
 *
 * It is what all adjustments together correct, less what the earlier ones did: so the corrections of an invoice always add up to
 * those of one adjustment of their sum, in whatever steps it came, and to nothing when all of them were taken back.
 *
 * @param beforeMinor What was adjusted before.
 * @param changeMinor Negative where an adjustment is taken back.
 * @returns One part for each group that changes. Their sum is `changeMinor`, unless the invoice has no amount above zero at all.
 */
export function vatCorrection(totals: SnapshotTotals, beforeMinor: bigint, changeMinor: bigint): VatPart[] {
  const groups = totals.vat_groups.map((group) => ({
    baseMinor: BigInt(group.base_minor),
    taxMinor: BigInt(group.tax_minor),
  }))
  const before = splitOverVatGroups(groups, beforeMinor)
  const after = splitOverVatGroups(groups, beforeMinor + changeMinor)
  return totals.vat_groups
    .map(({ category, rate }, index) => ({
      category,
      rate,
      base_minor: Number((after[index]?.baseMinor ?? 0n) - (before[index]?.baseMinor ?? 0n)),
      tax_minor: Number((after[index]?.taxMinor ?? 0n) - (before[index]?.taxMinor ?? 0n)),
    }))
    .filter(({ base_minor, tax_minor }) => base_minor !== 0 || tax_minor !== 0)
}
