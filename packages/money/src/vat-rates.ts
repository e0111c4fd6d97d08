import { formatDecimal, parseDecimal } from './decimal.ts'
import published from './vat-rates.json' with { type: 'json' }

/** A rate of category S, with the days on which supplies fell under it: `from` is the first, `until` the first no more. */
export interface DatedRate {
  /** A canonical decimal. */
  readonly percent: string
  readonly kind: 'standard' | 'reduced' | 'special'
  readonly from: string
  readonly until?: string
}

interface Country {
  /** The first day that the table speaks of. */
  readonly since: string
  readonly rates: readonly DatedRate[]
}

/** By ISO 3166-1 alpha-2. Where the rates come from stands in the file beside each country. */
const COUNTRIES: ReadonlyMap<string, Country> = new Map(
  Object.entries(published.countries as Record<string, Country>).map(([country, { since, rates }]) => [
    country,
    { since, rates: rates.map((rate) => ({ ...rate, percent: formatDecimal(parseDecimal(rate.percent)) })) },
  ]),
)

/** The countries that we hold rates for. */
export const RATED_COUNTRIES: readonly string[] = [...COUNTRIES.keys()]

/**
 * The rates that a country has for supplies of a day: standard first, then by size, each once.
 *
 * @param country ISO 3166-1 alpha-2.
 * @param day `YYYY-MM-DD`.
 * @returns `undefined` where we hold no rates: of another country, or of a day before our table begins.
 * @see Directive 2006/112/EC, Art. 93: the rate is that of the time of the supply
 */
export function ratesOn(country: string, day: string): readonly DatedRate[] | undefined {
  const held = COUNTRIES.get(country)
  if (!held || day < held.since) return undefined
  const valid = held.rates.filter(({ from, until }) => from <= day && (until === undefined || day < until))
  const distinct = new Map(valid.toReversed().map((rate) => [rate.percent, rate]))
  return [...distinct.values()].sort(bySize)
}

function bySize(a: DatedRate, b: DatedRate): number {
  if ((a.kind === 'standard') !== (b.kind === 'standard')) return a.kind === 'standard' ? -1 : 1
  const [left, right] = [parseDecimal(a.percent), parseDecimal(b.percent)]
  return left.num * right.den > right.num * left.den ? -1 : 1
}
