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

/**
 * VAT of a group that is not computed from its base: of several credit notes, each rounded by itself, the sum would miss what
 * their invoice charged.
 */
export interface StatedVat {
  readonly category: VatCategory
  /** Canonical, as `VatGroup.rate`. */
  readonly rate?: string | undefined
  readonly taxMinor: bigint
}

/** By how much the net amounts of a group, rounded one by one, miss the group's base. Signed: what is to be added to them. */
export interface NetDifference {
  readonly category: VatCategory
  readonly rate?: string
  readonly amountMinor: bigint
}

interface OpenGroup {
  readonly category: VatCategory
  readonly rate: Rational | undefined
  /** Net amounts in net prices, amounts with VAT in gross prices. */
  amountMinor: bigint
  /** In gross prices the sum of the nets that were rounded one by one. */
  netMinor: bigint
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
    this.#group(category, percent).amountMinor += amountMinor
  }

  /**
   * @param grossMinor The same with its VAT.
   * @returns Its net, rounded by itself.
   * @throws {VatRateMissing | VatRateForbidden | InvalidDecimal}
   */
  addGross(category: VatCategory, percent: string | undefined, grossMinor: bigint): bigint {
    const group = this.#group(category, percent)
    const netMinor = grossMinor - vatIn(grossMinor, group.rate)
    group.amountMinor += grossMinor
    group.netMinor += netMinor
    return netMinor
  }

  /**
   * The tax of a group is rounded once, on the group's base; the sum of taxes per line would drift from it.
   *
   * @param stated Groups whose tax was decided elsewhere.
   * @returns A group for every (category, rate) that was added, also where the base came out at 0.
   * @throws {AmountOverflow}
   * @see EN 16931-1, BR-CO-17: BT-117 = BT-116 × BT-119 ÷ 100, rounded to the currency's decimals
   */
  groups(stated: readonly StatedVat[] = []): VatGroup[] {
    return Array.from(this.#groups.values(), ({ category, rate, amountMinor: baseMinor }) => {
      boundedMinor(baseMinor)
      if (!rate) return { category, baseMinor, taxMinor: 0n }
      const key = { category, rate: formatDecimal(rate) }
      const taxMinor = boundedMinor(statedTax(stated, key) ?? vatOn(baseMinor, rate))
      return { ...key, baseMinor, taxMinor }
    })
  }

  /**
   * Takes the tax out of the gross of each group, rounded once, so that base and tax add up to what the customer saw.
   *
   * @param stated Groups whose tax was decided elsewhere.
   * @returns The groups, and where the nets that were rounded one by one miss a base, by how much.
   * @throws {AmountOverflow}
   * @see docs/adr/0016-gross-prices.md
   */
  groupsOfGross(stated: readonly StatedVat[] = []): { groups: VatGroup[]; netDifferences: NetDifference[] } {
    const groups: VatGroup[] = []
    const netDifferences: NetDifference[] = []
    for (const { category, rate, amountMinor, netMinor } of this.#groups.values()) {
      const key = rate ? { category, rate: formatDecimal(rate) } : { category }
      const taxMinor = statedTax(stated, key) ?? vatIn(boundedMinor(amountMinor), rate)
      const baseMinor = boundedMinor(amountMinor - taxMinor)
      groups.push({ ...key, baseMinor, taxMinor: boundedMinor(taxMinor) })
      if (baseMinor !== netMinor) netDifferences.push({ ...key, amountMinor: baseMinor - netMinor })
    }
    return { groups, netDifferences }
  }

  #group(category: VatCategory, percent: string | undefined): OpenGroup {
    const rate = vatRate(category, percent)
    const key = rate ? `${category} ${formatDecimal(rate)}` : category
    const found = this.#groups.get(key)
    if (found) return found
    const made: OpenGroup = { category, rate, amountMinor: 0n, netMinor: 0n }
    this.#groups.set(key, made)
    return made
  }
}

function statedTax(stated: readonly StatedVat[], { category, rate }: { category: string; rate?: string }) {
  return stated.find((group) => group.category === category && group.rate === rate)?.taxMinor
}

/** @returns The VAT on a net amount: net × rate ÷ 100, rounded. */
export function vatOn(netMinor: bigint, rate: Rational | undefined): bigint {
  return rate ? roundHalfAwayFromZero({ num: netMinor * rate.num, den: rate.den * 100n }) : 0n
}

/** @returns What of `grossMinor` is VAT: gross × rate ÷ (100 + rate), rounded. */
export function vatIn(grossMinor: bigint, rate: Rational | undefined): bigint {
  if (!rate || rate.num === 0n) return 0n
  return roundHalfAwayFromZero({ num: grossMinor * rate.num, den: 100n * rate.den + rate.num })
}
