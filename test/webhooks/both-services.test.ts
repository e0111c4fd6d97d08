import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { Webhook } from 'standardwebhooks'
import { startBothServices } from '../charges/both-services.ts'

const WAIT_MS = 90_000

interface Told {
  readonly id: string
  readonly type: string
  readonly object: string
  readonly version: number
  readonly text: string
  /** Throws unless it is signed by this secret, now. */
  verify(secret: string): void
}

/** Listens as a tenant's program would. @param answer The status that a message is answered with. */
async function receiver(t: ExecutionContext, answer: (told: Told) => number) {
  const told: Told[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString('utf8')
    const { type, data } = JSON.parse(text)
    const headers = request.headers as Record<string, string>
    const one = {
      id: String(headers['webhook-id']),
      type,
      object: data.object_id,
      version: data.object_version,
      text,
      verify: (secret: string) => void new Webhook(secret).verify(text, headers),
    }
    told.push(one)
    response.writeHead(answer(one)).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void server.close())
  return { told, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` }
}

test('what happens in the vault and in invoicing reaches a receiver, signed, each event once and in order', async (t) => {
  t.timeout(240_000)
  const { vault, invoicing, ask, account, card, charged } = await startBothServices(t)
  // What is refused once comes a second time, under its id.
  let refused = 0
  const { told, url } = await receiver(t, ({ type }) => (type === 'token.updated' && refused++ === 0 ? 503 : 204))
  const until = async (what: string, holds: () => boolean | Promise<boolean>) => {
    for (const begun = performance.now(); !(await holds()); await pause(50)) {
      if (performance.now() - begun > WAIT_MS)
        throw new Error(`${what} does not happen: ${told.map(({ type }) => type)}`)
    }
  }
  const endpoint = { url, event_types: ['token.*', 'charge.*'] }
  const { id: endpointId, secret } = await ask(invoicing, 'POST', '/v1/webhook-endpoints', endpoint)
  const { id } = await account()
  // The vault's feed is read from its end: what is made before that is not told.
  let probes = 0
  await until('the first event of the vault', () => {
    if (probes++ % 40 === 0) void card(id, '5555555555554444')
    return told.some(({ type }) => type === 'token.created')
  })

  const token = await card(id, '4242424242424242')
  const before = `"${token.version}"`
  await ask(vault, 'PATCH', `/v1/tokens/${token.id}`, { card: { expiry_year: 2041 } }, { 'if-match': before })
  const { charge } = await charged(id, token.id)
  t.is(charge.state, 'succeeded')
  const typesOf = (object: string) => [...new Set(told.filter((one) => one.object === object).map(({ type }) => type))]
  await until('the end', () => typesOf(charge.id).includes('charge.succeeded') && typesOf(token.id).length >= 4)

  t.deepEqual(typesOf(charge.id), ['charge.created', 'charge.succeeded'])
  t.deepEqual(typesOf(token.id), ['token.created', 'token.updated', 'token.registration_begun', 'token.registered'])
  for (const one of told) t.notThrows(() => one.verify(secret), one.type)
  const taken = told.filter((one, index) => told.findLastIndex(({ id: other }) => other === one.id) === index)
  t.is(told.length, taken.length + 1, 'what was refused once, and nothing else, came twice')
  for (const object of new Set(taken.map((one) => one.object))) {
    const versions = taken.filter((one) => one.object === object).map(({ version }) => version)
    t.deepEqual(
      versions,
      versions.toSorted((one, other) => one - other),
      object,
    )
  }
  // That it was taken is written down after the receiver has answered.
  let deliveries: { readonly state: string }[] = []
  await until('that all is delivered', async () => {
    deliveries = (await ask(invoicing, 'GET', `/v1/webhook-endpoints/${endpointId}/deliveries?limit=200`)).data
    return deliveries.every(({ state }) => state === 'delivered')
  })
  t.is(deliveries.length, taken.length)
  t.false(told.some(({ text }) => /4242424242424242|5555555555554444|Muster/.test(text)))
})
