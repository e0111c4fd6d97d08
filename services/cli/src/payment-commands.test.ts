import { tmpdir } from 'node:os'
import test from 'ava'
import { CommanderError } from 'commander'
import { type InvoicingUnderTest, invoicingUnderTest, issuerAndAccount } from '../../../test/support/invoicing.ts'
import { buildProgram } from './program.ts'

// Each command listens for the signals that end it, and the process of a test lives on after many of them.
process.setMaxListeners(50)

let kontor: InvoicingUnderTest
let env: Record<string, string>
test.before(async () => {
  kontor = await invoicingUnderTest()
  const INVOICING_URL = await kontor.app.listen({ host: '127.0.0.1', port: 0 })
  env = { INVOICING_URL, INVOICING_API_KEY: await kontor.apiKey('accounting'), KONTOR_HOME: '/nowhere' }
})
test.after.always(() => kontor.close())

async function run(line: string, ...more: readonly string[]) {
  const printed = { out: '', err: '', code: -1, failure: undefined as unknown }
  const program = buildProgram({
    env,
    cwd: tmpdir(),
    out: { write: (text: string) => (printed.out += text) },
    err: { write: (text: string) => (printed.err += text) },
    version: '0',
    onExitCode: (code) => {
      printed.code = code
    },
  })
  await program.parseAsync(['node', 'kontor', ...line.split(' '), ...more]).catch((failure) => {
    printed.failure = failure
  })
  return printed
}

test('a payment goes through the command line, and its JSON is the answer of the service', async (t) => {
  const { order, account } = await issuerAndAccount(kontor)
  const draft = await kontor.call('POST', '/v1/invoices', order)
  const { id } = draft.body
  await kontor.call('POST', `/v1/invoices/${id}/issue`)
  const recorded = await run(`payment record --amount 120 --on 2026-11-20 --allocate ${id}=100 --json`)
  t.is(recorded.code, 0)
  const payment = JSON.parse(recorded.out)
  const answered = async () => (await kontor.call('GET', `/v1/payments/${payment.id}`)).body
  t.deepEqual(payment, await answered())
  const shown = await run(`payment show ${payment.id} --json`)
  t.deepEqual(JSON.parse(shown.out), payment)
  for (const line of [
    `payment allocate ${payment.id} --invoice ${id} --amount 8.10 --key allocate-1`,
    `payment unallocate ${payment.id} --invoice ${id} --amount 1`,
    `payment refund ${payment.id} --invoice ${id} --amount 2 --on 2026-11-21`,
    `payment chargeback ${payment.id} --amount 118 --on 2026-11-22 --reference R-1`,
  ]) {
    const { code, out, failure } = await run(line)
    t.is(code, 0, `${line} ${failure}`)
    t.regex(out, /CHF/)
  }
  t.like(await answered(), { refunded_minor: 12_000, credit_minor: 0, allocated_minor: 0 })
  const balance = await run(`account balance ${account.id} --json`)
  t.is(JSON.parse(balance.out).balances[0].balance_minor, 10_810)
  t.is((await run(`account statement ${account.id} --json`)).code, 0)
  t.is((await run('account ageing --currency CHF --json')).code, 0)
  const listed = await run(`invoice list --state issued --account ${account.id} --limit 5 --json`)
  t.is(JSON.parse(listed.out).data[0].id, id)
  t.is((await run('quote list --state sent')).code, 0)
  t.regex((await run('quote list --state converted')).err, /Allowed choices are draft, sent, accepted/)
})

test('a card number where none belongs is not repeated by the command line itself', async (t) => {
  for (const [line, ...more] of [
    ['payment 4242424242424242'],
    ['payment show --4242424242424242'],
    ['payment record --method', '4242 4242 4242 4242'],
    ['4242-4242-4242-4242'],
  ] as const) {
    const { err, out, failure } = await run(line, ...more)
    t.true(failure instanceof CommanderError)
    t.regex(err, /looks like a card number/)
    t.notRegex(err + out, /4242/)
  }
  t.regex((await run('payment record')).err, /required option '--amount <AMOUNT>' not specified/)
  t.regex((await run('payment show --frob')).err, /unknown option '--frob'/)
})
