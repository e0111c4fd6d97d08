import { bucketOf, parseId } from '@kontor/ids'
import { memoryTestStore, type Processor, type RefundOutcome, testProcessor } from '@kontor/processors'
import test from 'ava'
import fc from 'fast-check'
import { instead } from '../testing/charge-stage.ts'
import { type Charged, type RefundStage, refundStage } from '../testing/refund-stage.ts'

// Refunds through a processor, by hand and by the payer's bank, two at a time, with a processor that loses requests and answers and
// processes that end in the middle. In the end what the processor sent back is what is written down, once, and the sums are zero.

type Mishap = 'none' | 'dies before' | 'dies after' | 'lost before' | 'lost after' | 'arrives late' | 'not sent'

const whole = testProcessor({ store: memoryTestStore() })
let mishaps: Mishap[] = []
/** Requests that nobody waits for any more, and that arrive all the same. */
let stragglers: (() => Promise<unknown>)[] = []
/** What the processor has sent back, by the id that it gave it. */
const sent = new Map<string, bigint>()

async function through(work: () => Promise<RefundOutcome>): Promise<RefundOutcome> {
  const mishap = mishaps.shift() ?? 'none'
  if (mishap === 'not sent') return { outcome: 'not_sent', because: 'unreachable' }
  if (mishap === 'dies before') throw new Error('the process ends here')
  if (mishap === 'arrives late') stragglers.push(work)
  if (mishap === 'lost before' || mishap === 'arrives late') return { outcome: 'unknown', because: 'timeout' }
  const answer = await work()
  if (mishap === 'dies after') throw new Error('the process ends here')
  return mishap === 'lost after' ? { outcome: 'unknown', because: 'timeout' } : answer
}

/** Counts what has gone. */
async function counted(work: Promise<RefundOutcome>): Promise<RefundOutcome> {
  const outcome = await work
  if (outcome.outcome === 'succeeded') sent.set(outcome.reference, outcome.amount?.minor ?? 0n)
  return outcome
}

const troubled = instead(whole, {
  refund: (request) => through(() => counted(whole.refund(request))),
  retrieveRefund: (reference) => through(() => counted(whole.retrieveRefund(reference))),
} satisfies Partial<Processor>)

let stage: RefundStage
test.before(async () => {
  stage = await refundStage({ processorOf: async () => troubled })
})
test.after.always(() => stage.kontor.close())

/** The second one is decided later. */
const TAKEN = [100_000, 66_632]
const amount_minor = fc.constantFrom(1_000, 20_000, 40_000, 60_000, 100_000)
const move = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('refund' as const), key: fc.nat(3), amount_minor }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('job' as const), key: fc.nat(0), amount_minor }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('by hand', 'chargeback'), key: fc.nat(0), amount_minor }),
  },
)
const mishap = fc.constantFrom<Mishap>(
  ...(['none', 'none', 'dies before', 'dies after', 'lost before', 'lost after', 'arrives late', 'not sent'] as const),
)

let runs = 0

async function arrive(): Promise<void> {
  const arrived = stragglers
  stragglers = []
  for (const straggler of arrived) await straggler()
}

async function addsUp(of: Charged): Promise<Record<string, bigint>> {
  const payment = parseId('pay', of.charge.payment_id)
  const [sums] = await stage.kontor.sql<Record<string, bigint>>(
    `select payment.amount_minor as came, credit_minor(payment.bucket, payment.id) as credit,
            (select coalesce(sum(amount_minor), 0)::bigint from refund where bucket = $1 and payment_id = $2) as gone,
            (select coalesce(sum(amount_minor), 0)::bigint from allocation where bucket = $1 and payment_id = $2) as allocated
       from payment where bucket = $1 and id = $2`,
    [bucketOf(payment), payment],
  )
  return sums as Record<string, bigint>
}

test('whatever is lost and whoever dies, what went back is written down once, and the sums are zero', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...TAKEN),
      fc.array(move, { minLength: 2, maxLength: 10 }),
      fc.array(mishap, { maxLength: 16 }),
      async (taken, moves, given) => {
        const run = ++runs
        const of = await stage.charged({ amount_minor: taken })
        sent.clear()
        mishaps = [...given]
        const make = async (one: (typeof moves)[number]): Promise<unknown> => {
          if (one.do === 'job') return stage.later()
          const { amount_minor } = one
          if (one.do === 'chargeback') return stage.byHand(of, 'chargebacks', { amount_minor })
          if (one.do === 'by hand') return stage.byHand(of, 'refunds', { amount_minor, invoice_id: of.invoice.id })
          // The same key is the same request.
          return stage.refund(
            of,
            { amount_minor: [1_000, 20_000, 40_000, 60_000][one.key] },
            { key: `run-${run}-${one.key}` },
          )
        }
        for (let at = 0; at < moves.length; at += 2) {
          if (at % 4 === 0) await arrive()
          await Promise.all(moves.slice(at, at + 2).map(make))
        }
        mishaps = []
        await arrive()
        for (let times = 0; times < 5; times++) await stage.later()

        const refunds = await stage.refundsOf(of)
        for (const { state } of refunds) t.true(['succeeded', 'declined', 'not_sent'].includes(state), state)
        const gone = refunds.filter(({ state }) => state === 'succeeded')
        t.deepEqual(
          gone.map(({ reference, amount_minor }) => [reference, BigInt(amount_minor)]).sort(),
          [...sent].sort() as unknown[][],
          'what the processor sent back is what is known',
        )
        const { came = 0n, credit = 0n, gone: booked = 0n, allocated = 0n } = await addsUp(of)
        t.true(booked <= came && credit >= 0n, 'never more than was taken')
        t.is(came, allocated + booked + credit, 'every Rappen is somewhere')
        const { refunds: rows } = await stage.payment(of)
        const ofCharge = rows.filter(({ charge_refund_id }: { charge_refund_id: string | null }) => charge_refund_id)
        for (const { id, amount_minor, unbooked_minor } of gone) {
          const own = ofCharge.filter(({ charge_refund_id }: { charge_refund_id: string }) => charge_refund_id === id)
          const sum = own.reduce((total: number, row: { amount_minor: number }) => total + row.amount_minor, 0)
          t.is(sum, amount_minor - unbooked_minor)
        }
        t.is((await stage.read(of)).open_minor, 216_200 - Number(allocated))
        const { body } = await stage.kontor.call('GET', `/v1/accounts/${of.invoice.account_id}/balance`)
        t.is(body.balances[0].balance_minor, 216_200 - taken + Number(booked), 'the sum of everything is zero')
      },
    ),
    { numRuns: 25 },
  )
})
