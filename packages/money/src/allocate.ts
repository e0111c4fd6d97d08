import { type Rational, roundHalfAwayFromZero } from './decimal.ts'

/**
 * Splits an amount by weights, to the last minor unit (largest remainder, Hamilton's method).
 *
 * Every share is its exact part rounded up or down; what rounding down leaves over goes to the largest remainders,
 * among equal ones to the earlier. A negative total gives the mirror of the positive one.
 *
 * @param totalMinor Minor units, of either sign.
 * @param weights None negative, at least one above zero.
 * @returns One share per weight, in order; their sum is `totalMinor`.
 * @throws {RangeError} A negative weight, or nothing to divide by: the caller decides what an empty split means.
 */
export function allocate(totalMinor: bigint, weights: readonly bigint[]): bigint[] {
  const totalWeight = weights.reduce((sum, weight) => sum + weight, 0n)
  if (totalWeight <= 0n || weights.some((weight) => weight < 0n)) {
    throw new RangeError('weights must not be negative, and one must be above zero')
  }
  const magnitude = totalMinor < 0n ? -totalMinor : totalMinor
  const shares = weights.map((weight) => (magnitude * weight) / totalWeight)
  const leftOver = magnitude - shares.reduce((sum, share) => sum + share, 0n)

  const byRemainder = weights
    .map((weight, index) => ({ index, remainder: (magnitude * weight) % totalWeight }))
    .sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder < b.remainder ? 1 : -1))
  // The remainders add up to leftOver × totalWeight and each is below totalWeight, so leftOver of them are above zero.
  for (const { index } of byRemainder.slice(0, Number(leftOver))) shares[index] = (shares[index] ?? 0n) + 1n

  return totalMinor < 0n ? shares.map((share) => -share) : shares
}

/**
 * What a part of the whole comes to, rounded half away from zero. Parts rounded by themselves need not add up: take what the whole has
 * come to up to and with a part, less what it came to before.
 *
 * @param part Its `den` is positive.
 */
export function portion(amountMinor: bigint, part: Rational): bigint {
  return roundHalfAwayFromZero({ num: amountMinor * part.num, den: part.den })
}
