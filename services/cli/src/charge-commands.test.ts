import { tmpdir } from 'node:os'
import test from 'ava'
import { Refused } from './job/api-client.ts'
import { buildProgram } from './program.ts'
import { type ChargedStage, chargedStage } from './testing/charged-stage.ts'

let stage: ChargedStage
let env: Record<string, string>
test.before(async () => {
  stage = await chargedStage()
  const INVOICING_URL = await stage.kontor.app.listen({ host: '127.0.0.1', port: 0 })
  env = { INVOICING_URL, INVOICING_API_KEY: await stage.kontor.apiKey('accounting'), KONTOR_HOME: '/nowhere' }
})
test.after.always(() => stage.kontor.close())

async function run(line: string) {
  const printed = { out: '', err: '', code: -1 }
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
  await program.parseAsync(['node', 'kontor', ...line.split(' ')])
  return printed
}

test('a charge goes through the command line, and its JSON is the answer of the service', async (t) => {
  const of = await stage.charged()
  const sent = await run(
    `charge refund ${of.charge.id} --amount 62 --invoice ${of.invoice.id} --key from-a-shell --json`,
  )
  t.is(sent.code, 0, sent.err)
  const { body } = await stage.kontor.call('GET', `/v1/charges/${of.charge.id}/refunds`)
  const refunds = body.data
  t.deepEqual(JSON.parse(sent.out), refunds[0])
  t.is(refunds[0].amount_minor, 6_200)
  t.deepEqual(JSON.parse((await run(`charge show ${of.charge.id} --json`)).out).refunds, refunds)
  t.like(JSON.parse((await run(`charge list --invoice ${of.invoice.id} --json`)).out).data[0], { id: of.charge.id })
  await t.throwsAsync(run(`charge refund ${of.charge.id} --amount 99999`), { instanceOf: Refused })
})
