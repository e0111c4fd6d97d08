import { processorServers } from '@kontor/processors'
import { type PaypalFake, paypalFake, type StripeFake, stripeFake } from '@kontor/processors/testing'
import type { ExecutionContext } from 'ava'
import { CARD, call, IBAN_ACCOUNT, newIntent, PAYPAL_ACCOUNT, type TestVault, tokenize } from './test-vault.ts'

export const MANDATE = {
  accepted_at: '2026-11-23T09:59:00Z',
  ip_address: '192.0.2.7',
  user_agent: 'Mozilla/5.0 (X11; Linux x86_64)',
}
export const BACK = { return_url: 'https://shop.example/back', cancel_url: 'https://shop.example/cancel' }

/** A request to register a token. */
export interface Registering {
  readonly body: object
  readonly intent?: string
  readonly key?: string
  readonly app?: TestVault['app']
}

/**
 * A tenant that has credentials of both processors, which stand on this machine.
 *
 * @param timeoutMs How long a processor may be silent: so long that on a busy machine nothing but silence takes it, unless given.
 */
export async function registeringShop(vault: TestVault, slug: string, timeoutMs = 60_000) {
  const fakes: { readonly stripe: StripeFake; readonly paypal: PaypalFake } = {
    stripe: await stripeFake(),
    paypal: await paypalFake(),
  }
  const servers = processorServers({ stripe: fakes.stripe.baseUrl, paypal: fakes.paypal.baseUrl })
  const processors = { servers, timeoutMs }
  const app = await vault.newApp({ processors })
  const tenantId = await vault.newTenant(slug)
  const admin = await vault.newKey({ tenantId, role: 'admin', requestsPerMinute: 1_000_000 })
  const put = (processor: string, body: object) =>
    call(app, { key: admin, method: 'PUT', url: `/v1/processors/${processor}`, body })
  await put('stripe', {
    stripe: { secret_key: fakes.stripe.secretKey, webhook_secrets: ['whsec_5WbX5kEWLlfzsGNjH64I8lOOqUB6e8FH'] },
  })
  const { clientId: client_id, clientSecret: client_secret, webhookId: webhook_id } = fakes.paypal
  await put('paypal', { paypal: { client_id, client_secret, webhook_id } })

  const token = async (body: object) => (await tokenize(app, admin, body)).json().id as string
  return {
    ...fakes,
    app,
    processors,
    tenantId,
    admin,
    put,
    token,
    card: (more: object = {}) => token({ ...CARD, ...more }),
    bankAccount: (more: object = {}) => token({ ...IBAN_ACCOUNT, ...more }),
    paypalAccount: (more: object = {}) => token({ ...PAYPAL_ACCOUNT, ...more }),
    register: (tokenId: string, { body, intent = newIntent(), key = admin, app: other = app }: Registering) =>
      call(other, {
        key,
        method: 'POST',
        url: `/v1/tokens/${tokenId}/registrations`,
        headers: { 'idempotency-key': intent },
        body,
      }),
    finish: (tokenId: string, processor: string, other = app) =>
      call(other, { key: admin, method: 'POST', url: `/v1/tokens/${tokenId}/registrations/${processor}/finish` }),
    list: async (tokenId: string) =>
      call(app, { key: admin, method: 'GET', url: `/v1/tokens/${tokenId}/registrations` }),
    send: (method: 'POST' | 'DELETE', url: string, body?: object) =>
      call(app, {
        key: admin,
        method,
        url,
        headers: { 'idempotency-key': newIntent() },
        ...(body !== undefined && { body }),
      }),
    /** The events about registrations, in the order in which they were committed. */
    events: async () => {
      const { rows } = await vault.vaultAdmin.query(
        `select type, data from event where tenant_id = $1 and type ~ '^(token.regist|registration)' order by tx`,
        [tenantId],
      )
      return rows.map(({ type, data }) => {
        const { processor, ...said } = JSON.parse(data)
        return [type, processor, ...Object.values(said)].join(' ')
      })
    },
    close: () => Promise.all([fakes.stripe.close(), fakes.paypal.close()]),
  }
}

export type RegisteringShop = Awaited<ReturnType<typeof registeringShop>>

let shops = 0

/** Such a tenant for one test, whose processors end with it. */
export async function shopFor(t: ExecutionContext, vault: TestVault, timeoutMs?: number): Promise<RegisteringShop> {
  const made = await registeringShop(vault, `shop-${++shops}`, timeoutMs)
  t.teardown(() => made.close())
  return made
}

/** What was answered is a refusal of this status and code. */
export const refused = (t: ExecutionContext, answer: Awaited<ReturnType<typeof call>>, status: number, code: string) =>
  t.is(`${answer.status} ${answer.json().code}`, `${status} ${code}`, answer.text)
