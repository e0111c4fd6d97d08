import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { type InvoicingUnderTest, invoicingUnderTest } from '../../../../test/support/invoicing.ts'
import { Sentence } from '../sentence.ts'
import { commandLine } from '../testing/command-line.ts'
import { putChargeRules, showChargeRules } from './charging.ts'

const cwd = mkdtempSync(join(tmpdir(), 'kontor-charge-rules-'))
let kontor: InvoicingUnderTest
let services: { invoicingUrl: string; invoicingKey: string }
test.before(async () => {
  kontor = await invoicingUnderTest()
  const invoicingUrl = await kontor.app.listen({ host: '127.0.0.1', port: 0 })
  services = { invoicingUrl, invoicingKey: await kontor.apiKey('admin') }
})
test.after.always(async () => {
  rmSync(cwd, { recursive: true })
  await kontor.close()
})

const terminal = () => commandLine({ services, cwd })
const file = (content: unknown) =>
  writeFileSync(join(cwd, 'rules.json'), typeof content === 'string' ? content : JSON.stringify(content))

test.serial('rules are shown, put from a file, and shown again', async (t) => {
  const before = terminal()
  t.is(await showChargeRules(before.command), 0)
  t.deepEqual(before.said, [
    'Version 1, test mode.',
    'PayPal takes PayPal accounts, and Stripe the rest.',
    'Declined softly while the payer is away, it is tried again: never.',
  ])
  const limits = { currencies: ['CHF'], min_amount_minor: 1, max_amount_minor: 500 }
  file({
    rules: [{ instrument_types: ['card'], ...limits, processors: ['stripe', 'test'] }, { processors: ['paypal'] }],
    retry_after_hours: [24, 72],
  })
  const put = terminal()
  t.is(await putChargeRules(put.command, 'rules.json'), 0)
  t.deepEqual(put.said, [
    'Version 2, test mode.',
    '1. card, in CHF, from 1 minor units, up to 500 minor units: stripe, then test',
    '2. whatever they take: paypal',
    'Declined softly while the payer is away, it is tried again: 24, 72 hours after the first attempt.',
  ])
  const after = terminal()
  await showChargeRules(after.command)
  t.deepEqual(after.results, put.results)
})

test.serial('what show has printed can be changed and put, unless somebody was faster', async (t) => {
  const shown = terminal()
  await showChargeRules(shown.command)
  file({ ...shown.results[0], rules: [{ processors: ['test'] }] })
  const { command, results } = terminal()
  await putChargeRules(command, 'rules.json')
  t.like(results[0], { rules: [{ processors: ['test'] }], version: shown.results[0].version + 1 })
  const late = await t.throwsAsync(putChargeRules(command, 'rules.json'))
  t.like(late, { name: 'Refused', problem: { code: 'version_conflict' } })
})

test.serial('a file without rules is said in a sentence, and wrong rules are refused', async (t) => {
  const { command } = terminal()
  await t.throwsAsync(putChargeRules(command, 'nowhere.json'), { instanceOf: Sentence, message: /cannot be read/ })
  for (const content of ['{', '[]', '"4242"', { retry_after_hours: [] }]) {
    file(content)
    const error = await t.throwsAsync(putChargeRules(command, 'rules.json'), { instanceOf: Sentence })
    t.false(error?.message.includes('4242'))
  }
  file({ rules: [{ instrument_types: ['paypal_account'], processors: ['stripe'] }] })
  const refused = await t.throwsAsync(putChargeRules(command, 'rules.json'))
  t.like(refused, { name: 'Refused', problem: { code: 'processor_cannot_take' } })
})
