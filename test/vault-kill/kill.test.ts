import test from 'ava'
import { startOwnServer } from '../support/own-server.ts'
import { storm } from './storm.ts'
import { doubleKey, tamper } from './tamper.ts'
import { judge } from './verdict.ts'

test('no token is lost, doubled or left half deleted when processes of the vault and the database are killed', async (t) => {
  t.timeout(600_000)
  const server = await startOwnServer(() => {})
  t.teardown(() => server.destroy())
  const after = await storm({
    urls: server.urls,
    tokens: 384,
    strikes: ['first', 'database', 'everything'],
    clients: 16,
    accounts: 40,
    crashDatabase: server.crash,
    log: (line) => t.log(line),
  })
  t.teardown(() => after.stop())
  const { tally, ledger } = after
  t.log(
    `${tally.broken} connections broken, ${tally.unavailable} answers 503 or 504, ${tally.replayed} lost answers found again,`,
    `${tally.refused} refusals, ${ledger.reveals} reveals`,
  )
  const verdict = await judge(server.urls, after)
  t.deepEqual(verdict.faults, [])
  t.is(verdict.opened + verdict.gone, ledger.stored.length)
  t.true(verdict.opened > 0 && verdict.gone > 0)
  t.true(tally.broken >= after.kills, 'the kills met requests on their way')
  t.true(tally.refused > 0 && ledger.reveals > 0, 'refusals and reveals were among them')

  // A verdict that finds nothing proves something only if it finds what is there.
  const harmed = await tamper(server.urls, after)
  const found = (await judge(server.urls, harmed)).faults.join('\n')
  for (const fault of [
    /was acknowledged, and reading it answers 404/,
    /was acknowledged, and repeating its request answers 201 tok_/,
    /was acknowledged, and does not open: 404/,
    /was acknowledged, and does not open: 500 integrity_violation/,
    /holds something else than was sent/,
    /was acknowledged as active, and is lost/,
    /was acknowledged as deleted, and is active/,
    /must answer token_deleted, and answers 20[01]/,
    /something of an instrument that is gone is left/,
    /an intent has more than one token/,
    /was given for two intents/,
    /is there, and no intent was told of it/,
    /instruments were settled, and \d+ got a token/,
    /a token has not exactly one event of its making/,
    /a token that ended has not exactly one event that says so/,
    /an event tells of a token that is not there/,
    /an event tells of an end that did not come/,
    /the events of a token do not count its versions/,
    /an erased customer has not exactly one event and one receipt/,
    /a live token’s number is claimed by nobody/,
    /a number is claimed by a token that is gone/,
    /an answer is kept of a token that is gone/,
    /was revealed \d+ times, and has \d+ events that say so/,
    /has \d+ events of a reveal, and \d+ were asked for/,
    /the record of the token [\w-]+ has no key/,
    /the key of the token [\w-]+, which is gone, is left/,
    /the key of the erased customer [\w-]+ is left/,
    /answered with 500/,
    /"level":60/,
  ]) {
    t.regex(found, fault, 'what is wrong is found')
  }
  await doubleKey(server.urls)
  t.regex((await judge(server.urls, harmed)).faults.join('\n'), /two tokens were made under one Idempotency-Key/)
})
