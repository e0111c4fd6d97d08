import test from 'ava'
import fc from 'fast-check'
import { type Listener, listener, type Told, type WebhookStage, webhookStage } from '../testing/webhook-stage.ts'

let kontor: WebhookStage
test.before(async () => {
  kontor = await webhookStage()
})
test.after.always(() => kontor?.close())

const MINUTE = 60_000

/** What an endpoint does with a message. */
const answer = fc.constantFrom('200', '204', '301', '404', '429', '500', 'breaks off')
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('change' as const), object: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('tell' as const), minutes: fc.nat(12) }) },
)

/** Takes what it is told to take, and keeps what it took. */
async function moody(answers: readonly string[]): Promise<Listener & { taken: Told[]; calm(): void }> {
  const listening = await listener()
  const taken: Told[] = []
  let n = 0
  listening.answers = (told, response) => {
    const what = answers[n++ % answers.length] as string
    if (what === 'breaks off') return void response.socket?.destroy()
    if (what.startsWith('2')) taken.push(told)
    return Number(what)
  }
  const calm = () => {
    listening.answers = (told) => {
      taken.push(told)
      return 200
    }
  }
  return Object.assign(listening, { taken, calm })
}

async function change(object: { id: string; version: number }): Promise<void> {
  const headers = { 'if-match': `"${object.version}"` }
  const reply = await kontor.call('PATCH', `/v1/accounts/${object.id}`, { name: `Anna ${object.version}` }, { headers })
  if (reply.status !== 200) throw new Error(reply.bytes.toString())
  object.version++
}

/** Lets time pass until nothing waits any more. */
async function untilTold(endpoints: readonly string[]): Promise<void> {
  for (let n = 0; n < 30; n++) {
    await kontor.tell()
    const waiting = (await Promise.all(endpoints.map((id) => kontor.deliveries(id, 'pending')))).flat()
    const latest = waiting.map(({ next_attempt_at }) => Date.parse(next_attempt_at as string)).sort((a, b) => b - a)[0]
    if (latest === undefined) return
    kontor.clock.set(new Date(Math.max(latest, kontor.clock.nowMs() + 5 * MINUTE)).toISOString())
  }
  throw new Error('it does not end')
}

test.serial(
  'whatever fails, each endpoint takes every event of an object once, in the order of its versions',
  async (t) => {
    const scenario = fc.record({
      steps: fc.array(step, { minLength: 5, maxLength: 18 }),
      answers: fc.array(fc.array(answer, { minLength: 1, maxLength: 7 }), { minLength: 2, maxLength: 2 }),
    })
    await fc.assert(
      fc.asyncProperty(scenario, async ({ steps, answers }) => {
        const [all, updates] = (await Promise.all(answers.map(moody))) as [
          Awaited<ReturnType<typeof moody>>,
          Awaited<ReturnType<typeof moody>>,
        ]
        const ids = [
          (await kontor.endpoint(all.url, ['account.*'])).id,
          (await kontor.endpoint(updates.url, ['account.updated'])).id,
        ]
        const objects: { id: string; version: number }[] = []
        for (let n = 0; n < 4; n++) {
          const body = { kind: 'person', name: 'Anna', billing_address: { city: 'Freiburg', country: 'DE' } }
          objects.push({ id: (await kontor.call('POST', '/v1/accounts', body)).body.id, version: 1 })
        }
        for (const each of steps) {
          if (each.kind === 'change') await change(objects[each.object] as (typeof objects)[number])
          else {
            kontor.clock.advance(each.minutes * MINUTE)
            await kontor.tell()
          }
        }
        for (const each of [all, updates]) each.calm()
        await untilTold(ids)
        for (const { id, version } of objects) {
          const versionsAt = (each: { taken: Told[] }) =>
            each.taken.filter(({ object }) => object === id).map((told) => told.version)
          const versions = Array.from({ length: version }, (_, n) => n + 1)
          t.deepEqual(versionsAt(all), versions)
          t.deepEqual(versionsAt(updates), versions.slice(1))
        }
        for (const id of ids) await kontor.call('DELETE', `/v1/webhook-endpoints/${id}`)
        await Promise.all([all.close(), updates.close()])
      }),
      { numRuns: 6 },
    )
  },
)
