import test from 'ava'
import { startOwnServer } from '../support/own-server.ts'
import { MOMENTS } from './moments.ts'
import { pay } from './paying.ts'
import { storm } from './storm.ts'
import { judge } from './verdict.ts'

test('no charge is made twice, lost or believed, at whatever step a process is killed and whatever its processor answers', async (t) => {
  t.timeout(1_200_000)
  const server = await startOwnServer(() => {})
  t.teardown(() => server.destroy())
  const urls = server.urls.invoicing
  const log = (line: string) => t.log(line)
  const after = await storm({ urls, jobs: 48, strikes: MOMENTS, clients: 6, job: pay, log })
  const { stage, ledger } = after
  t.teardown(() => stage.stop())
  const verdict = await judge(urls, after)
  t.log(
    `${verdict.charges} charges, ${verdict.succeeded} of them taken; ${ledger.broken} connections broken, ${after.mishaps} mishaps, ${ledger.gone} clients gone;`,
    `${verdict.resolved} were open in the end, and resolved in ${verdict.resolvedMs} ms`,
  )
  t.deepEqual(verdict.faults, [])
  t.true(verdict.succeeded > 0 && ledger.broken > 0 && ledger.gone > 0 && ledger.refused > 0)

  // A verdict that finds nothing proves something only if it finds what is there.
  const { intents } = stage.processors.stripe.state
  // Whole invoices first: half of one that is taken twice is no more than it asks for.
  const paid = [...intents.values()]
    .filter(({ status }) => status === 'succeeded')
    .sort((a, b) => b.amount_received - a.amount_received)
  const [doubled, lost, traceless, other] = paid
  if (!doubled || !lost || !traceless || !other) throw new Error('too little was taken')
  intents.set('pi_twice', { ...doubled, id: 'pi_twice' })
  intents.delete(lost.id)
  intents.set(traceless.id, { ...traceless, metadata: { kontor_reference: 'chg_of_nobody' } })
  intents.set(other.id, { ...other, amount_received: 1 })
  ledger.told.push({ id: 'chg_nobody', state: 'succeeded' })
  const found = (await judge(urls, after)).faults.join('\n')
  for (const fault of [
    /was made 2 times/,
    /was charged 2 times/,
    /is paid, and nothing was charged/,
    /chg_of_nobody is a charge at the processor without a trace/,
    /took 1, was to take \d+/,
    /names a charge that its processor does not know/,
    /asks for \d+, and \d+ were taken/,
    /are paid, and \d+ were taken/,
    /chg_nobody was told to be succeeded, and is lost/,
  ]) {
    t.regex(found, fault, 'what is wrong is found')
  }
})
