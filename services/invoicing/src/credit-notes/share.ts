import { roundHalfAwayFromZero } from '@kontor/money'

/** @returns Whether an amount lies between nothing and a whole, which may be negative. */
export function within(amount: bigint, whole: bigint): boolean {
  return whole < 0n ? amount <= 0n && amount >= whole : amount >= 0n && amount <= whole
}

/** @returns `amount`, or the nearest that lies between nothing and `whole`. */
export function clamp(amount: bigint, whole: bigint): bigint {
  if (within(amount, whole)) return amount
  return whole < 0n === amount < 0n ? whole : 0n
}

/**
 * The share that a part of a whole has in a total, less what was given out before: rounded once for all of them together, so that
 * many small shares do not drift from it.
 *
 * @param share A part outside of its whole counts as none or all of it; of a whole of nothing there is no share.
 * @returns Never more than is left of the total.
 */
export function shareUpTo(
  total: bigint,
  { part, whole }: { readonly part: bigint; readonly whole: bigint },
  given: bigint,
): bigint {
  if (whole === 0n) return 0n
  const inside = clamp(part, whole)
  const sign = whole < 0n ? -1n : 1n
  const upTo = roundHalfAwayFromZero({ num: total * inside * sign, den: whole * sign })
  return clamp(upTo - given, total - given)
}
