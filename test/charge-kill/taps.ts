import { type Armed, type Step, verdictOn } from './moments.ts'
import type { Tap } from './tapped-way.ts'

/** The server's last word of an answer: it waits for the next query. */
const READY = Buffer.from([0x5a, 0, 0, 0, 5, 0x49])

/** The statements that write for many at once; their names stand in each message that runs them. */
const CLAIM = Buffer.from('claim_charges\0')
const ADVANCE = Buffer.from('advance_charges\0')
const KEEP_EVENTS = Buffer.from('keep_processor_events\0')
const PAYMENT = Buffer.from('"payment":{')

const togetherIn = (bytes: Buffer): Step | undefined => {
  if (bytes.includes(CLAIM)) return 'claim'
  if (bytes.includes(ADVANCE)) return bytes.includes(PAYMENT) ? 'taken' : 'created'
  return bytes.includes(KEEP_EVENTS) ? 'told' : undefined
}

const TABLES = ['charge', 'charge_step', 'payment', 'charge_refund', 'charge_refund_step', 'refund', 'dispute_step']

/** Which step a transaction is, by the tables that it wrote. A refund that is told of is claimed and booked in one. */
function stepOf(wrote: ReadonlySet<string>): Step | undefined {
  if (wrote.has('dispute_step'))
    return wrote.has('refund') ? 'charged back' : wrote.has('payment') ? 'given back' : undefined
  if (wrote.has('charge_refund_step')) {
    if (wrote.has('refund')) return 'refunded'
    return wrote.has('charge_refund') ? 'refund claim' : undefined
  }
  if (wrote.has('payment')) return 'taken'
  if (wrote.has('charge')) return 'claim'
  return wrote.has('charge_step') ? 'created' : undefined
}

/** Tells the writes of charges and refunds apart: those for many at once by their names, and transactions by what they write. */
export function databaseTap(armed: Armed): Tap {
  let wrote = new Set<string>()
  return {
    sent(bytes) {
      const together = togetherIn(bytes)
      if (together) return verdictOn(armed, together)
      if (bytes.includes('BEGIN')) wrote = new Set()
      for (const table of TABLES) if (bytes.includes(`insert into "${table}" `)) wrote.add(table)
      if (!bytes.includes('COMMIT')) return 'pass'
      const step = stepOf(wrote)
      wrote = new Set()
      return verdictOn(armed, step)
    },
    isAnswer: (bytes) => bytes.subarray(-READY.length).equals(READY),
  }
}

const REQUESTS: readonly (readonly [step: Step, line: RegExp])[] = [
  ['create', /^POST \/(v1\/payment_intents|v2\/checkout\/orders) HTTP/],
  ['confirm', /^POST \/(v1\/payment_intents\/\w+\/confirm|v2\/checkout\/orders\/\w+\/capture) HTTP/],
  ['refund', /^POST \/(v1\/refunds|v2\/payments\/captures\/\w+\/refund) HTTP/],
]

/** Tells requests to Stripe and PayPal apart. */
export function processorTap(armed: Armed): Tap {
  return {
    sent(bytes) {
      const text = bytes.subarray(0, 200).toString('latin1')
      return verdictOn(armed, REQUESTS.find(([, line]) => line.test(text))?.[0])
    },
    isAnswer: () => true,
  }
}
