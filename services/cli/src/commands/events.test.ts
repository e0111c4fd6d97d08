import test from 'ava'
import { type InvoicingUnderTest, invoicingUnderTest, issuerAndAccount } from '../../../../test/support/invoicing.ts'
import { Sentence } from '../sentence.ts'
import { commandLine } from '../testing/command-line.ts'
import { replayEvents, tailEvents } from './events.ts'

let kontor: InvoicingUnderTest
let services: { invoicingUrl: string; invoicingKey: string }
test.before(async () => {
  kontor = await invoicingUnderTest()
  const invoicingUrl = await kontor.app.listen({ host: '127.0.0.1', port: 0 })
  services = { invoicingUrl, invoicingKey: await kontor.apiKey('admin') }
})
test.after.always(() => kontor.close())

const terminal = (signal?: AbortSignal) => commandLine({ services, ...(signal && { signal }) })

/** Waits for what other tests hold up on the same server. */
async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  for (let times = 0; !(await done()); times++) {
    if (times === 600) throw new Error('it never came')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function happened(count: number): Promise<void> {
  await until(async () => (await kontor.call('GET', '/v1/events?limit=200')).body.data.length >= count)
}

test.serial('what has happened is printed once, and where to go on', async (t) => {
  await issuerAndAccount(kontor)
  await happened(2)
  const { command, said, aside, results } = terminal()
  t.is(await tailEvents(command, { once: true }), 0)
  t.is(results.length, 2)
  t.regex(said[0] ?? '', /^2026-11-23T10:00:00\.000Z {2}issuer\.created +iss_\w{26} {2}v1 {4}–$/)
  t.regex(said[1] ?? '', /account\.created +acc_\w{26} {2}v1 {4}acc_\w{26}$/)
  const after = /--after (\S+)\.$/.exec(aside[0] ?? '')?.[1] ?? ''
  const { account } = await issuerAndAccount(kontor)
  await happened(4)
  const later = terminal()
  await tailEvents(later.command, { once: true, after, type: 'account.*' })
  t.deepEqual(
    later.results.map(({ object_id }) => object_id),
    [account.id],
  )
  const since = terminal()
  await tailEvents(since.command, { once: true, from: '2026-12-01T00:00:00Z' })
  t.deepEqual(since.results, [])
})

test.serial('without a beginning only what comes is printed, until it is stopped', async (t) => {
  await happened(4)
  const stop = new AbortController()
  const { command, results } = terminal(stop.signal)
  const tailing = tailEvents(command, { type: 'issuer.created' })
  await new Promise((resolve) => setTimeout(resolve, 500))
  const { issuer } = await issuerAndAccount(kontor)
  await until(() => results.length > 0)
  stop.abort(new Error('stopped'))
  await t.throwsAsync(tailing)
  t.like(results, [{ type: 'issuer.created', object_id: issuer.id }])
})

test.serial('an endpoint is told again what is named', async (t) => {
  const made = await kontor.call('POST', '/v1/webhook-endpoints', { url: 'http://127.0.0.1:9/' })
  await happened(6)
  const { command, said, results } = terminal()
  t.is(await replayEvents(command, made.body.id, { from: '2026-11-01T00:00:00Z', until: '2026-12-01T00:00:00Z' }), 0)
  t.true(results[0].queued >= 6)
  t.regex(said[0] ?? '', /^\d+ events are told again\.$/)
  const { data } = (await kontor.call('GET', '/v1/events')).body
  t.is(await replayEvents(command, made.body.id, { event: [data[0].id] }), 0)
  t.is(said[1], 'Nothing is told again.', 'it waits already')
  t.is(await replayEvents(command, made.body.id, { deadLetters: true, key: 'cli-dead-letters' }), 0)
})

test.serial('what makes no sense is said in a sentence', async (t) => {
  const { command } = terminal()
  const id = 'whk_01h455vb4pex5vsknk084sn02q'
  for (const work of [
    () => tailEvents(command, { from: '2026-11-01T00:00:00Z', after: 'end' }),
    () => replayEvents(command, 'inv_01h455vb4pex5vsknk084sn02q', { deadLetters: true }),
    () => replayEvents(command, id, {}),
    () => replayEvents(command, id, { deadLetters: true, from: '2026-11-01T00:00:00Z' }),
    () => replayEvents(command, id, { deadLetters: true, until: '2026-11-01T00:00:00Z' }),
    () => replayEvents(command, id, { event: ['nonsense'] }),
  ]) {
    await t.throwsAsync(work, { instanceOf: Sentence })
  }
  t.is((await t.throwsAsync(replayEvents(command, id, { deadLetters: true })))?.name, 'Refused')
  t.is((await t.throwsAsync(tailEvents(command, { once: true, type: 'Nonsense' })))?.name, 'Refused')
})
