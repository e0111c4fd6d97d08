import { median } from '../support/timing.ts'

/** One line of `pnpm bench`. */
export interface Figure {
  readonly name: string
  readonly value: number
  /** `ratio` is our rate divided by the bare one, the larger the better; `µs` is time, the smaller the better. */
  readonly unit: 'ratio' | 'µs'
  /** A ratio must reach it, a time must stay within it; null where there is none. */
  readonly goal: number | null
  /** What the ratio was taken against, in `baseline_unit`; null where there is nothing to compare with. */
  readonly baseline: number | null
  readonly baseline_unit: string | null
  /** Whether the goal is reached; null without a goal. */
  readonly met: boolean | null
  /** Medians of both sides and the spread of the ratio, for whoever wants to know more. */
  readonly detail: Readonly<Record<string, number>>
}

/** What one side did in one round. */
export interface Round {
  /** Things done in a second. */
  readonly perSecond: number
  /** The 99th percentile of how long one of them took, in milliseconds; absent where it was not looked at. */
  readonly p99Ms?: number
}

/** Requests or statements that a round takes from. What one round leaves is for the next. */
export interface Supply<T> {
  /** @returns `undefined` when there is nothing left. */
  next(): T | undefined
}

export function supplyOf<T>(items: readonly T[]): Supply<T> {
  let taken = 0
  return { next: () => items[taken++] }
}

/** How long a round goes on: by time, and by what there is to take. */
export interface RoundLimits {
  readonly seconds: number
  readonly most: number
}

/** A rate that grew by less than this from one round of warming to the next has settled. */
const SETTLED_GROWTH = 1.05
/** One slow round among the first looks like a rate that has settled. */
const WARM_UP_LEAST = 7

/**
 * Measures two things in turn, A B A B …, and compares each round of one with the round of the other beside it: what else
 * the machine does at the time then slows both down, and falls out of the ratio.
 *
 * @param goal That the ratio should reach.
 * @param baselineUnit What the baseline counts, such as `issues/s`.
 * Before the rounds that count, both sides are run until our rate settles: a compiler that still works on one side would be
 * measured with it.
 *
 * @param rounds That count.
 * @param warmUpMost Rounds of warming at most; one unless given, which is always run.
 */
export async function compare(options: {
  readonly name: string
  readonly goal: number | null
  readonly baselineUnit: string
  readonly rounds: number
  readonly warmUpMost?: number
  /** What is compared: rates unless said otherwise. Of the p99 the baseline's stands above, so that more is better as well. */
  readonly by?: 'p99'
  readonly ours: () => Promise<Round>
  readonly bare: () => Promise<Round>
}): Promise<Figure> {
  const pairs: { readonly ours: Round; readonly bare: Round }[] = []
  let before = 0
  for (let round = 0; round < (options.warmUpMost ?? 1); round++) {
    const ours = await options.ours()
    await options.bare()
    const settled = round + 1 >= WARM_UP_LEAST && ours.perSecond < before * SETTLED_GROWTH
    before = ours.perSecond
    if (settled) break
  }
  for (let round = 0; round < options.rounds; round++) {
    pairs.push({ ours: await options.ours(), bare: await options.bare() })
  }
  return figureOf(options, pairs)
}

/** @param pairs Rounds that were measured beside each other. */
export function figureOf(
  {
    name,
    goal,
    baselineUnit,
    by,
  }: { readonly name: string; readonly goal: number | null; readonly baselineUnit: string; readonly by?: 'p99' },
  pairs: readonly { readonly ours: Round; readonly bare: Round }[],
): Figure {
  const ratios = pairs.map(({ ours, bare }) =>
    by === 'p99' ? (bare.p99Ms ?? 0) / (ours.p99Ms ?? 0) : ours.perSecond / bare.perSecond,
  )
  const value = median(ratios)
  return {
    name,
    value,
    unit: 'ratio',
    goal,
    baseline: median(pairs.map(({ bare }) => bare.perSecond)),
    baseline_unit: baselineUnit,
    met: goal === null ? null : value >= goal,
    detail: {
      ours: median(pairs.map(({ ours }) => ours.perSecond)),
      lowest_ratio: Math.min(...ratios),
      highest_ratio: Math.max(...ratios),
      ...medianP99('p99_ms', pairs, ({ ours }) => ours),
      ...medianP99('baseline_p99_ms', pairs, ({ bare }) => bare),
    },
  }
}

function medianP99<Pair>(name: string, pairs: readonly Pair[], side: (pair: Pair) => Round): Record<string, number> {
  const values = pairs.flatMap((pair) => side(pair).p99Ms ?? [])
  return values.length === 0 ? {} : { [name]: median(values) }
}

/** @param micros For one call, of each round. */
export function timeFigure(name: string, goal: number | null, micros: readonly number[]): Figure {
  const value = median(micros)
  return {
    name,
    value,
    unit: 'µs',
    goal,
    baseline: null,
    baseline_unit: null,
    met: goal === null ? null : value <= goal,
    detail: { fastest: Math.min(...micros), slowest: Math.max(...micros) },
  }
}
