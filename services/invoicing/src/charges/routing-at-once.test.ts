import type { Processor } from '@kontor/processors'
import test from 'ava'
import { callApp } from '../../../../test/support/invoicing.ts'
import { type ChargeStage, chargeStage } from '../testing/charge-stage.ts'
import { dies, dying, NOT_SENT, SOFT } from '../testing/obedient-processor.ts'
import { type Refusal, routing } from '../testing/routing.ts'

let stage: ChargeStage
const { processing, reset, stripe, other, faults, rules, charge, list, taken } = routing(() => stage)
test.before(async () => {
  stage = await chargeStage(processing)
  await rules([{ processors: ['stripe', 'test'] }])
})
test.beforeEach(reset)
test.after.always(() => stage.kontor.close())

test.serial('two requests under one key at once, and through two processes, take the money once', async (t) => {
  const twin = await stage.kontor.twin()
  const admin = await stage.kontor.apiKey('admin')
  for (const [round, does] of [{ confirm: SOFT }, { create: NOT_SENT }, { confirm: NOT_SENT }].entries()) {
    const of = await stage.chargeable()
    stripe.told.does = does
    const body = { invoice_id: of.invoice.id, token_id: of.token_id }
    const replies = await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        callApp(n % 2 ? twin : stage.kontor.app, admin, 'POST', '/v1/charges', body, { key: `one-of-eight-${round}` }),
      ),
    )
    t.true(
      replies.every(({ status }) => [201, 202, 502].includes(status)),
      JSON.stringify(replies.map((r) => r.body)),
    )
    const last = await charge(of, {}, `one-of-eight-${round}`)
    t.like(last.body, { state: 'succeeded', processor: 'test' })
    t.is((await list(of)).length, 2)
    await taken(t, of, 'test')
  }
})

test.serial('two requests under two keys at once never take more than what is open', async (t) => {
  for (let round = 0; round < 5; round++) {
    const of = await stage.chargeable()
    stripe.told.does = { confirm: SOFT }
    const replies = await Promise.all([1, 2, 3].map(() => charge(of, { amount_minor: 216_200 })))
    t.true(replies.every(({ status }) => status === 201 || status === 409))
    const succeeded = (await list(of)).filter(({ state }: { state: string }) => state === 'succeeded')
    t.true(succeeded.length <= 1)
  }
})

const DEATHS: readonly (readonly [where: string, does: Partial<Processor>, refused: Refusal])[] = [
  ['before the second is claimed', {}, { registration: dies }],
  ['before the second is asked', { create: dies }, {}],
  ['when the second has made it', { create: dying(other.whole.create) }, {}],
  ['when the second has taken the money', { confirm: dying(other.whole.confirm) }, {}],
]

for (const [where, does, refused] of DEATHS) {
  for (const how of ['job', 'repetition'] as const) {
    test.serial(`a process that ends ${where} is followed by its ${how}, and the money is taken once`, async (t) => {
      const of = await stage.chargeable()
      stripe.told.does = { confirm: SOFT }
      other.told.does = does
      faults.refusal = refused
      const key = `dies-${DEATHS.findIndex(([at]) => at === where)}-${how}`
      t.is((await charge(of, {}, key)).status, 500)
      other.told.does = {}
      faults.refusal = {}
      const of2 = (await list(of)).length
      t.is(of2, where === 'before the second is claimed' ? 1 : 2)
      if (how === 'repetition' && of2 === 1) {
        t.like(await charge(of, {}, key), { status: 201, body: { state: 'succeeded', processor: 'test' } })
      }
      stage.kontor.clock.advance(61_000)
      await stage.later()
      await stage.later()
      t.like((await charge(of, {}, key)).body, { state: 'succeeded', processor: 'test', attempt: 2 })
      t.is(new Set(other.told.asked).size, 2, 'one create and one confirmation, whoever repeats them')
      await taken(t, of, 'test')
    })
  }
}
