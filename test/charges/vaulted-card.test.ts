import test from 'ava'
import { startBothServices } from './both-services.ts'

test('a card in the vault pays an invoice, and invoicing never sees it', async (t) => {
  t.timeout(240_000)
  const { vault, invoicing, stripe, ask, account, card, charged } = await startBothServices(t)
  const { id } = await account()
  const token = await card(id, '4242424242424242')
  const registration = { processor: 'stripe', cvc: '737' }
  const registered = await ask(vault, 'POST', `/v1/tokens/${token.id}/registrations`, registration)
  const first = await charged(id, token.id)
  t.is(first.charge.state, 'succeeded', JSON.stringify(first.charge))
  t.is(first.invoice.payment_status, 'paid')
  const intent = [...stripe.state.intents.values()].at(-1)
  t.is(intent?.payment_method, registered.reference.instrument)

  // With another expiry it is another card to Stripe.
  const expiry = { card: { expiry_year: 2041 } }
  await ask(vault, 'PATCH', `/v1/tokens/${token.id}`, expiry, { 'if-match': `"${token.version}"` })
  t.is((await charged(id, token.id)).charge.state, 'succeeded')
  const [, anew] = [...stripe.state.intents.values()].map(({ payment_method }) => payment_method)
  t.not(anew, registered.reference.instrument)
  const listed = await ask(vault, 'GET', `/v1/tokens/${token.id}/registrations`)
  t.like(listed.data[0], { attempt: 2, outdated: false, reference: { instrument: anew } })

  // Nobody has registered this one: invoicing has the vault do it.
  const other = await card(id, '5555555555554444')
  t.is((await charged(id, other.id)).charge.state, 'succeeded')
  t.is((await ask(vault, 'GET', `/v1/tokens/${other.id}/registrations`)).data[0].state, 'registered')
  t.false(/4242424242424242|5555555555554444|sk_test_fake/.test(invoicing.log() + vault.log()))
})
