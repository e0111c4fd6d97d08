import { bucketOf, parseId } from '@kontor/ids'
import { sqlstate } from '@kontor/postgres'
import test, { type ExecutionContext } from 'ava'
import { callApp, type Reply, type ServiceApp } from '../../../../test/support/invoicing.ts'
import { type Chargeable, type ChargeStage, chargeStage, instead } from '../testing/charge-stage.ts'

/** What the next request that confirms a charge meets. */
let before: () => Promise<void> = async () => undefined
let stage: ChargeStage
let twin: ServiceApp
let admin: string
test.before(async () => {
  stage = await chargeStage()
  const { processorOf } = stage.kontor.deps
  const deps = {
    ...stage.kontor.deps,
    processorOf: async (...asked: Parameters<typeof processorOf>) => {
      const processor = await processorOf(...asked)
      return instead(processor, {
        async confirm(request) {
          await before()
          return processor.confirm(request)
        },
      })
    },
  }
  Object.assign(stage.kontor.deps, deps)
  twin = await stage.kontor.twin()
  admin = await stage.kontor.apiKey('admin')
})
test.after.always(() => stage.kontor.close())

const reason = { reason: 'a mistake' }
const voidIn = (app: ServiceApp, { invoice }: Chargeable) =>
  callApp(app, admin, 'POST', `/v1/invoices/${invoice.id}/void`, reason)
const makeVoid = (of: Chargeable) => voidIn(stage.kontor.app, of)
const cancel = (id: string) => stage.kontor.call('POST', `/v1/charges/${id}/cancel`)

const refusedFor = (t: ExecutionContext, reply: Reply, charge_id: string, state: string) =>
  t.like(reply, { status: 409, body: { code: 'charge_under_way', charge_id, state } }, reply.bytes.toString())

const live = [
  ['waits for its payer', { amount_minor: 66_611 }, 'requires_action'],
  ['is decided later', { amount_minor: 66_612 }, 'pending'],
  ['is held', { capture: 'manual' }, 'authorized'],
  ['nobody knows of', { amount_minor: 66_624 }, 'unknown'],
] as const
for (const [what, changes, state] of live) {
  test.serial(`an invoice is not made void under a charge that ${what}`, async (t) => {
    const of = await stage.chargeable()
    const { body } = await stage.charge(of, changes)
    t.is(body.state, state)
    const was = await stage.kontor.state()
    refusedFor(t, await makeVoid(of), body.id, state)
    t.deepEqual(await stage.kontor.state(), was)
  })
}

test.serial('once the charge is let go the invoice is made void, by the same request as well', async (t) => {
  const of = await stage.chargeable()
  const { body } = await stage.charge(of, { amount_minor: 66_611 })
  const again = () =>
    stage.kontor.call('POST', `/v1/invoices/${of.invoice.id}/void`, reason, { key: 'void-when-let-go' })
  refusedFor(t, await again(), body.id, 'requires_action')
  t.is((await cancel(body.id)).body.state, 'cancelled')
  t.is((await again()).status, 201)
})

test.serial('a charge that was declined, or not sent, keeps nobody from it, and is not taken up after', async (t) => {
  const declined = await stage.chargeable()
  await stage.charge(declined, { amount_minor: 66_602 })
  t.is((await makeVoid(declined)).status, 201)
  const unsent = await stage.chargeable()
  const again = () => stage.charge(unsent, { amount_minor: 66_625 }, { key: 'not-sent-and-void' })
  t.is((await again()).status, 502)
  t.is((await makeVoid(unsent)).status, 201)
  t.like(await again(), { status: 409, body: { code: 'invalid_transition', from: 'void' } })
})

test.serial('an invoice is not made void while its charge is on the way', async (t) => {
  const of = await stage.chargeable()
  let refused: Reply | undefined
  before = async () => {
    refused = await makeVoid(of)
  }
  const { body } = await stage.charge(of)
  before = async () => undefined
  t.is(body.state, 'succeeded')
  refusedFor(t, refused as Reply, body.id, 'processing')
  t.like(await makeVoid(of), { status: 409, body: { code: 'use_credit_note', because: 'allocated' } })
})

test.serial('a proforma is not cancelled under a charge, and is after it', async (t) => {
  const of = await stage.chargeable()
  const { account_id, issuer_id } = of.invoice
  const line = { name: 'Beratung', quantity: '1', unit: 'HUR', price: '1000.00', vat_category: 'S', vat_rate: '8.1' }
  const { call } = stage.kontor
  const draft = await call('POST', '/v1/proformas', { account_id, issuer_id, currency: 'CHF', lines: [line] })
  await call('POST', `/v1/proformas/${draft.body.id}/issue`)
  const { body } = await stage.charge(of, { invoice_id: draft.body.id, amount_minor: 66_611 })
  const end = () => call('POST', `/v1/proformas/${draft.body.id}/cancel`)
  refusedFor(t, await end(), body.id, 'requires_action')
  await cancel(body.id)
  t.is((await end()).status, 200)
})

for (const [what, amount_minor] of [
  ['succeeds', 216_200],
  ['waits for its payer', 66_611],
] as const) {
  test.serial(`made void and charged at once, where the charge ${what}: one of the two is refused`, async (t) => {
    const won = { charge: 0, void: 0 }
    for (let round = 0; round < 25; round++) {
      const of = await stage.chargeable()
      const charging = () => stage.charge(of, { amount_minor })
      const voiding = () => voidIn(twin, of)
      // Whoever is called first begins first.
      const both = round % 2 === 0 ? [charging(), voiding()] : [voiding(), charging()]
      const replies = await Promise.all(both)
      const [charged, voided] = (round % 2 === 0 ? replies : replies.toReversed()) as [Reply, Reply]
      t.deepEqual([charged.status, voided.status].sort(), [201, 409], `${charged.bytes} ${voided.bytes}`)
      won[charged.status === 201 ? 'charge' : 'void']++
      const { body } = await stage.kontor.call('GET', `/v1/charges?invoice_id=${of.invoice.id}`)
      t.is(body.data.length, charged.status === 201 ? 1 : 0)
    }
    t.log(won)
  })
}

test.serial('taken up again and made void at once: one of the two is refused', async (t) => {
  for (let round = 0; round < 12; round++) {
    const of = await stage.chargeable()
    const key = `taken-up-and-void-${round}`
    const unsent = { amount_minor: 66_621 }
    t.is((await stage.charge(of, unsent, { key })).status, 502)
    // Not sent once more, if it comes to that: what counts is that it did not begin under a void invoice, and the other way round.
    const seen: string[] = []
    before = async () => {
      const [row] = await stage.kontor.sql<{ n: string }>(
        'select count(*)::text as n from document_void where bucket = $1 and document_id = $2',
        [bucketOf(parseId('inv', of.invoice.id)), parseId('inv', of.invoice.id)],
      )
      seen.push(row?.n ?? '')
    }
    await Promise.all([stage.charge(of, unsent, { key }), voidIn(twin, of)])
    before = async () => undefined
    t.true(
      seen.every((n) => n === '0'),
      'nothing is sent for what is void',
    )
  }
})

test('whoever inserts past the service ends nothing under a live charge either', async (t) => {
  const of = await stage.chargeable()
  await stage.charge(of, { amount_minor: 66_612 })
  const id = parseId('inv', of.invoice.id)
  const error = await t.throwsAsync(
    stage.kontor.database.knex.raw(
      `insert into document_void (bucket, document_id, tenant_id, reason, actor_key_id, voided_at)
       select bucket, id, tenant_id, 'past the service', id, now() from document where bucket = ? and id = ?`,
      [bucketOf(id), id],
    ),
  )
  t.is(sqlstate(error), '23514')
  t.is((error as { constraint?: string }).constraint, 'ended_is_not_charged')
})
