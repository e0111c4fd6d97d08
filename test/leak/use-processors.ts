import {
  type PaypalFake,
  paypalFake,
  type StripeFake,
  stripeDelivery,
  stripeEvent,
  stripeFake,
} from '@kontor/processors/testing'
import { caller, type Record } from './caller.ts'
import type { RunningDemo } from './demo.ts'
import { everythingOf } from './good-requests.ts'
import type { MarkMaker, MarkMakers } from './marks.ts'
import { exchange, requestBytes } from './raw-http.ts'

/** Processors on this machine, whose credentials are marks. They keep what they are sent in this process alone. */
export interface LeakProcessors {
  readonly stripe: StripeFake
  readonly paypal: PaypalFake
  readonly webhookSecret: string
  close(): Promise<void>
}

export async function leakProcessors(dropped: MarkMaker): Promise<LeakProcessors> {
  const stripe = await stripeFake(`sk_test_${dropped.text('secret key of Stripe')}`)
  const paypal = await paypalFake(`E${dropped.text('secret of PayPal')}${dropped.text('its other half')}`)
  return {
    stripe,
    paypal,
    webhookSecret: `whsec_${dropped.text('webhook secret of Stripe')}`,
    close: async () => void (await Promise.all([stripe.close(), paypal.close()])),
  }
}

/**
 * Puts credentials, registers instruments of each kind, well and badly, charges one of them, and delivers what Stripe would tell.
 *
 * @param record Takes every answer but those to a reveal.
 * @returns The answers to reveals, and the statuses of the others.
 */
export async function useProcessors(
  { vaultUrl, invoicingUrl, tenantId, keys }: RunningDemo,
  { sealed, dropped }: MarkMakers,
  { stripe, paypal, webhookSecret }: LeakProcessors,
  record: Record,
): Promise<{ readonly revealed: readonly string[]; readonly statuses: { readonly [what: string]: unknown } }> {
  const vault = caller('vault', vaultUrl, keys.vault, record)
  const revealer = caller('vault', vaultUrl, keys.reveal, () => {})
  const invoicing = caller('invoicing', invoicingUrl, keys.invoicing, record)
  const revealed: string[] = []
  const send = (ask: typeof vault, method: string, target: string, body?: object, headers = {}) =>
    ask({ method, target, headers, ...(body && { body: JSON.stringify(body) }) })
  const statuses: { [what: string]: unknown } = {}

  const put = (processor: string, body: object) => send(vault, 'PUT', `/v1/processors/${processor}`, body)
  const { clientId: client_id, clientSecret: client_secret, webhookId: webhook_id } = paypal
  statuses.credentials = [
    await put('stripe', { stripe: { secret_key: stripe.secretKey, webhook_secrets: [webhookSecret] } }),
    await put('paypal', { paypal: { client_id, client_secret, webhook_id } }),
    await put('stripe', {
      stripe: { secret_key: `sk_live_${dropped.text('key of the other mode')}`, webhook_secrets: [webhookSecret] },
    }),
    await vault({ target: '/v1/processors' }),
  ].map(({ status }) => status)

  const { data: invoices } = JSON.parse((await invoicing({ target: '/v1/invoices?limit=200' })).text) as {
    data: { id: string; account_id: string; state: string; open_minor: number; currency: string }[]
  }
  const due = invoices.find(({ state, open_minor }) => state === 'issued' && open_minor > 0)
  if (!due) throw new Error('there is nothing to charge')

  async function token(name: string, parts: object): Promise<string> {
    const body = { ...parts, holder: { name: sealed.holder(`holder of ${name}`) }, account_id: due?.account_id }
    const { id } = JSON.parse((await send(vault, 'POST', '/v1/tokens', body)).text) as { id: string }
    const shown = await vault({ target: `/v1/tokens/${id}` })
    revealed.push((await send(revealer, 'POST', `/v1/tokens/${id}/reveal`, JSON.parse(everythingOf(shown.text)))).text)
    return id
  }
  const card = (name: string) =>
    token(name, { type: 'card', card: { number: sealed.card(name), expiry_month: 5, expiry_year: 2033 } })
  const register = (id: string, body: object, intent?: string) =>
    send(vault, 'POST', `/v1/tokens/${id}/registrations`, body, intent && { 'idempotency-key': intent })

  const charged = await card('registered card')
  const withCode = (name: string) => ({ processor: 'stripe', cvc: dropped.cvc(`code of a ${name}`) })
  statuses.card = (await register(charged, withCode('registered card'))).status

  const account = await token('registered IBAN', {
    type: 'bank_account',
    bank_account: { iban: sealed.iban('registered IBAN') },
  })
  const mandate = {
    accepted_at: '2026-01-15T10:00:00Z',
    ip_address: '192.0.2.7',
    user_agent: `Browser ${dropped.text('browser of a payer')}`,
  }
  const direct = { processor: 'stripe', email: dropped.email('address of a payer'), mandate }
  statuses.account = (await register(account, direct)).status

  const payer = await token('registered payer', {
    type: 'paypal_account',
    paypal_account: { email: sealed.email('registered address'), payer_id: sealed.payerId('registered payer') },
  })
  const back = { return_url: 'https://shop.example/back', cancel_url: 'https://shop.example/cancel' }
  statuses.payer = (await register(payer, { processor: 'paypal', ...back })).status

  // Whatever the processor does with what it was sent, and whatever it answers: the same request again.
  const [lost, intent] = [await card('card of a lost answer'), dropped.text('intent of a lost answer')]
  const body = withCode('lost answer')
  const answers: (number | undefined)[] = []
  for (const mishap of ['lost in 500', 'not json', 'reset before', undefined] as const) {
    stripe.mishaps.push(mishap)
    answers.push((await register(lost, body, intent)).status)
  }
  statuses.lost = answers
  stripe.mishaps.push({ status: 400 })
  statuses.rejected = (await register(await card('rejected card'), withCode('rejected card'))).status
  statuses.refused = [
    await register(lost, { ...body, cvc: dropped.cvc('long code of a registration', 8) }),
    await register(lost, { ...body, number: dropped.card('number in a registration') }),
    await register(lost, { processor: 'stripe', email: dropped.card('number as an address') }),
    await register(lost, { ...body, mandate: { ...mandate, user_agent: dropped.card('number as a browser') } }),
  ].map(({ status }) => status)

  const charge = { invoice_id: due.id, token_id: charged, processor: 'stripe' }
  const made = await send(invoicing, 'POST', '/v1/charges', charge)
  const { id, reference, state } = JSON.parse(made.text) as { id: string; reference: string; state: string }
  statuses.charge = [made.status, state, (await invoicing({ target: `/v1/charges/${id}/steps` })).status]

  const told = {
    id: reference,
    object: 'payment_intent',
    receipt_email: dropped.email('address in an event'),
    shipping: { name: dropped.holder('name in an event') },
  }
  const event = stripeEvent('evt_leak', 'payment_intent.succeeded', told, { createdMs: Date.now() })
  const target = `/v1/processors/stripe/webhooks/${tenantId}/test`
  const deliveries: (number | undefined)[] = []
  for (const secret of [webhookSecret, `whsec_${dropped.text('secret of a forger')}`]) {
    const delivery = stripeDelivery(event, secret, Date.now())
    const bytes = requestBytes({ target, headers: { ...delivery.headers, authorization: undefined }, body: event }, '')
    const answer = await exchange(invoicingUrl, bytes)
    record('answer to a delivery of Stripe', answer.bytes)
    deliveries.push(answer.status)
  }
  statuses.deliveries = deliveries
  await invoicing({ target: '/v1/processor-events?limit=200' })
  await vault({ target: `/v1/tokens/${charged}/registrations` })
  return { revealed, statuses }
}
