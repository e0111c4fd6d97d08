import { allocate } from './allocate.ts'
import { parseDecimal, roundHalfAwayFromZero } from './decimal.ts'

/** Taxable amount and VAT of one group. */
export interface VatShare {
  readonly baseMinor: bigint
  readonly taxMinor: bigint
}

/**
 * Splits an amount with VAT in it over VAT groups: by what each group has with VAT, and each share as its group is split into
 * taxable amount and VAT.
 *
 * @param groups Of the document that the amount is a part of.
 * @param amountMinor Of either sign.
 * @returns One share per group, which add up to the amount; none where no group has an amount above zero.
 */
export function splitOverVatGroups(groups: readonly VatShare[], amountMinor: bigint): VatShare[] {
  const weights = groups.map(({ baseMinor, taxMinor }) => (baseMinor + taxMinor > 0n ? baseMinor + taxMinor : 0n))
  if (weights.every((weight) => weight === 0n)) return []
  const shares = allocate(amountMinor, weights)
  return groups.map((group, index) => {
    const [share, weight] = [shares[index] ?? 0n, weights[index] ?? 0n]
    const taxMinor = weight > 0n ? roundHalfAwayFromZero({ num: share * group.taxMinor, den: weight }) : 0n
    return { baseMinor: share - taxMinor, taxMinor }
  })
}

/**
 * A percentage of an amount, as it is printed.
 *
 * @param percent A decimal above 0 and below 100.
 */
export function percentOf(amountMinor: bigint, percent: string): bigint {
  const { num, den } = parseDecimal(percent)
  return roundHalfAwayFromZero({ num: amountMinor * num, den: den * 100n })
}

/**
 * The cash discount that belongs to a payment: who pays 98 of 100 within the days has 2 off.
 *
 * @param paidMinor What was paid, at most `openMinor`.
 * @param openMinor What was open before.
 * @param percent A decimal above 0 and below 100.
 * @returns What is let go. Whoever pays what is printed, or more, has nothing left to pay: rounding leaves no Rappen open.
 */
export function cashDiscountOn(paidMinor: bigint, openMinor: bigint, percent: string): bigint {
  const restMinor = openMinor - paidMinor
  if (restMinor <= percentOf(openMinor, percent)) return restMinor
  const { num, den } = parseDecimal(percent)
  const discountMinor = roundHalfAwayFromZero({ num: paidMinor * num, den: den * 100n - num })
  return least(discountMinor, restMinor)
}

/** The smaller of two amounts of one currency. */
export function least(one: bigint, other: bigint): bigint {
  if (one < other) return one
  return other
}
