import { PaypalRefusal } from './paypal-errors.ts'
import type { Authorization, Capture, Link, Money, Order, Refund, SetupToken } from './paypal-records.ts'

/** What PayPal makes of a payment source. */
export type PaypalVerdict =
  | { readonly issue: string }
  /** The capture is made, and declined, with a response code. */
  | { readonly response: string }
  | 'pending'
  | 'payer action'

export interface PaypalEngine {
  readonly orders: Map<string, Order>
  readonly authorizations: Map<string, Authorization>
  readonly captures: Map<string, Capture>
  readonly refunds: Map<string, Refund>
  readonly setups: Map<string, SetupToken>
  /** What the payer does on PayPal's page, to a setup token or an order. */
  approve(id: string): void
  /** @throws {PaypalRefusal} */
  judge(method: string, path: string, body: Body): { readonly status: number; readonly read: () => object | undefined }
}

type Body = Readonly<Record<string, unknown>>

export function paypalEngine(baseUrl: string, verdicts: ReadonlyMap<string, PaypalVerdict>): PaypalEngine {
  const orders = new Map<string, Order>()
  const authorizations = new Map<string, Authorization>()
  const captures = new Map<string, Capture>()
  const refunds = new Map<string, Refund>()
  const setups = new Map<string, SetupToken>()
  let made = 0
  const next = (prefix: string) => `${prefix}${String(++made).padStart(14, '0')}FK`
  const link = (rel: string, path: string, method = 'GET'): Link => ({ rel, method, href: `${baseUrl}${path}` })

  function judge(method: string, path: string, body: Body): { status: number; read: () => object | undefined } {
    const route = `${method} ${path}`
    const id = path.split('/')[4] ?? ''
    const made201 = <T extends object>(one: T) => ({ status: 201, read: () => one })
    const seen = <T extends object>(one: T) => ({ status: 200, read: () => one })
    if (route === 'POST /v2/checkout/orders') return made201(create(body))
    if (route === 'POST /v3/vault/setup-tokens') return made201(setup(body))
    if (route === 'POST /v3/vault/payment-tokens') return made201(keepToken(body))
    if (/^GET \/v2\/checkout\/orders\/[^/]+$/.test(route)) return seen(found(orders, id))
    if (/^POST \/v2\/checkout\/orders\/[^/]+\/(capture|authorize)$/.test(route))
      return made201(pay(found(orders, id), path.endsWith('capture') ? 'CAPTURE' : 'AUTHORIZE', body))
    if (/^POST \/v2\/checkout\/orders\/[^/]+\/confirm-payment-source$/.test(route)) return seen(ask(found(orders, id)))
    if (/^GET \/v3\/vault\/setup-tokens\/[^/]+$/.test(route)) return seen(found(setups, id))
    if (/^POST \/v2\/payments\/authorizations\/[^/]+\/capture$/.test(route)) return made201(captureHeld(id, body))
    if (/^POST \/v2\/payments\/authorizations\/[^/]+\/void$/.test(route)) return release(id)
    if (/^POST \/v2\/payments\/captures\/[^/]+\/refund$/.test(route)) return made201(refund(id, body))
    if (/^GET \/v2\/payments\/refunds\/[^/]+$/.test(route)) return seen(found(refunds, id))
    throw new PaypalRefusal(404, 'INVALID_RESOURCE_ID')
  }

  function create({ intent, purchase_units: units }: Body): Order {
    const [unit] = units as [{ amount: Money; custom_id: string }]
    refuseDecimals(unit.amount)
    const id = next('O')
    const order: Order = {
      id,
      intent: String(intent),
      status: 'CREATED',
      purchase_units: [{ reference_id: 'default', custom_id: unit.custom_id, amount: unit.amount }],
      links: [link('self', `/v2/checkout/orders/${id}`), link('approve', `/checkoutnow?token=${id}`)],
    }
    orders.set(id, order)
    return order
  }

  function pay(order: Order, intent: 'CAPTURE' | 'AUTHORIZE', body: Body): Order {
    const [unit] = order.purchase_units as [Order['purchase_units'][number]]
    const source = body.payment_source as { paypal?: { vault_id?: string } } | undefined
    const verdict = verdicts.get(source?.paypal?.vault_id ?? '')
    if (order.intent !== intent) throw new PaypalRefusal(422, 'ACTION_DOES_NOT_MATCH_INTENT')
    if (unit.payments?.captures?.some(({ status }) => status !== 'DECLINED'))
      throw new PaypalRefusal(422, 'ORDER_ALREADY_CAPTURED')
    if (unit.payments?.authorizations) throw new PaypalRefusal(422, 'ORDER_ALREADY_AUTHORIZED')
    if (source?.paypal?.vault_id === undefined && order.status !== 'APPROVED')
      throw new PaypalRefusal(422, 'ORDER_NOT_APPROVED')
    if (verdict === 'payer action') {
      order.status = 'PAYER_ACTION_REQUIRED'
      order.links = [link('payer-action', `/checkoutnow?token=${order.id}`)]
      throw new PaypalRefusal(422, 'PAYER_ACTION_REQUIRED', order.links)
    }
    if (typeof verdict === 'object' && 'issue' in verdict) throw new PaypalRefusal(422, verdict.issue)
    if (intent === 'AUTHORIZE') unit.payments = { authorizations: [hold(unit.amount, verdict)] }
    else unit.payments = { captures: [...(unit.payments?.captures ?? []), take(unit.amount, verdict)] }
    order.status = 'COMPLETED'
    return order
  }

  function ask(order: Order): Order {
    if (order.status !== 'CREATED') throw new PaypalRefusal(422, 'ORDER_CANNOT_BE_CONFIRMED')
    order.status = 'PAYER_ACTION_REQUIRED'
    order.links = [link('payer-action', `/checkoutnow?token=${order.id}`)]
    return order
  }

  function take(amount: Money, verdict: PaypalVerdict | undefined): Capture {
    const id = next('C')
    const declined = typeof verdict === 'object' && 'response' in verdict
    const capture: Capture = {
      id,
      status: declined ? 'DECLINED' : verdict === 'pending' ? 'PENDING' : 'COMPLETED',
      amount,
      final_capture: true,
      ...(declined ? { processor_response: { response_code: verdict.response } } : {}),
      links: [link('self', `/v2/payments/captures/${id}`)],
    }
    captures.set(id, capture)
    return capture
  }

  function hold(amount: Money, verdict: PaypalVerdict | undefined): Authorization {
    const id = next('A')
    const status = typeof verdict === 'object' ? 'DENIED' : verdict === 'pending' ? 'PENDING' : 'CREATED'
    const authorization = { id, status, amount, links: [link('self', `/v2/payments/authorizations/${id}`)] }
    authorizations.set(id, authorization)
    return authorization
  }

  function captureHeld(id: string, body: Body): Capture {
    const authorization = found(authorizations, id)
    if (authorization.status === 'VOIDED') throw new PaypalRefusal(422, 'AUTHORIZATION_VOIDED')
    if (authorization.status === 'CAPTURED') throw new PaypalRefusal(422, 'AUTHORIZATION_ALREADY_CAPTURED')
    const amount = (body.amount as Money | undefined) ?? authorization.amount
    refuseDecimals(amount)
    if (units(amount) > units(authorization.amount)) throw new PaypalRefusal(422, 'MAX_CAPTURE_AMOUNT_EXCEEDED')
    authorization.status = 'CAPTURED'
    const capture = take(amount, undefined)
    for (const order of orders.values()) {
      const [unit] = order.purchase_units
      if (unit?.payments?.authorizations?.some((one) => one.id === id)) unit.payments.captures = [capture]
    }
    return capture
  }

  function release(id: string): { status: number; read: () => undefined } {
    const authorization = found(authorizations, id)
    if (authorization.status === 'CAPTURED') throw new PaypalRefusal(422, 'PREVIOUSLY_CAPTURED')
    if (authorization.status === 'VOIDED') throw new PaypalRefusal(422, 'PREVIOUSLY_VOIDED')
    authorization.status = 'VOIDED'
    return { status: 204, read: () => undefined }
  }

  function refund(captureId: string, body: Body): Refund {
    const capture = found(captures, captureId)
    const before = [...refunds.values()].filter(({ links }) => links.some(({ href }) => href.endsWith(captureId)))
    const left = units(capture.amount) - before.reduce((sum, { amount }) => sum + units(amount), 0n)
    const amount = (body.amount as Money | undefined) ?? capture.amount
    refuseDecimals(amount)
    if (left <= 0n) throw new PaypalRefusal(422, 'CAPTURE_FULLY_REFUNDED')
    if (units(amount) > left) throw new PaypalRefusal(422, 'REFUND_AMOUNT_EXCEEDED')
    const id = next('R')
    const one = {
      id,
      status: 'COMPLETED',
      amount,
      ...(typeof body.custom_id === 'string' ? { custom_id: body.custom_id } : {}),
      links: [link('self', `/v2/payments/refunds/${id}`), link('up', `/v2/payments/captures/${captureId}`)],
    }
    refunds.set(id, one)
    capture.status = units(amount) === left ? 'REFUNDED' : 'PARTIALLY_REFUNDED'
    return one
  }

  function setup(body: Body): SetupToken {
    const id = next('S')
    const token: SetupToken = {
      id,
      status: 'PAYER_ACTION_REQUIRED',
      customer: (body.customer as { id: string } | undefined) ?? { id: `customer_${made}` },
      payment_source: { paypal: {} },
      links: [
        link('approve', `/agreements/approve?approval_session_id=${id}`),
        link('self', `/v3/vault/setup-tokens/${id}`),
      ],
    }
    setups.set(id, token)
    return token
  }

  function keepToken(body: Body): object {
    const { id } = (body.payment_source as { token: { id: string } }).token
    const token = setups.get(id)
    if (token?.status !== 'APPROVED') throw new PaypalRefusal(422, 'INVALID_TOKEN')
    token.status = 'VAULTED'
    const kept = next('T')
    return {
      id: kept,
      customer: token.customer,
      payment_source: { paypal: { payer_id: 'VYYFH3WJ4JPJQ', email_address: 'buyer@example.com' } },
      links: [link('self', `/v3/vault/payment-tokens/${kept}`)],
    }
  }

  return {
    orders,
    authorizations,
    captures,
    refunds,
    setups,
    judge,
    approve(id) {
      const approved = setups.get(id) ?? found(orders, id)
      approved.status = 'APPROVED'
    },
  }
}

function found<T>(map: ReadonlyMap<string, T>, id: string): T {
  const one = map.get(id)
  if (one === undefined) throw new PaypalRefusal(404, 'INVALID_RESOURCE_ID')
  return one
}

/** As a number of its smallest decimal, for comparing within one currency. */
const units = ({ value }: Money): bigint => BigInt(value.replace('.', ''))

function refuseDecimals({ currency_code, value }: Money): void {
  const decimals = ['HUF', 'JPY', 'TWD'].includes(currency_code) ? 0 : 2
  if (!(decimals === 0 ? /^\d+$/ : /^\d+\.\d\d$/).test(value)) throw new PaypalRefusal(422, 'DECIMAL_PRECISION')
}
