import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Webhook } from 'standardwebhooks'
import { type InvoicingUnderTest, invoicingUnderTest } from '../../../../test/support/invoicing.ts'
import { settled } from './settled.ts'

/** A message as it was received. */
export interface Told {
  readonly headers: IncomingMessage['headers']
  readonly text: string
  readonly id: string
  readonly type: string
  readonly object: string
  readonly version: number
}

/** A status, or nothing at all: then it is answered by hand, or never. */
export type Answers = (told: Told, response: ServerResponse) => number | undefined

export interface Listener {
  readonly url: string
  /** Everything that came, taken or not, in order. */
  readonly told: Told[]
  answers: Answers
  close(): Promise<void>
}

/** Listens on this machine as a tenant's program would, and takes everything unless told otherwise. */
export async function listener(): Promise<Listener> {
  const told: Told[] = []
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString('utf8')
    const { type, data } = JSON.parse(text)
    const one = {
      headers: request.headers,
      text,
      id: String(request.headers['webhook-id']),
      type,
      object: data.object_id,
      version: data.object_version,
    }
    told.push(one)
    const status = listening.answers(one, response)
    if (status !== undefined) response.writeHead(status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const listening: Listener = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    told,
    answers: () => 200,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return listening
}

/** Whether the library of the specification would have signed a message so. */
export function isSignedBy(secret: string, { headers, text }: Told): boolean {
  const at = new Date(Number(headers['webhook-timestamp']) * 1_000)
  const expected = new Webhook(secret).sign(String(headers['webhook-id']), at, text)
  return String(headers['webhook-signature']).split(' ').includes(expected)
}

export interface WebhookStage extends InvoicingUnderTest {
  /** Makes an endpoint. */
  endpoint(url: string, types?: readonly string[]): Promise<{ id: string; secret: string; version: number }>
  /** Hands out what was committed, and tells all that is due by the clock of the test. */
  tell(): Promise<void>
  /** Makes an account and changes its name so many times: versions 1 to 1 + times. */
  account(times: number): Promise<string>
  deliveries(id: string, state?: string): Promise<Record<string, unknown>[]>
}

export async function webhookStage(): Promise<WebhookStage> {
  const kontor = await invoicingUnderTest()
  // Receivers look at the time of a message.
  kontor.clock.set(new Date().toISOString())
  return {
    ...kontor,
    async endpoint(url, event_types) {
      const made = await kontor.call('POST', '/v1/webhook-endpoints', { url, ...(event_types && { event_types }) })
      if (made.status !== 201) throw new Error(made.bytes.toString())
      return made.body
    },
    async tell() {
      await settled(kontor)
      // The queue waits by the clock of the database.
      await kontor.sql('update graphile_worker_webhooks._private_jobs set run_at = now() where run_at > now()')
      await kontor.work()
    },
    async account(times) {
      const billing_address = { city: 'Freiburg', country: 'DE' }
      const { body } = await kontor.call('POST', '/v1/accounts', { kind: 'person', name: 'Anna', billing_address })
      for (let version = 1; version <= times; version++) {
        const headers = { 'if-match': `"${version}"` }
        await kontor.call('PATCH', `/v1/accounts/${body.id}`, { name: `Anna ${version}` }, { headers })
      }
      return body.id
    },
    async deliveries(id, state) {
      const found = await kontor.call(
        'GET',
        `/v1/webhook-endpoints/${id}/deliveries?limit=200${state ? `&state=${state}` : ''}`,
      )
      return found.body.data
    },
  }
}
