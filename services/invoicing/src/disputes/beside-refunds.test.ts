import test, { type ExecutionContext } from 'ava'
import { type DisputeStage, disputeStage, PAYABLE } from '../testing/dispute-stage.ts'

// A payer disputes a charge while money of it is on its way back through the processor.

let stage: DisputeStage
test.before(async () => {
  stage = await disputeStage()
})
test.after.always(() => stage.close())

type Of = Awaited<ReturnType<DisputeStage['charge']>>
type Name = 'stripe' | 'paypal'
const NAMES: readonly Name[] = ['stripe', 'paypal']
const HALF = PAYABLE / 2

let made = 0
const refund = ({ id }: Of, amount_minor: number) =>
  stage.kontor.call('POST', `/v1/charges/${id}/refunds`, { amount_minor })
/** The processor has taken the money. */
const dispute = (name: Name, of: Of, minor: number) =>
  name === 'stripe'
    ? stage.byStripe(`dp_beside_${++made}`, of, 'needs_response', 1, { amount: minor })
    : stage.byPaypal(`PP-D-beside-${++made}`, of, 'RESOLVED', 'RESOLVED_BUYER_FAVOUR', 1, minor)

/** What has gone is in the books once, as far as it was there, and what exceeds that is shown. */
async function addsUp(t: ExecutionContext, of: Of, disputed: number): Promise<void> {
  const [shown, refunds, payment] = [await of.dispute(), await of.refunds(), await of.payment()]
  const sent = refunds.filter(({ state }: { state: string }) => state === 'succeeded')
  const gone = sent.reduce((sum: number, { amount_minor }: { amount_minor: number }) => sum + amount_minor, 0)
  const unbooked = sent.reduce((sum: number, one: { unbooked_minor: number }) => sum + one.unbooked_minor, 0)
  t.is(payment.refunded_minor, Math.min(PAYABLE, gone + disputed))
  t.is(payment.refunded_minor + unbooked + shown.missing_minor, gone + disputed)
  t.is(shown.needs_attention, shown.missing_minor > 0)
  t.is(await of.balance(), payment.refunded_minor)
}

for (const name of NAMES) {
  test.serial(
    `a refund through ${name}, and then a dispute: what is left is charged back, and the rest is missing`,
    async (t) => {
      const of = await stage.charge(name)
      t.like(await refund(of, HALF), { status: 201, body: { state: 'succeeded' } })
      await dispute(name, of, PAYABLE)
      await stage.work()
      t.like(await of.dispute(), { missing_minor: HALF, refunded_minor: 0, needs_attention: true })
      await addsUp(t, of, PAYABLE)
    },
  )

  test.serial(`a dispute, and then a refund through ${name}: of what is gone nothing goes back`, async (t) => {
    const of = await stage.charge(name)
    await dispute(name, of, PAYABLE - 500)
    await stage.work()
    t.like(await refund(of, HALF), { status: 409, body: { code: 'refund_exceeds_charge', remaining_minor: 500 } })
    t.like(await refund(of, 500), { status: 201, body: { state: 'succeeded', unbooked_minor: 0 } })
    await addsUp(t, of, PAYABLE - 500)
  })

  test.serial(
    `a dispute while a refund is at ${name}: both have happened, and what was not there is for a person`,
    async (t) => {
      const of = await stage.charge(name)
      let answer = () => {}
      const held = new Promise<void>((resolve) => {
        answer = resolve
      })
      stage[name].mishaps.push({ held })
      const asked = refund(of, HALF)
      while ((await of.refunds()).length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
      await dispute(name, of, PAYABLE)
      await stage.work()
      t.like(await of.dispute(), { missing_minor: 0, needs_attention: false })
      answer()
      t.like(await asked, { status: 201, body: { state: 'succeeded', unbooked_minor: HALF, needs_attention: true } })
      await addsUp(t, of, PAYABLE)
    },
  )

  test.serial(`disputes and refunds through ${name} in the same moment`, async (t) => {
    for (const disputed of [PAYABLE, HALF, 700, PAYABLE, HALF]) {
      const of = await stage.charge(name)
      await dispute(name, of, disputed)
      const replies = await Promise.all([refund(of, HALF), stage.work(), refund(of, 700), stage.work()])
      for (const reply of [replies[0], replies[2]]) t.true(reply.status === 201 || reply.status === 409)
      await stage.later()
      await addsUp(t, of, disputed)
    }
  })
}
