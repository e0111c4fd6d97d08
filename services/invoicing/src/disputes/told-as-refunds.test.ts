import test from 'ava'
import fc from 'fast-check'
import { inDisputes } from '../charge-refunds/rules.ts'
import { type DisputeStage, disputeStage, PAYABLE, stepsOf } from '../testing/dispute-stage.ts'
import { inRefunds } from './told-as-refunds.ts'

// PayPal tells what it gives back in a dispute as a refund too. Whatever comes first, the money is booked once.

let stage: DisputeStage
test.before(async () => {
  stage = await disputeStage()
})
test.after.always(() => stage.close())

type Of = Awaited<ReturnType<DisputeStage['charge']>>

let made = 0
const newCase = async () => ({ of: await stage.charge('paypal'), dispute: `PP-D-twice-${++made}` })
const lost = (dispute: string, of: Of, hour: number, minor?: number) =>
  stage.byPaypal(dispute, of, 'RESOLVED', 'RESOLVED_BUYER_FAVOUR', hour, minor)

for (const type of ['PAYMENT.CAPTURE.REFUNDED', 'PAYMENT.CAPTURE.REVERSED']) {
  test.serial(
    `a refund that is told first (${type}) is what the dispute came to: no chargeback beside it`,
    async (t) => {
      const { of, dispute } = await newCase()
      await stage.byPaypal(dispute, of, 'OPEN', undefined, 1, 50_000)
      await stage.tellOfRefund(stage.refundAtPaypal(of, 50_000), type)
      await stage.work()
      await lost(dispute, of, 2, 50_000)
      await lost(dispute, of, 3, 50_000)
      await stage.work()
      const shown = await of.dispute()
      t.like(shown, { state: 'lost', refunded_minor: 50_000, missing_minor: 0, needs_attention: false })
      t.deepEqual(stepsOf(shown), ['needs_response –', 'lost –'])
      t.like(await of.payment(), { refunded_minor: 50_000 })
      t.is(await of.balance(), 50_000)
    },
  )

  test.serial(
    `a refund that is told last (${type}) is known as the dispute: no movement of money beside it`,
    async (t) => {
      const { of, dispute } = await newCase()
      await lost(dispute, of, 2, 50_000)
      await stage.work()
      const reference = stage.refundAtPaypal(of, 50_000)
      await stage.tellOfRefund(reference, type)
      await stage.tellOfRefund(reference)
      await stage.work()
      t.like(await of.dispute(), { state: 'lost', refunded_minor: 0, needs_attention: false })
      const [refund, ...more] = await of.refunds()
      t.deepEqual(more, [])
      t.like(refund, {
        state: 'declined',
        refund_id: null,
        needs_attention: false,
        decline: { code: 'known_as_dispute' },
      })
      t.like(await of.payment(), { refunded_minor: 50_000 })
      // What goes back after that is other money.
      await stage.tellOfRefund(stage.refundAtPaypal(of, 50_000))
      await stage.work()
      t.like(await of.payment(), { refunded_minor: 100_000 })
    },
  )
}

test.serial('what is told of other amounts is taken for the same money, and a person looks', async (t) => {
  const first = await newCase()
  await stage.tellOfRefund(stage.refundAtPaypal(first.of, 30_000))
  await stage.work()
  await lost(first.dispute, first.of, 2, 50_000)
  await stage.work()
  t.like(await first.of.dispute(), { refunded_minor: 30_000, missing_minor: 0, needs_attention: true })
  t.like(await first.of.payment(), { refunded_minor: 50_000 })

  const second = await newCase()
  await lost(second.dispute, second.of, 2, 50_000)
  await stage.work()
  await stage.tellOfRefund(stage.refundAtPaypal(second.of, 80_000))
  await stage.work()
  const [refund] = await second.of.refunds()
  t.like(refund, { state: 'succeeded', amount_minor: 80_000, unbooked_minor: 50_000, needs_attention: true })
  t.like(await second.of.payment(), { refunded_minor: 80_000 })
})

test.serial('a refund of days before the dispute is other money', async (t) => {
  const { of, dispute } = await newCase()
  await stage.tellOfRefund(stage.refundAtPaypal(of, 50_000))
  await stage.work()
  await stage.byPaypal(dispute, of, 'OPEN', undefined, 72, 50_000)
  await stage.work()
  await lost(dispute, of, 96, 50_000)
  await stage.work()
  t.like(await of.dispute(), { refunded_minor: 0, needs_attention: false })
  t.like(await of.payment(), { refunded_minor: 100_000 })
  await stage.tellOfRefund(stage.refundAtPaypal(of, 50_000))
  await stage.work()
  t.like(await of.payment(), { refunded_minor: 100_000 })
})

test.serial('a refund is what one dispute came to, and not the next one too', async (t) => {
  const { of, dispute } = await newCase()
  await stage.tellOfRefund(stage.refundAtPaypal(of, 50_000))
  await stage.work()
  for (const name of [dispute, `${dispute}-again`]) {
    await lost(name, of, 1, 50_000)
    await stage.work()
  }
  const all: { refunded_minor: number; needs_attention: boolean }[] = await of.disputes()
  t.deepEqual(all.map(({ refunded_minor }) => refunded_minor).sort(), [0, 50_000])
  t.deepEqual(
    all.map(({ needs_attention }) => needs_attention),
    [false, false],
  )
  t.like(await of.payment(), { refunded_minor: 100_000 })
})

test.serial('what is won after it was booked as a refund is for a person', async (t) => {
  const { of, dispute } = await newCase()
  await stage.tellOfRefund(stage.refundAtPaypal(of, 50_000))
  await stage.work()
  await lost(dispute, of, 1, 50_000)
  await stage.work()
  await stage.byPaypal(dispute, of, 'UNDER_REVIEW', undefined, 90, 50_000)
  await stage.work()
  await lost(dispute, of, 91, 50_000)
  await stage.work()
  t.like(await of.payment(), { refunded_minor: 50_000 }, 'lost a second time, and taken once')
  await stage.byPaypal(dispute, of, 'RESOLVED', 'RESOLVED_SELLER_FAVOUR', 92, 50_000)
  await stage.work()
  t.like(await of.dispute(), { state: 'won', refunded_minor: 50_000, needs_attention: true })
})

const minor = fc.bigInt({ min: 1n, max: 6n })
test('whichever of disputes and refunds is learnt first, what agrees is booked once, and nothing twice', (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), minor), { maxLength: 8 }), (told) => {
      // What each side has written down: taken by disputes, counted for them, refunds that are booked, and those that are known as a dispute.
      const taken: bigint[] = []
      const booked: bigint[] = []
      let [counted, known] = [0n, 0n]
      const sums = { disputes: 0n, refunds: 0n }
      for (const [isDispute, amount] of told) {
        if (isDispute) {
          sums.disputes += amount
          const { minor: same } = inRefunds(amount, { minors: booked, countedMinor: counted })
          counted += same
          taken.push(amount - same)
        } else {
          sums.refunds += amount
          const { minor: same } = inDisputes(amount, taken, known)
          known += same
          booked.push(amount - same)
        }
      }
      const total = [...taken, ...booked].reduce((sum, each) => sum + each, 0n)
      t.is(total, sums.disputes > sums.refunds ? sums.disputes : sums.refunds)
    }),
  )
})

const CASES = fc.record({
  disputed: fc.constantFrom(20_000, 50_000, PAYABLE),
  /** How much more than that was given back. */
  more: fc.constantFrom(0, 0, 0, -100, 100),
  order: fc.shuffledSubarray(['open', 'lost', 'lost again', 'refund', 'refund again', 'reversed'], {
    minLength: 6,
    maxLength: 6,
  }),
  /** After which words the work is done. */
  works: fc.subarray([0, 1, 2, 3, 4]),
})

test.serial('in whatever order they are told, and by however many at once they are learnt', async (t) => {
  await fc.assert(
    fc.asyncProperty(CASES, async ({ disputed, more, order, works }) => {
      const { of, dispute } = await newCase()
      const gone = Math.min(disputed + more, PAYABLE)
      const reference = stage.refundAtPaypal(of, gone)
      const tell: Record<string, () => Promise<void>> = {
        open: () => stage.byPaypal(dispute, of, 'OPEN', undefined, 1, disputed),
        lost: () => lost(dispute, of, 2, disputed),
        'lost again': () => lost(dispute, of, 3, disputed),
        refund: () => stage.tellOfRefund(reference),
        'refund again': () => stage.tellOfRefund(reference),
        reversed: () => stage.tellOfRefund(reference, 'PAYMENT.CAPTURE.REVERSED'),
      }
      for (const [at, word] of order.entries()) {
        await tell[word]?.()
        if (works.includes(at)) await Promise.all([stage.work(), stage.work()])
      }
      await Promise.all([stage.work(), stage.work(), stage.work()])
      await stage.later()
      // Where amounts differ, the greater is booked: nothing that went is forgotten, and nothing is booked twice.
      t.is((await of.payment()).refunded_minor, Math.max(disputed, gone))
      t.is(await of.balance(), Math.max(disputed, gone))
      const [shown, refunds] = [await of.dispute(), await of.refunds()]
      t.is(refunds.length, 1)
      t.is(shown.needs_attention || refunds[0].needs_attention, gone !== disputed)
    }),
    { numRuns: 12 },
  )
})
