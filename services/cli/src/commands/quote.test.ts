import test from 'ava'
import {
  type InvoicingUnderTest,
  invoicingUnderTest,
  issuerAndAccount,
  LINE,
} from '../../../../test/support/invoicing.ts'
import { Refused } from '../job/api-client.ts'
import { Sentence } from '../sentence.ts'
import { commandLine } from '../testing/command-line.ts'
import { acceptQuote, convertQuote, endQuote, showQuote } from './quote.ts'

// Against a running service, as a salesperson works.
let kontor: InvoicingUnderTest
let invoicingUrl: string
let invoicingKey: string
test.before(async () => {
  kontor = await invoicingUnderTest()
  invoicingUrl = await kontor.app.listen({ host: '127.0.0.1', port: 0 })
  invoicingKey = await kontor.apiKey('invoicing')
})
test.after.always(() => kontor.close())

const terminal = () => commandLine({ services: { invoicingUrl, invoicingKey } })

async function draft(): Promise<string> {
  const { order } = await issuerAndAccount(kontor)
  const { body } = await kontor.call('POST', '/v1/quotes', { ...order, valid_until: '2026-12-24', lines: [LINE, LINE] })
  return body.id
}

test('a quote is sent, accepted and invoiced in parts', async (t) => {
  const id = await draft()
  const { command, said, results } = terminal()
  t.is(await endQuote(command, 'issue', id), 0)
  t.regex(said[0] ?? '', /^Q-\d+-1 is sent, until 2026-12-24\.$/)
  t.is(await acceptQuote(command, id, { by: 'Erika', role: 'Einkauf', fromAddress: '192.0.2.7', convert: false }), 0)
  t.like(results[1], { state: 'accepted', acceptance: { accepted_by: { name: 'Erika', role: 'Einkauf' } } })
  t.is(await convertQuote(command, id, { line: ['1=0.5', '2=2'], dueOn: '2026-12-31' }), 0)
  t.regex(said.at(-1) ?? '', /^Invoice draft inv_\w+: 13513 minor units of CHF\.$/)
  t.like(results.at(-1), { due_on: '2026-12-31' })
  said.length = 0
  t.is(await showQuote(command, id), 0)
  t.regex(said[0] ?? '', /is accepted\.$/)
  t.regex(said[1] ?? '', /^Accepted 2026-11-23T10:00:00\.000Z by Erika, terms [0-9a-f]{64}\.$/)
  t.deepEqual(said.slice(2, 4), ['Line 1: 0.5 of 2 invoiced, 1.5 left.', 'Line 2: 2 of 2 invoiced, 0 left.'])
  t.regex(said[4] ?? '', /^Invoice inv_/)
})

test('accepting makes the invoice at once unless asked not to', async (t) => {
  const id = await draft()
  const { command, said } = terminal()
  await endQuote(command, 'issue', id)
  t.is(await acceptQuote(command, id, { convert: true, externalId: 'cli-1' }), 0)
  t.regex(said.at(-1) ?? '', /^Invoice draft inv_/)
})

test('a quote is declined or cancelled, with a reason', async (t) => {
  for (const [action, state] of [
    ['decline', 'declined'],
    ['cancel', 'cancelled'],
  ] as const) {
    const id = await draft()
    const { command, said } = terminal()
    await endQuote(command, 'issue', id)
    t.is(await endQuote(command, action, id, { reason: 'zu teuer' }), 0)
    t.regex(said[1] ?? '', new RegExp(`is ${state}\\.$`))
    t.is(said[2], 'Why: zu teuer')
    const error = await t.throwsAsync(acceptQuote(command, id, { convert: true }), { instanceOf: Refused })
    t.is((error as Refused).problem.code, 'invalid_transition')
  }
})

test('what is wrong on the command line is said before anybody is asked', async (t) => {
  const id = 'quo_01h455vb4pex5vsknk084sn02q'
  const { command } = terminal()
  const sentence = (message: RegExp) => ({ instanceOf: Sentence, message })
  await t.throwsAsync(showQuote(command, 'inv_1'), sentence(/quo_…/))
  await t.throwsAsync(acceptQuote(command, id, { role: 'Einkauf', convert: true }), sentence(/--by/))
  for (const line of ['1', '0=1', '1=', '1=1,5']) {
    await t.throwsAsync(convertQuote(command, id, { line: [line] }), sentence(/--line 2=1\.5/))
  }
})
