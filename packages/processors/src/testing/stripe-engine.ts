import type Stripe from 'stripe'
import type { Form } from './form-body.ts'
import { aCustomer, aPaymentIntent, aPaymentMethod, aRefund, aSetupIntent } from './stripe-objects.ts'

/** What a bank says. */
export type Verdict =
  | { readonly decline_code: string; readonly code?: string; readonly advice_code?: string }
  | 'redirect'
  | 'script'
  | 'processing'
  | 'fails later'

export interface StripeState {
  readonly intents: Map<string, Stripe.PaymentIntent>
  readonly setups: Map<string, Stripe.SetupIntent>
  readonly methods: Map<string, Stripe.PaymentMethod>
  readonly refunds: Map<string, Stripe.Refund>
}

/** An answer of 4xx with its `error`. */
export class StripeRefusal extends Error {
  readonly status: number
  readonly error: object
  constructor(status: number, error: object) {
    super(String(status))
    this.status = status
    this.error = error
  }
}

interface Bank {
  readonly verdicts: ReadonlyMap<string, Verdict>
  readonly setupVerdicts: (Verdict | undefined)[]
}

/** Every parameter that we send; another one is refused, as Stripe does (`parameter_unknown`). */
const PARAMETERS: readonly (readonly [method: string, path: RegExp, names: readonly string[]])[] = [
  ['POST', /^\/v1\/payment_methods$/, ['type', 'card', 'sepa_debit', 'billing_details']],
  ['POST', /^\/v1\/customers$/, []],
  [
    'POST',
    /^\/v1\/setup_intents$/,
    ['payment_method', 'allowed_payment_method_types', 'customer', 'usage', 'confirm', 'mandate_data', 'return_url'],
  ],
  ['GET', /^\/v1\/setup_intents\/\w+$/, []],
  [
    'POST',
    /^\/v1\/payment_intents$/,
    ['amount', 'currency', 'capture_method', 'payment_method', 'allowed_payment_method_types', 'customer', 'metadata'],
  ],
  ['GET', /^\/v1\/payment_intents\/\w+$/, []],
  ['POST', /^\/v1\/payment_intents\/\w+\/confirm$/, ['payment_method', 'mandate', 'off_session', 'return_url']],
  ['POST', /^\/v1\/payment_intents\/\w+\/capture$/, ['amount_to_capture']],
  ['POST', /^\/v1\/payment_intents\/\w+\/cancel$/, []],
  ['POST', /^\/v1\/refunds$/, ['payment_intent', 'amount', 'metadata']],
  ['GET', /^\/v1\/refunds\/\w+$/, []],
]

export function stripeEngine(bank: Bank) {
  const state: StripeState = { intents: new Map(), setups: new Map(), methods: new Map(), refunds: new Map() }
  let made = 0
  const next = (prefix: string) => `${prefix}_fake${String(++made).padStart(8, '0')}`

  function judge(method: string, path: string, form: Form): object {
    const known = PARAMETERS.find(([verb, pattern]) => verb === method && pattern.test(path))
    if (known === undefined) throw missing('url')
    for (const name of Object.keys(form)) {
      if (!known[2].includes(name)) throw invalid('parameter_unknown', `Received unknown parameter: ${name}`)
    }
    const [, , resource = '', id = '', action] = path.split('/')
    if (resource === 'payment_methods') return method_(form)
    if (resource === 'customers') return aCustomer(next('cus'))
    if (resource === 'setup_intents') return id ? found(state.setups, id) : setup(form)
    if (resource === 'refunds') return id ? found(state.refunds, id) : refund(form)
    if (id === '') return intent(form)
    const one = found(state.intents, id)
    if (action === 'confirm') return confirm(one, form)
    if (action === 'capture') return capture(one, form)
    if (action === 'cancel') return cancel(one)
    return one
  }

  function keep<T extends { readonly id: string }>(map: Map<string, T>, one: T): T {
    map.set(one.id, one)
    return one
  }

  function method_(form: Form): Stripe.PaymentMethod {
    const type = text(form, 'type')
    const details = form[type]
    if (typeof details !== 'object') throw invalid('parameter_missing', `Missing required param: ${type}`)
    return keep(state.methods, aPaymentMethod(next('pm'), { type }))
  }

  function setup(form: Form): Stripe.SetupIntent {
    const method = found(state.methods, text(form, 'payment_method'))
    const verdict = bank.setupVerdicts.shift()
    const one = aSetupIntent(next('seti'), {
      payment_method: method.id,
      payment_method_types: [method.type],
      customer: text(form, 'customer'),
      ...(method.type === 'sepa_debit' ? { mandate: next('mandate') } : {}),
    })
    if (method.type === 'sepa_debit' && form.mandate_data === undefined)
      throw invalid('parameter_missing', 'mandate_data is required')
    if (typeof verdict === 'object') {
      const failed = keep(state.setups, {
        ...one,
        status: 'requires_payment_method' as const,
        payment_method: null,
        last_setup_error: { type: 'card_error', code: 'card_declined', ...verdict },
      })
      throw new StripeRefusal(402, { ...failed.last_setup_error, message: 'declined', setup_intent: failed })
    }
    if (verdict === 'redirect' || verdict === 'script')
      return keep(state.setups, { ...one, status: 'requires_action', next_action: setupActionFor(verdict) })
    return keep(state.setups, { ...one, status: verdict === 'processing' ? 'processing' : 'succeeded' })
  }

  function intent(form: Form): Stripe.PaymentIntent {
    const method = found(state.methods, text(form, 'payment_method'))
    const amount = Number(text(form, 'amount'))
    if (!Number.isSafeInteger(amount) || amount < 1) throw invalid('parameter_invalid_integer', 'Invalid integer')
    const allowed = form.allowed_payment_method_types
    if (typeof allowed !== 'object' || allowed[0] !== method.type)
      throw invalid('payment_intent_incompatible_payment_method', 'type')
    return keep(
      state.intents,
      aPaymentIntent(next('pi'), {
        amount,
        currency: text(form, 'currency'),
        capture_method: text(form, 'capture_method') as 'automatic' | 'manual',
        payment_method: method.id,
        payment_method_types: [method.type],
        customer: text(form, 'customer') || null,
        metadata: { ...(form.metadata as Record<string, string>) },
      }),
    )
  }

  function confirm(one: Stripe.PaymentIntent, form: Form): Stripe.PaymentIntent {
    if (one.status !== 'requires_confirmation' && one.status !== 'requires_payment_method') throw unexpected(one)
    const method = text(form, 'payment_method')
    const verdict = bank.verdicts.get(method)
    const away = text(form, 'off_session') === 'true'
    if (typeof verdict === 'object') throw decline(one, verdict)
    if ((verdict === 'redirect' || verdict === 'script') && away)
      throw decline(one, { decline_code: 'authentication_required', code: 'authentication_required' })
    if (verdict === 'redirect' || verdict === 'script')
      return keep(state.intents, { ...one, status: 'requires_action', next_action: actionFor(verdict) })
    if (verdict === 'processing' || verdict === 'fails later')
      return keep(state.intents, { ...one, status: 'processing', latest_charge: next('py') })
    if (one.capture_method === 'manual')
      return keep(state.intents, {
        ...one,
        status: 'requires_capture',
        amount_capturable: one.amount,
        latest_charge: next('ch'),
      })
    return keep(state.intents, { ...one, status: 'succeeded', amount_received: one.amount, latest_charge: next('ch') })
  }

  function decline(one: Stripe.PaymentIntent, verdict: { decline_code: string; code?: string }): StripeRefusal {
    const failed = keep(state.intents, {
      ...one,
      status: 'requires_payment_method' as const,
      payment_method: null,
      last_payment_error: {
        type: 'card_error',
        code: 'card_declined',
        ...verdict,
      } as Stripe.PaymentIntent.LastPaymentError,
    })
    return new StripeRefusal(402, { ...failed.last_payment_error, message: 'declined', payment_intent: failed })
  }

  function capture(one: Stripe.PaymentIntent, form: Form): Stripe.PaymentIntent {
    if (one.status !== 'requires_capture') throw unexpected(one)
    const amount = form.amount_to_capture === undefined ? one.amount_capturable : Number(form.amount_to_capture)
    if (amount > one.amount_capturable) throw invalid('amount_too_large', 'more than is authorized')
    return keep(state.intents, { ...one, status: 'succeeded', amount_capturable: 0, amount_received: amount })
  }

  function cancel(one: Stripe.PaymentIntent): Stripe.PaymentIntent {
    if (one.status === 'succeeded' || one.status === 'canceled') throw unexpected(one)
    return keep(state.intents, { ...one, status: 'canceled', canceled_at: one.created, amount_capturable: 0 })
  }

  function refund(form: Form): Stripe.Refund {
    const one = found(state.intents, text(form, 'payment_intent'))
    const before = [...state.refunds.values()].filter(({ payment_intent }) => payment_intent === one.id)
    const left = one.amount_received - before.reduce((sum, { amount }) => sum + amount, 0)
    if (left <= 0)
      throw invalid('charge_already_refunded', `Charge ${String(one.latest_charge)} has already been refunded.`)
    const amount = form.amount === undefined ? left : Number(form.amount)
    if (amount > left) throw invalid('amount_too_large', 'greater than unrefunded amount on charge')
    const charge = one.latest_charge as string
    const status = one.payment_method_types.includes('sepa_debit') ? 'pending' : 'succeeded'
    const { kontor_reference } = (form.metadata ?? {}) as Form
    const metadata = typeof kontor_reference === 'string' ? { kontor_reference } : {}
    return keep(
      state.refunds,
      aRefund(next('re'), { amount, currency: one.currency, charge, payment_intent: one.id, status, metadata }),
    )
  }

  return { judge, state }
}

function found<T>(map: ReadonlyMap<string, T>, id: string): T {
  const one = map.get(id)
  if (one === undefined) throw missing('id')
  return one
}

function text(form: Form, name: string): string {
  const value = form[name]
  return typeof value === 'string' ? value : ''
}

const redirectTo = { url: 'https://hooks.stripe.example/3d_secure_2/hosted', return_url: 'https://shop.example/back' }
const actionFor = (verdict: 'redirect' | 'script'): Stripe.PaymentIntent.NextAction =>
  verdict === 'redirect'
    ? { type: 'redirect_to_url', redirect_to_url: redirectTo }
    : { type: 'use_stripe_sdk', use_stripe_sdk: {} }
const setupActionFor = (verdict: 'redirect' | 'script'): Stripe.SetupIntent.NextAction =>
  verdict === 'redirect'
    ? { type: 'redirect_to_url', redirect_to_url: redirectTo }
    : { type: 'use_stripe_sdk', use_stripe_sdk: {} }

const invalid = (code: string, message: string) =>
  new StripeRefusal(400, { type: 'invalid_request_error', code, message })
const missing = (param: string) =>
  new StripeRefusal(404, { type: 'invalid_request_error', code: 'resource_missing', message: 'No such object', param })
const unexpected = (one: Stripe.PaymentIntent) =>
  new StripeRefusal(400, {
    type: 'invalid_request_error',
    code: 'payment_intent_unexpected_state',
    message: `This PaymentIntent's status is ${one.status}`,
    payment_intent: one,
  })
