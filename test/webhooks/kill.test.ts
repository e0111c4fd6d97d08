import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import test from 'ava'
import { Webhook } from 'standardwebhooks'
import { makeTenant } from '../numbers/tenant.ts'
import { freshDatabases } from '../support/database.ts'
import { ACCOUNT } from '../support/invoicing.ts'
import { startKillable } from '../support/killable-service.ts'
import { newTally, patientClient } from '../support/patient-client.ts'

const ACCOUNTS = 30
const CHANGES = 3
/** Longer than a lease, after which the attempts of the dead are made again. */
const WAIT_MS = 90_000

test('processes that are killed in the middle of telling lose nothing, and keep the order of every object', async (t) => {
  const databases = await freshDatabases(t)
  const apiKey = await makeTenant(databases.invoicingMigrationUrl)
  const environment = {
    INVOICING_DATABASE_URL: databases.invoicingUrl,
    INVOICING_SECRET: randomBytes(32).toString('hex'),
    VAULT_URL: 'http://127.0.0.1:9',
    WEBHOOK_LOOPBACK: 'true',
    LOG_LEVEL: 'warn',
  }
  const processes = await Promise.all(['first', 'second'].map((name) => startKillable('invoicing', name, environment)))
  t.teardown(() => Promise.all(processes.map((one) => one.stop())))
  const [first, second] = processes as [(typeof processes)[0], (typeof processes)[0]]

  const told: { id: string; object: string; version: number }[] = []
  let unsigned = 0
  let secret = ''
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString('utf8')
    const headers = request.headers as Record<string, string>
    try {
      new Webhook(secret).verify(text, headers)
    } catch {
      unsigned++
    }
    const { data } = JSON.parse(text)
    told.push({ id: headers['webhook-id'] as string, object: data.object_id, version: data.object_version })
    // Long enough that a kill falls between the message and the record of it.
    setTimeout(() => response.writeHead(204).end(), 150)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void server.close())

  const tally = newTally()
  const client = patientClient(
    processes.map(({ url }) => url),
    apiKey,
    tally,
    new AbortController().signal,
  )
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const endpoint = { url, event_types: ['account.*'] }
  const made = await client.send(0, 'POST', '/v1/webhook-endpoints', endpoint, { 'idempotency-key': 'kill-endpoint' })
  t.is(made.status, 201)
  secret = made.body.secret

  const change = async (n: number) => {
    const account = await client.send(n, 'POST', '/v1/accounts', ACCOUNT, { 'idempotency-key': `kill-account-${n}` })
    for (let version = 1; version <= CHANGES; version++) {
      const path = `/v1/accounts/${account.body.id}`
      const changed = await client.send(n, 'PATCH', path, { name: `Anna ${version}` }, { 'if-match': `"${version}"` })
      // A change whose answer was lost was made all the same.
      if (![200, 412].includes(changed.status)) t.fail(String(changed.status))
    }
    return account.body.id as string
  }
  const changing = Promise.all(Array.from({ length: ACCOUNTS }, (_, n) => change(n)))
  const strike = async (victims: readonly (typeof first)[], afterMessages: number) => {
    for (let n = 0; n < 600 && told.length < afterMessages; n++) await pause(20)
    await Promise.all(victims.map((victim) => victim.kill()))
    await Promise.all(victims.map((victim) => victim.start()))
  }
  await strike([first, second], 5)
  await strike([second], 20)
  await strike([first], 40)
  const objects = await changing

  const wanted = ACCOUNTS * (CHANGES + 1)
  const distinct = () => new Set(told.map(({ id }) => id)).size
  const begun = performance.now()
  while (distinct() < wanted && performance.now() - begun < WAIT_MS) await pause(100)
  t.is(distinct(), wanted)
  t.is(unsigned, 0)
  for (const object of objects) {
    const seen = told.filter((each) => each.object === object)
    const versions = seen.map(({ version }) => version)
    t.deepEqual([...new Set(versions)], [1, 2, 3, 4], object)
    t.deepEqual(versions, versions.toSorted(), 'what comes twice comes before anything later')
  }
  t.true(told.length > wanted, 'a message was under way when both were killed')
  t.log(`${told.length} messages of ${wanted} events`)
  t.false(processes.some((one) => one.log().includes(secret.slice(6))))
})
