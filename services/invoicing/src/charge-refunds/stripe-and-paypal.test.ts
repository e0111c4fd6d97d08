import test from 'ava'
import { type ToldStage, toldStage } from '../testing/told-stage.ts'

let stage: ToldStage
test.before(async () => {
  stage = await toldStage()
})
test.after.always(() => stage.close())

for (const [name, fakeOf, key, path] of [
  ['stripe', () => stage.stripe, 'idempotency-key', /^\/v1\/refunds$/],
  ['paypal', () => stage.paypal, 'paypal-request-id', /\/refund$/],
] as const) {
  test.serial(`${name} sends the money back in one request, whose key follows from the refund`, async (t) => {
    const of = await stage.charged({ processor: name })
    const { status, body } = await stage.refund(of, { amount_minor: 16_200 })
    t.like({ status, body }, { status: 201, body: { state: 'succeeded', processor: name, amount_minor: 16_200 } })
    const requests = fakeOf().received.filter((each) => each.method === 'POST' && path.test(each.path))
    t.is(requests.at(-1)?.headers[key], `${body.id}:refund`)
    t.true(requests.at(-1)?.body.includes(body.id))
    t.like(await stage.refund(of), { status: 201, body: { state: 'succeeded', amount_minor: 200_000 } })
    t.like(await stage.read(of), { open_minor: 216_200 })
  })

  for (const mishap of ['reset before', 'reset after', 'lost in 500', 'garbage', { status: 503 }] as const) {
    const what = typeof mishap === 'object' ? JSON.stringify(mishap) : mishap
    test.serial(`${name}: ${what} is found out, and the money goes back once`, async (t) => {
      const of = await stage.charged({ processor: name })
      const fake = fakeOf()
      fake.mishaps.push(mishap)
      t.like(await stage.refund(of, { amount_minor: 1_000 }), { status: 202, body: { state: 'unknown' } })
      await stage.later()
      t.like((await stage.refundsOf(of))[0], { state: 'succeeded' })
      t.like(await stage.payment(of), { refunded_minor: 1_000 })
      // All of it: had it gone twice, the processor would refuse.
      t.like(await stage.refund(of), { status: 201, body: { state: 'succeeded', amount_minor: 215_200 } })
    })
  }

  test.serial(`${name}: too many requests send nothing`, async (t) => {
    const of = await stage.charged({ processor: name })
    fakeOf().mishaps.push({ status: 429 })
    t.like(await stage.refund(of), { status: 502, body: { code: 'processor_not_reached' } })
    t.like((await stage.refundsOf(of))[0], { state: 'not_sent' })
  })
}
