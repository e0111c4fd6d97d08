import { boundedMinor } from './amount.ts'
import { formatDecimal, parseDecimal, type Rational, roundHalfAwayFromZero } from './decimal.ts'
import { VatRateForbidden, VatRateMissing } from './errors.ts'

/** The VAT category codes of EN 16931 (a subset of UNTDID 5305), with what BR-*-05 says of their rate. */
const RATE_RULES = {
  S: 'more than zero', // standard rated
  Z: 'zero', // zero rated
  E: 'zero', // exempt
  AE: 'zero', // reverse charge
  K: 'zero', // intra-community supply
  G: 'zero', // export outside the EU
  O: 'none', // not subject to VAT
  L: 'zero or more', // IGIC, Canary Islands
  M: 'zero or more', // IPSI, Ceuta and Melilla
} as const

export type VatCategory = keyof typeof RATE_RULES

export const VAT_CATEGORIES = Object.keys(RATE_RULES) as readonly VatCategory[]

/** One row of the VAT breakdown (BG-23). `rate` is a canonical decimal in percent; category O has none. */
export interface VatGroup {
  readonly category: VatCategory
  readonly rate?: string
  /** BT-116 */
  readonly baseMinor: bigint
  /** BT-117 */
  readonly taxMinor: bigint
}

interface OpenGroup {
  readonly category: VatCategory
  readonly rate: Rational | undefined
  baseMinor: bigint
}

/**
 * Checks a rate against its category.
 *
 * @param percent A decimal such as `19`; left out it means 0 where 0 is the only rate that the category has.
 * @returns The rate, or undefined for category O.
 * @throws {VatRateMissing | VatRateForbidden | InvalidDecimal}
 * @see EN 16931-1, BR-S-05, BR-Z-05, BR-E-05, BR-AE-05, BR-IC-05, BR-G-05, BR-O-05, BR-IG-05, BR-IP-05
 */
export function vatRate(category: VatCategory, percent: string | undefined): Rational | undefined {
  const rule = RATE_RULES[category]
  if (percent === undefined) {
    if (rule === 'none') return undefined
    if (rule === 'zero') return { num: 0n, den: 1n }
    throw new VatRateMissing(`category ${category} needs a rate of ${rule}`)
  }
  if (rule === 'none') throw new VatRateForbidden(`category ${category} has no rate`)
  const rate = parseDecimal(percent)
  const fits = rule === 'zero or more' || (rule === 'zero' ? rate.num === 0n : rate.num > 0n)
  if (rate.num < 0n || !fits) throw new VatRateForbidden(`category ${category} needs a rate of ${rule}`)
  return rate
}

/** Collects amounts by (category, rate) in order of first appearance. Rates are one when their values are equal. */
export class VatBreakdown {
  readonly #groups = new Map<string, OpenGroup>()

  /**
   * @param amountMinor Line net, charge, or the negative of an allowance.
   * @throws {VatRateMissing | VatRateForbidden | InvalidDecimal}
   */
  add(category: VatCategory, percent: string | undefined, amountMinor: bigint): void {
    const rate = vatRate(category, percent)
    const key = rate ? `${category} ${formatDecimal(rate)}` : category
    const group = this.#groups.get(key)
    if (group) group.baseMinor += amountMinor
    else this.#groups.set(key, { category, rate, baseMinor: amountMinor })
  }

  /**
   * The tax of a group is rounded once, on the group's base; the sum of taxes per line would drift from it.
   *
   * @returns A group for every (category, rate) that was added, also where the base came out at 0.
   * @throws {AmountOverflow}
   * @see EN 16931-1, BR-CO-17: BT-117 = BT-116 × BT-119 ÷ 100, rounded to the currency's decimals
   */
  groups(): VatGroup[] {
    return Array.from(this.#groups.values(), ({ category, rate, baseMinor }) => {
      boundedMinor(baseMinor)
      if (!rate) return { category, baseMinor, taxMinor: 0n }
      const taxMinor = boundedMinor(roundHalfAwayFromZero({ num: baseMinor * rate.num, den: rate.den * 100n }))
      return { category, rate: formatDecimal(rate), baseMinor, taxMinor }
    })
  }
}
