import test from 'ava'
import { startOwnServer } from '../support/own-server.ts'
import { giveBack } from './giving-back.ts'
import { MOMENTS_BACK } from './moments.ts'
import { storm } from './storm.ts'
import { tamper } from './tamper.ts'
import { judge } from './verdict.ts'

test('no money goes back twice, or without a trace, at whatever step a process is killed and whatever its processor answers', async (t) => {
  t.timeout(1_200_000)
  const server = await startOwnServer(() => {})
  t.teardown(() => server.destroy())
  const urls = server.urls.invoicing
  const log = (line: string) => t.log(line)
  const after = await storm({ urls, jobs: 24, strikes: MOMENTS_BACK, clients: 6, job: giveBack, log })
  const { stage, ledger } = after
  t.teardown(() => stage.stop())
  const verdict = await judge(urls, after)
  t.log(
    `${verdict.charges} charges, ${verdict.sentBack} refunds and ${ledger.disputes.length} disputes, ${ledger.taken.length} events;`,
    `${ledger.broken} connections broken, ${after.mishaps} mishaps, ${ledger.gone} clients gone;`,
    `${verdict.resolved} were open in the end, and resolved in ${verdict.resolvedMs} ms`,
  )
  t.deepEqual(verdict.faults, [])
  t.true(verdict.sentBack > 0 && ledger.disputes.length > 0 && ledger.refused > 0 && ledger.broken > 0)

  // A verdict that finds nothing proves something only if it finds what is there.
  const crimes = await tamper(urls, after)
  const found = (await judge(urls, after)).faults.join('\n')
  for (const crime of crimes) t.regex(found, crime, 'what is wrong is found')
})
