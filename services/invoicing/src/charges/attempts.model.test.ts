import { parseId } from '@kontor/ids'
import { type ChargeOutcome, memoryTestStore, type Processor, type TestRecord, testProcessor } from '@kontor/processors'
import test from 'ava'
import fc from 'fast-check'
import { type Chargeable, type ChargeStage, chargeStage, instead } from '../testing/charge-stage.ts'
import { chargesOf, putRules, SOFT } from '../testing/obedient-processor.ts'

// The rules name two processors, and a schedule. Requests, repetitions, jobs, days, payments and cancellations in any order, two at a time,
// with processors that decline, lose requests and answers, and processes that end in the middle. In the end each chain of attempts has taken
// its money once at most, what the processors took is what was paid, and nothing waits any more.

type Mishap =
  | 'none'
  | 'declines'
  | 'dies before'
  | 'dies after'
  | 'lost before'
  | 'lost after'
  | 'arrives late'
  | 'not sent'

let mishaps: Mishap[] = []
/** Requests that nobody waits for any more, and that arrive all the same. */
let stragglers: (() => Promise<unknown>)[] = []
const records = new Map<string, TestRecord>()

async function through<T>(work: () => Promise<T>, decline: () => Promise<T> = work): Promise<T> {
  const mishap = mishaps.shift() ?? 'none'
  if (mishap === 'declines') return decline()
  if (mishap === 'not sent') return { outcome: 'not_sent', because: 'unreachable' } as T
  if (mishap === 'dies before') throw new Error('the process ends here')
  if (mishap === 'arrives late') stragglers.push(work)
  if (mishap === 'lost before' || mishap === 'arrives late') return { outcome: 'unknown', because: 'timeout' } as T
  const answer = await work()
  if (mishap === 'dies after') throw new Error('the process ends here')
  if (mishap === 'lost after') return { outcome: 'unknown', because: 'timeout' } as T
  return answer
}

function troubled(name: Processor['name']): Processor {
  const memory = memoryTestStore()
  const whole: Processor = {
    ...testProcessor({
      store: {
        find: memory.find,
        async put(id, record) {
          records.set(`${name} ${id}`, record)
          await memory.put(id, record)
        },
        async add(id, record) {
          const before = await memory.add(id, record)
          records.set(`${name} ${id}`, before ?? record)
          return before
        },
      },
    }),
    name,
  }
  /** Softly, and for good as far as this charge goes; what was taken before is taken. */
  const declined = async (reference: string): Promise<ChargeOutcome> => {
    const ended = await whole.cancel({ idempotencyKey: `decline-${reference}`, reference })
    return ended.outcome === 'cancelled' ? { ...(await SOFT()), reference } : ended
  }
  return instead(whole, {
    create: (request) => through(() => whole.create(request)),
    confirm: (request) =>
      through(
        () => whole.confirm(request),
        () => declined(request.reference),
      ),
    retrieve: (reference) => through<ChargeOutcome>(() => whole.retrieve(reference)),
  })
}

const processors = new Map((['stripe', 'test'] as const).map((name) => [name as Processor['name'], troubled(name)]))
let stage: ChargeStage
test.before(async () => {
  stage = await chargeStage({ processorOf: async (_owner, name) => processors.get(name) as Processor })
  await putRules(stage, { rules: [{ processors: ['stripe', 'test'] }], retry_after_hours: [24, 72, 168] })
})
test.after.always(() => stage.kontor.close())

type Move =
  | { readonly kind: 'charge'; readonly key: number }
  | { readonly kind: 'job' | 'day' | 'pay' | 'cancel'; readonly key?: never }

const ASKED = [
  { amount_minor: 100_000, off_session: true },
  { amount_minor: 216_200, off_session: true },
  { amount_minor: 66_606, off_session: true },
  { amount_minor: 66_601, off_session: false },
  { amount_minor: 150_000, off_session: false },
] as const
const alone = (kind: 'job' | 'day' | 'pay' | 'cancel') => fc.constant<Move>({ kind })
const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('charge' as const), key: fc.nat(ASKED.length - 1) }) },
  { weight: 2, arbitrary: alone('job') },
  { weight: 2, arbitrary: alone('day') },
  { weight: 1, arbitrary: alone('pay') },
  { weight: 1, arbitrary: alone('cancel') },
)
const mishap = fc.constantFrom<Mishap>(
  ...(['none', 'none', 'declines', 'declines', 'dies before', 'dies after', 'lost before', 'lost after'] as const),
  ...(['arrives late', 'not sent', 'not sent'] as const),
)

const HOUR_MS = 3_600_000
let runs = 0

async function day(): Promise<void> {
  stage.kontor.clock.advance(25 * HOUR_MS)
  await stage.later()
}

async function make(of: Chargeable, run: number, { kind, key }: Move): Promise<void> {
  if (kind === 'charge') {
    await stage.charge(of, { processor: undefined, ...ASKED[key] }, { key: `attempts-${run}-${key}` })
  }
  if (kind === 'job') await stage.later()
  if (kind === 'day') await day()
  if (kind === 'cancel') {
    const waits = (await chargesOf(stage, of)).find(({ retry_at }: { retry_at: string | null }) => retry_at !== null)
    if (waits) await stage.kontor.call('POST', `/v1/charges/${waits.id}/cancel`)
  }
  if (kind === 'pay') {
    const came = { method: 'cash', amount_minor: 9_000, currency: 'CHF', received_on: '2026-11-23' }
    await stage.kontor.call('POST', '/v1/payments', { invoice_id: of.invoice.id, ...came })
  }
}

async function arrive(): Promise<void> {
  const arrived = stragglers
  stragglers = []
  for (const straggler of arrived) await straggler()
}

interface Row {
  readonly id: string
  readonly state: string
  readonly processor: string
  readonly reference: string | null
  readonly first_id: string | null
  readonly retry_of: string | null
  readonly amount_minor: bigint
  readonly paid_minor: bigint | null
  readonly retry: string | null
}

test('whatever is declined, lost or killed, a chain of attempts takes its money once, and in the end nothing waits', async (t) => {
  let followed = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(move, { minLength: 2, maxLength: 12 }),
      fc.array(mishap, { minLength: 4, maxLength: 30 }),
      async (moves, given) => {
        const run = ++runs
        const of = await stage.chargeable()
        mishaps = [...given]
        for (let at = 0; at < moves.length; at += 2) {
          if (at % 4 === 0) await arrive()
          await Promise.all(moves.slice(at, at + 2).map((each) => make(of, run, each)))
        }
        mishaps = []
        await arrive()
        for (let days = 0; days < 9; days++) await day()

        const invoiceId = parseId('inv', of.invoice.id)
        const charges = await stage.kontor.sql<Row>(
          `select charge.id, charge.state, charge.processor, charge.reference, charge.first_id, charge.retry_of, charge.amount_minor,
                  payment.amount_minor as paid_minor, charge_retry.state as retry
             from charge left join payment on payment.bucket = charge.bucket and payment.charge_id = charge.id
                         left join charge_retry on charge_retry.bucket = charge.bucket and charge_retry.charge_id = charge.id
            where charge.invoice_id = $1`,
          [invoiceId],
        )
        const chains = Map.groupBy(charges, ({ id, first_id }) => first_id ?? id)
        for (const attempts of chains.values()) {
          t.true(attempts.filter(({ paid_minor }) => paid_minor !== null).length <= 1, 'a chain takes its money once')
          if (attempts.length > 1) followed++
        }
        for (const { id, state, processor, reference, amount_minor, paid_minor, retry } of charges) {
          const there = records.get(`${processor} ${reference}`)?.state
          t.true(['succeeded', 'declined', 'not_sent', 'cancelled'].includes(state), state)
          t.is(state === 'succeeded', there === 'succeeded', `${state}, and there ${there}`)
          t.is(paid_minor, state === 'succeeded' ? amount_minor : null)
          t.not(retry, 'waiting')
          t.is(retry === 'made', charges.some(({ retry_of }) => retry_of === id) && retry !== null)
        }
        const charged = charges.reduce((sum, { paid_minor }) => sum + (paid_minor ?? 0n), 0n)
        t.true(charged <= 216_200n, 'never more than was open')
      },
    ),
    { numRuns: 25 },
  )
  t.true(followed > 5, `${followed} chains had more than one attempt`)
})
