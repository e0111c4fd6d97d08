import type { Verdict } from './tapped-way.ts'

/**
 * What a process does for a charge, in order: claims it, asks the processor to create it, writes down that it is created and is about to be
 * confirmed, confirms it, and writes down that money was taken.
 */
const OF_CHARGES = ['claim', 'create', 'created', 'confirm', 'taken'] as const

/**
 * What it does about money that goes back: claims a refund, asks the processor for it, and writes down that money has gone; keeps what a
 * processor tells, and writes down that a dispute has taken money, or that it came back.
 */
const OF_MONEY_BACK = ['refund claim', 'refund', 'refunded', 'told', 'charged back', 'given back'] as const

export type Step = (typeof OF_CHARGES)[number] | (typeof OF_MONEY_BACK)[number]

/** A point at which a process ends. Before a commit or a request that never left; or after it, with an answer that never came. */
export type Moment = `${'before' | 'after'} ${Step}`

const around = (step: Step): Moment[] => [`before ${step}`, `after ${step}`]

export const MOMENTS: readonly Moment[] = OF_CHARGES.flatMap(around)
export const MOMENTS_BACK: readonly Moment[] = OF_MONEY_BACK.flatMap(around)

/** The one moment that is waited for, if any. Whoever meets it takes it. */
export interface Armed {
  moment: Moment | undefined
}

/** What to do at a step, if that is what bytes are about. */
export const verdictOn = (armed: Armed, step: Step | undefined): Verdict => {
  if (step === undefined) return 'pass'
  const verdicts: Partial<Record<Moment, Verdict>> = { [`before ${step}`]: 'now', [`after ${step}`]: 'then' }
  const verdict = (armed.moment && verdicts[armed.moment]) ?? 'pass'
  if (verdict !== 'pass') armed.moment = undefined
  return verdict
}
