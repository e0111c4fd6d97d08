import type { Tap, Verdict } from './tapped-way.ts'

/**
 * What a process does for a charge, in order: claims it, asks the processor to create it, writes down that it is created and is about to be
 * confirmed, confirms it, and writes down that money was taken.
 */
const STEPS = ['claim', 'create', 'created', 'confirm', 'taken'] as const
type Step = (typeof STEPS)[number]

/** A point at which a process ends. Before a commit or a request that never left; or after it, with an answer that never came. */
export type Moment = `${'before' | 'after'} ${Step}`

export const MOMENTS: readonly Moment[] = STEPS.flatMap((step): Moment[] => [`before ${step}`, `after ${step}`])

/** The one moment that is waited for, if any. Whoever meets it takes it. */
export interface Armed {
  moment: Moment | undefined
}

const verdictOn = (armed: Armed, step: Step | undefined): Verdict => {
  if (step === undefined || armed.moment === undefined) return 'pass'
  const [when, what] = armed.moment.split(' ')
  if (what !== step) return 'pass'
  armed.moment = undefined
  return when === 'before' ? 'now' : 'then'
}

/** The server's last word of an answer: it waits for the next query. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49])

/** The statements that write for many charges at once; their names stand in each message that runs them. */
const CLAIM = Buffer.from('claim_charges\0')
const ADVANCE = Buffer.from('advance_charges\0')
const PAYMENT = Buffer.from('"payment":{')

const togetherIn = (bytes: Buffer): Step | undefined => {
  if (bytes.includes(CLAIM)) return 'claim'
  if (bytes.includes(ADVANCE)) return bytes.includes(PAYMENT) ? 'taken' : 'created'
  return undefined
}

/** Tells the writes of charges apart: those for many at once by their names, and transactions by what they write. */
export function databaseTap(armed: Armed): Tap {
  let wrote = new Set<string>()
  return {
    sent(bytes) {
      const together = togetherIn(bytes)
      if (together) return verdictOn(armed, together)
      for (const table of ['charge', 'charge_step', 'payment'])
        if (bytes.includes(`insert into "${table}" `)) wrote.add(table)
      if (!bytes.includes('COMMIT')) return 'pass'
      const step = wrote.has('payment')
        ? 'taken'
        : wrote.has('charge')
          ? 'claim'
          : wrote.has('charge_step')
            ? 'created'
            : undefined
      wrote = new Set()
      return verdictOn(armed, step)
    },
    isAnswer: (bytes) => bytes.subarray(-READY.length).equals(READY),
  }
}

const CREATES = /^POST \/(v1\/payment_intents|v2\/checkout\/orders) HTTP/
const CONFIRMS = /^POST \/(v1\/payment_intents\/\w+\/confirm|v2\/checkout\/orders\/\w+\/capture) HTTP/

/** Tells requests to Stripe and PayPal apart. */
export function processorTap(armed: Armed): Tap {
  return {
    sent(bytes) {
      const line = bytes.subarray(0, 200).toString('latin1')
      return verdictOn(armed, CREATES.test(line) ? 'create' : CONFIRMS.test(line) ? 'confirm' : undefined)
    },
    isAnswer: () => true,
  }
}
