import { parseId } from '@kontor/ids'
import { type ChargeOutcome, memoryTestStore, type Processor, type TestRecord, testProcessor } from '@kontor/processors'
import test from 'ava'
import fc from 'fast-check'
import { type Chargeable, type ChargeStage, chargeStage, instead } from '../testing/charge-stage.ts'

// Requests, repetitions, jobs and payments of persons in any order, two at a time, with a processor that loses requests and answers and
// processes that end in the middle. In the end what the processor took is what was paid, to the Rappen, and no invoice more than once.

type Mishap = 'none' | 'dies before' | 'dies after' | 'lost before' | 'lost after' | 'arrives late' | 'not sent'

const records = new Map<string, TestRecord>()
const memory = memoryTestStore()
const whole = testProcessor({
  store: {
    find: memory.find,
    async put(id, record) {
      records.set(id, record)
      await memory.put(id, record)
    },
    async add(id, record) {
      const before = await memory.add(id, record)
      records.set(id, before ?? record)
      return before
    },
  },
})
let mishaps: Mishap[] = []
/** Requests that nobody waits for any more, and that arrive all the same. */
let stragglers: (() => Promise<unknown>)[] = []

async function through<T>(work: () => Promise<T>): Promise<T> {
  const mishap = mishaps.shift() ?? 'none'
  if (mishap === 'not sent') return { outcome: 'not_sent', because: 'unreachable' } as T
  if (mishap === 'dies before') throw new Error('the process ends here')
  if (mishap === 'arrives late') stragglers.push(work)
  if (mishap === 'lost before' || mishap === 'arrives late') return { outcome: 'unknown', because: 'timeout' } as T
  const answer = await work()
  if (mishap === 'dies after') throw new Error('the process ends here')
  if (mishap === 'lost after') return { outcome: 'unknown', because: 'timeout' } as T
  return answer
}

const troubled = instead(whole, {
  create: (request) => through(() => whole.create(request)),
  confirm: (request) => through(() => whole.confirm(request)),
  retrieve: (reference) => through<ChargeOutcome>(() => whole.retrieve(reference)),
} satisfies Partial<Processor>)

let stage: ChargeStage
test.before(async () => {
  stage = await chargeStage({ processorOf: async () => troubled })
})
test.after.always(() => stage.kontor.close())

type Move =
  | { readonly kind: 'charge'; readonly key: number; readonly amount_minor: number }
  | { readonly kind: 'job' | 'pay' }

const AMOUNTS = [50_000, 100_000, 216_200, 66_601, 66_612, 66_613]
const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('charge' as const),
      key: fc.nat(3),
      amount_minor: fc.constantFrom(...AMOUNTS),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('job' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('pay' as const) }) },
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

async function make(of: Chargeable, run: number, { kind, ...rest }: Move): Promise<void> {
  if (kind === 'charge') {
    const { key, amount_minor } = rest as { key: number; amount_minor: number }
    await stage.charge(of, { amount_minor: AMOUNTS[key] ?? amount_minor }, { key: `run-${run}-key-${key}` })
  }
  if (kind === 'job') await stage.later()
  if (kind === 'pay') {
    const body = {
      invoice_id: of.invoice.id,
      method: 'cash',
      amount_minor: 9_000,
      currency: 'CHF',
      received_on: '2026-11-23',
    }
    await stage.kontor.call('POST', '/v1/payments', body)
  }
}

test('whatever is lost and whoever dies, what the processor took is what was paid, once', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(move, { minLength: 2, maxLength: 12 }),
      fc.array(mishap, { maxLength: 24 }),
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
        for (let times = 0; times < 4; times++) await stage.later()

        const invoiceId = parseId('inv', of.invoice.id)
        const charges = await stage.kontor.sql<{
          id: string
          state: string
          reference: string
          amount_minor: bigint
          paid_minor: bigint | null
        }>(
          `select charge.id, charge.state, charge.reference, charge.amount_minor, payment.amount_minor as paid_minor from charge
           left join payment on payment.bucket = charge.bucket and payment.charge_id = charge.id where charge.invoice_id = $1`,
          [invoiceId],
        )
        for (const { state, reference, amount_minor, paid_minor } of charges) {
          const there = records.get(reference)?.state
          t.true(['succeeded', 'declined', 'not_sent'].includes(state), state)
          t.is(state === 'succeeded', there === 'succeeded', `${state}, and there ${there}`)
          t.is(paid_minor, state === 'succeeded' ? amount_minor : null)
        }
        const charged = charges.reduce((sum, { paid_minor }) => sum + (paid_minor ?? 0n), 0n)
        t.true(charged <= 216_200n, 'never more than was open')
        const [row] = await stage.kontor.sql<{ allocated: bigint; came: bigint; credit: bigint }>(
          `select coalesce(sum(allocation.amount_minor), 0)::bigint as allocated,
                (select coalesce(sum(amount_minor), 0)::bigint from payment where account_id = $2) as came,
                (select coalesce(sum(credit_minor(bucket, id)), 0)::bigint from payment where account_id = $2) as credit
           from allocation where invoice_id = $1`,
          [invoiceId, parseId('acc', of.invoice.account_id)],
        )
        t.is((row?.allocated ?? 0n) + (row?.credit ?? 0n), row?.came ?? 0n, 'every Rappen is somewhere')
        t.is((await stage.read(of)).open_minor, 216_200 - Number(row?.allocated))
      },
    ),
    { numRuns: 40 },
  )
})
