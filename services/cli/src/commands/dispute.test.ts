import { bucketOf, formatId, newUuid, parseId } from '@kontor/ids'
import test from 'ava'
import { Sentence } from '../sentence.ts'
import { type Charged, type ChargedStage, chargedStage } from '../testing/charged-stage.ts'
import { commandLine } from '../testing/command-line.ts'
import { showCharge } from './charge.ts'
import { listDisputes, showDispute } from './dispute.ts'

let stage: ChargedStage
let services: object
test.before(async () => {
  stage = await chargedStage()
  const invoicingUrl = await stage.kontor.app.listen({ host: '127.0.0.1', port: 0 })
  services = { invoicingUrl, invoicingKey: await stage.kontor.apiKey('accounting') }
})
test.after.always(() => stage.kontor.close())

const terminal = () => commandLine({ services })

/** As if Stripe had told of it: here is no Stripe. */
async function disputed({ charge }: Charged, missing = 0): Promise<string> {
  const chargeId = parseId('chg', charge.id)
  const id = newUuid(bucketOf(chargeId), Date.now(), (size) => crypto.getRandomValues(new Uint8Array(size)))
  await stage.kontor.sql(
    `insert into dispute (bucket, id, tenant_id, mode, account_id, charge_id, processor, reference, state, amount_minor, currency,
                          reason, occurred_at, missing_minor, needs_attention, version, created_at, updated_at)
     select bucket, $1::uuid, tenant_id, mode, account_id, id, 'stripe', 'dp_' || $1::uuid::text, 'needs_response', amount_minor, currency,
            'fraudulent', now(), $3::bigint, $3::bigint > 0, 1, now(), now() from charge where id = $2`,
    [id, chargeId, missing],
  )
  await stage.kontor.sql(
    `insert into dispute_step (bucket, dispute_id, seq, tenant_id, state, occurred_at, reopened, at)
     select bucket, id, 1, tenant_id, state, occurred_at, '[]', created_at from dispute where id = $1`,
    [id],
  )
  return formatId('dsp', id)
}

test.serial('a dispute is listed, shown, and seen where its charge is looked at', async (t) => {
  const of = await stage.charged()
  const { command, said, results } = terminal()
  t.is(await listDisputes(command, { charge: of.charge.id }), 0)
  t.is(said.at(-1), 'There is none.')
  const id = await disputed(of)
  for (const options of [{ charge: of.charge.id }, { account: of.invoice.account_id }, { state: 'needs_response' }]) {
    t.is(await listDisputes(command, options), 0)
    t.like(results.at(-1), { data: [{ id, charge_id: of.charge.id }], has_more: false })
    t.regex(said.at(-1) ?? '', /stripe +2162\.00 CHF +needs_response$/)
  }
  await listDisputes(command, { state: 'won' })
  t.is(said.at(-1), 'There is none.')
  t.is(await showDispute(command, id), 0)
  t.like(results.at(-1), { id, steps: [{ state: 'needs_response' }] })
  t.regex(said.join('\n'), /dsp_\w+: 2162\.00 CHF of chg_\w+, stripe dp_\S+, needs_response \(fraudulent\)\./)
  t.is(await showCharge(command, of.charge.id), 0)
  t.like(results.at(-1), { dispute_ids: [id] })
  t.true(said.some((line) => line === `Disputed: ${id}.`))
})

test.serial('what the books do not follow is said', async (t) => {
  const of = await stage.charged()
  const id = await disputed(of, 100_000)
  const { command, said } = terminal()
  await showDispute(command, id)
  t.regex(said.join('\n'), /1000\.00 CHF of it the payment had not left any more\.\nThe books do not follow/)
  await stage.kontor.sql('update dispute set refunded_minor = 5000 where id = $1', [parseId('dsp', id)])
  await showDispute(command, id)
  t.regex(said.join('\n'), /\n50\.00 CHF of it is booked as a refund\.\n/)
  await listDisputes(command, { charge: of.charge.id })
  t.regex(said.at(-1) ?? '', /needs_response, look at it$/)
  await disputed(of)
  await listDisputes(command, { charge: of.charge.id, limit: '1' })
  t.regex(said.at(-1) ?? '', /^There are more/)
})

test.serial('what cannot be is said in a sentence', async (t) => {
  const { command } = terminal()
  for (const text of ['chg_01h455vb4pex5vsknk084sn02q', 'x']) {
    await t.throwsAsync(showDispute(command, text), { instanceOf: Sentence, message: /dsp_/ })
  }
  await t.throwsAsync(listDisputes(command, { charge: 'x' }), { instanceOf: Sentence, message: /chg_/ })
  await t.throwsAsync(listDisputes(command, { state: 'open' }), { instanceOf: Sentence, message: /needs_response/ })
  await t.throwsAsync(listDisputes(command, { limit: '0' }), { instanceOf: Sentence, message: /1 to 200/ })
})
