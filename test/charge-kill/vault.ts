import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Processors, WEBHOOK_SECRET } from './till.ts'

/** A token of the vault that stands in: whose it is, and whether it is declined. */
export interface KnownToken {
  readonly accountId: string
  readonly is: 'good' | 'bad'
}

/** Answers what invoicing asks the vault about tokens and credentials. What is killed here is invoicing. */
export async function vaultStandIn(
  tokens: ReadonlyMap<string, KnownToken>,
  { stripe, paypal, instruments }: Processors,
) {
  const credentials: Readonly<Record<string, object>> = {
    stripe: { stripe: { secret_key: stripe.secretKey, webhook_secrets: [WEBHOOK_SECRET] } },
    paypal: {
      paypal: { client_id: paypal.clientId, client_secret: paypal.clientSecret, webhook_id: paypal.webhookId },
    },
  }

  function answerTo(path: string): object | undefined {
    const [, , what = '', id = '', part] = path.split('/')
    if (what === 'processors') return { processor: id, mode: 'test', version: 1, ...credentials[id] }
    const token = tokens.get(id)
    if (token === undefined) return undefined
    const shown = { id, type: 'card', display: 'Visa •••• 4242', account_id: token.accountId }
    if (part === undefined) return shown
    const reference = (processor: 'stripe' | 'paypal') => ({
      type: processor === 'stripe' ? 'card' : 'paypal',
      instrument: instruments[processor][token.is],
    })
    return {
      token: shown,
      data: (['stripe', 'paypal'] as const).map((processor) => ({
        token_id: id,
        processor,
        state: 'registered',
        reference: reference(processor),
        action: null,
        decline: null,
      })),
    }
  }

  const server = createServer((request, response) => {
    const body = answerTo((request.url ?? '').split('?')[0] ?? '')
    response.writeHead(body ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? {}))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
