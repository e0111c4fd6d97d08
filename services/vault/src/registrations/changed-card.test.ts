import test, { type ExecutionContext } from 'ava'
import { refused, shopFor } from '../../test/registering.ts'
import { type TestVault, testVault } from '../../test/test-vault.ts'

let vault: TestVault
test.before(async () => {
  vault = await testVault()
})
test.after.always(() => vault?.close())

const shop = (t: ExecutionContext) => shopFor(t, vault)

test('a card with another expiry is registered anew, and one that is otherwise changed is not', async (t) => {
  const { card, register, list, app, admin } = await shop(t)
  const body = { processor: 'stripe' }
  const change = async (version: number, payload: object) => {
    const headers = { authorization: `Bearer ${admin}`, 'if-match': `"${version}"` }
    const changed = await app.inject({ method: 'PATCH', url: `/v1/tokens/${id}`, headers, payload })
    t.is(changed.statusCode, 200, changed.body)
  }
  const shown = async () => (await list(id)).json().data[0]
  const id = await card()
  const first = (await register(id, { body, intent: 'before-the-change' })).json().reference.instrument
  t.like(await shown(), { attempt: 1, outdated: false, reference: { instrument: first } })
  await change(1, { metadata: { order: '1' } })
  t.like(await shown(), { attempt: 1, outdated: false })
  t.is((await register(id, { body })).status, 200)
  await change(2, { card: { expiry_year: 2041 } })
  t.like(await shown(), { state: 'registered', attempt: 1, outdated: true, reference: { instrument: first } })
  const anew = await register(id, { body, intent: 'after-the-change' })
  t.is(anew.status, 201, anew.text)
  const second = anew.json().reference.instrument
  t.not(second, first)
  t.like(await shown(), { attempt: 2, outdated: false, reference: { instrument: second } })
  t.is((await register(id, { body })).json().reference.instrument, second)
  t.is((await register(id, { body, intent: 'before-the-change' })).json().reference.instrument, first, 'its own answer')
})

test('of a card that was changed while nobody knew what became of it, another request finds it out', async (t) => {
  const { stripe, card, register, list, app, admin } = await shop(t)
  const body = { processor: 'stripe' }
  const id = await card()
  stripe.mishaps.push('lost in 500')
  refused(t, await register(id, { body, intent: 'lost-and-changed' }), 504, 'outcome_unknown')
  const headers = { authorization: `Bearer ${admin}`, 'if-match': '"1"' }
  await app.inject({ method: 'PATCH', url: `/v1/tokens/${id}`, headers, payload: { card: { expiry_year: 2041 } } })
  refused(t, await register(id, { body, intent: 'lost-and-changed' }), 409, 'registration_superseded')
  t.is((await register(id, { body })).json().state, 'registered')
  t.like((await list(id)).json().data[0], { attempt: 2, outdated: false })
  const sent = stripe.received.filter(({ path }) => path === '/v1/payment_methods')
  t.is(new URLSearchParams(sent.at(-1)?.body).get('card[exp_year]'), '2041')
})
