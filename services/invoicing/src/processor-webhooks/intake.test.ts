import { randomBytes } from 'node:crypto'
import { Unavailable } from '@kontor/http-api'
import { formatId, newUuid, parseId, toBucket } from '@kontor/ids'
import { paypalEvent, stripeEvent } from '@kontor/processors/testing'
import test from 'ava'
import { wayTo } from '../../../../test/support/cut-off.ts'
import { ACCOUNT } from '../../../../test/support/invoicing.ts'
import { type ProcessorStage, processorStage, STRIPE_SECRETS } from '../testing/processor-stage.ts'

let stage: ProcessorStage
test.before(async () => {
  stage = await processorStage()
})
test.after.always(() => stage.close())

const NAME = 'Erika Musterfrau'
let events = 0
const newEventId = () => `evt_test_${++events}`

/** A paid PaymentIntent, with what Stripe knows of the payer. */
const paid = {
  id: 'pi_1',
  object: 'payment_intent',
  amount: 1000,
  currency: 'eur',
  status: 'succeeded',
  latest_charge: 'ch_1',
  shipping: { name: NAME },
}
const event = (id = newEventId(), object: object = paid, type = 'payment_intent.succeeded') =>
  stripeEvent(id, type, object, { createdMs: stage.kontor.clock.nowMs() })

const rows = (eventReference: string) =>
  stage.kontor.sql('select * from processor_event where event_reference = $1', [eventReference])
const jobs = () => stage.kontor.sql<{ payload: object }>('select payload from graphile_worker._private_jobs')

test.serial(
  'what a processor tells is committed before it is answered, with its job, and without its body',
  async (t) => {
    const id = newEventId()
    t.like(await stage.deliver(stage.byStripe(event(id))), { status: 200, body: { received: true } })
    const [row] = await rows(id)
    t.like(row, { processor: 'stripe', mode: 'test', kind: 'charge', reference: 'pi_1', state: 'received' })
    t.false(JSON.stringify(row, (_name, value) => (typeof value === 'bigint' ? String(value) : value)).includes(NAME))
    t.deepEqual(await jobs(), [{ payload: { id: row?.id } } as never])
  },
)

test.serial('an event that is delivered again, fifty times at once and by two processes, is kept once', async (t) => {
  const twin = await stage.kontor.twin()
  const id = newEventId()
  const delivered = stage.byStripe(event(id))
  const before = (await jobs()).length
  const replies = await Promise.all(
    Array.from({ length: 50 }, (_, n) => stage.deliver(delivered, n % 2 ? { app: twin } : {})),
  )
  t.deepEqual(new Set(replies.map(({ status }) => status)), new Set([200]))
  t.is((await rows(id)).length, 1)
  t.is((await jobs()).length, before + 1)
  const later = await stage.deliver(stage.byStripe(event(id)))
  t.like(later, { status: 200, body: { received: true } })
  t.is((await jobs()).length, before + 1)
})

test.serial('many events at once are each kept, whichever came before', async (t) => {
  const ids = Array.from({ length: 100 }, newEventId)
  const replies = await Promise.all([...ids, ...ids.toReversed()].map((id) => stage.deliver(stage.byStripe(event(id)))))
  t.true(replies.every(({ status }) => status === 200))
  for (const id of ids) t.is((await rows(id)).length, 1)
})

test.serial('while a secret is being replaced, deliveries under either are taken', async (t) => {
  for (const secret of STRIPE_SECRETS) {
    t.is((await stage.deliver(stage.byStripe(event(), { secret }))).status, 200)
  }
})

test.serial('whatever is not proved gets one and the same answer, and nothing of it is kept', async (t) => {
  const { byStripe, byPaypal, kontor } = stage
  const other = await stage.otherTenant('other', 'whsec_test_ofSomebodyElse')
  const nobody = formatId('ten', newUuid(toBucket(0), 0, randomBytes))
  const good = byStripe(event())
  const live = stripeEvent('evt_live', 'payment_intent.succeeded', paid, { live: true })
  const cases = [
    ['forged', byStripe(event(), { secret: 'whsec_test_guessed' })],
    ['changed on its way', { ...good, body: good.body.replace('1000', '9000') }],
    ['late', byStripe(event(), { atMs: kontor.clock.nowMs() - 301_000 })],
    ['without a signature', { ...good, headers: {} }],
    ['with the signature of PayPal', byPaypal(event())],
    ['malformed', byStripe('{"id": "4242 4242 4242 4242')],
    ['signed, and no event', byStripe('{"id": 5}')],
    ['signed, with an id that is none', byStripe(event('evt 1'))],
    ['empty', byStripe('')],
    ['of the other mode', byStripe(live)],
    ['for the other mode, where there are no credentials', good, { mode: 'live' }],
    ['for another tenant', good, { tenant: other }],
    ['for a tenant that there is not', good, { tenant: nobody }],
    ['for what is no tenant', good, { tenant: '4242424242424242' }],
    ['for a mode that there is not', good, { mode: 'prod' }],
    ['for a processor that tells nothing', good, { processor: 'test' }],
    ['for a processor that there is not', good, { processor: 'adyen' }],
    ['for a processor without credentials', byPaypal(event()), { processor: 'paypal', tenant: other }],
  ] as const
  const before = await kontor.state()
  for (const [what, delivered, to] of cases) {
    const { status, body, headers } = await stage.deliver(delivered, to)
    const { instance, ...rest } = body
    t.regex(String(instance), /./, what)
    t.is(status, 400, what)
    t.deepEqual(
      rest,
      {
        type: 'urn:kontor:problem:delivery_refused',
        title: 'This is no delivery of a processor',
        status: 400,
        code: 'delivery_refused',
        detail: 'nothing was kept of it',
      },
      what,
    )
    t.is(headers['content-type'], 'application/problem+json')
  }
  t.deepEqual(await kontor.state(), before)
  t.is((await stage.deliver(good)).status, 200, 'it was a good one')
  const logged = kontor.log.filter((line) => line.includes('delivery_refused')).map((line) => JSON.parse(line).because)
  t.is(logged.length, cases.length)
  for (const because of ['bad_signature', 'too_old', 'malformed', 'wrong_mode', 'not_configured', 'no_such_address'])
    t.true(logged.includes(because), because)
  t.false(kontor.log.join('').includes('4242'))
})

test.serial('a body is as large as it may be, and not a byte larger', async (t) => {
  const id = newEventId()
  const body = event(id).padEnd(1_048_576, ' ')
  t.is((await stage.deliver(stage.byStripe(body))).status, 200)
  t.is((await rows(id)).length, 1)
  const reply = await stage.deliver(stage.byStripe(`${body} `))
  t.like(reply, { status: 413, body: { code: 'body_too_large' } })
})

test.serial('the media type of a delivery does not matter, and elsewhere it matters as ever', async (t) => {
  const { headers, body } = stage.byStripe(event())
  const { 'content-type': _, ...bare } = headers
  t.is((await stage.deliver({ headers: bare, body })).status, 200)
  t.is((await stage.deliver({ headers: { ...bare, 'content-type': 'text/xml' }, body })).status, 200)
  const { call } = stage.kontor
  const xml = { headers: { 'content-type': 'text/xml' } }
  t.is((await call('POST', '/v1/accounts', '<a/>', xml)).status, 415)
  const json = { headers: { 'content-type': 'application/json' } }
  t.like(await call('POST', '/v1/accounts', '{"name":', json), { status: 400, body: { code: 'malformed_json' } })
  t.is((await call('POST', '/v1/accounts', ACCOUNT)).status, 201)
})

test.serial(
  'PayPal is asked about the bytes as they came; where it cannot say, the delivery comes again',
  async (t) => {
    const { paypal } = stage
    const resource = { id: 'C1', status: 'COMPLETED', amount: { currency_code: 'EUR', value: '10.00' } }
    const body = paypalEvent('WH-1', 'PAYMENT.CAPTURE.COMPLETED', resource, stage.kontor.clock.nowMs())
    const spaced = body.replace('{', '{ ')
    for (const mishap of ['reset after', 'not json', { status: 503 }, { status: 429 }] as const) {
      paypal.mishaps.push(mishap)
      t.like(await stage.deliver(stage.byPaypal(spaced), { processor: 'paypal' }), {
        status: 503,
        body: { code: 'processor_unavailable' },
      })
    }
    t.deepEqual(await rows('WH-1'), [])
    t.is((await stage.deliver(stage.byPaypal(spaced), { processor: 'paypal' })).status, 200)
    t.true(paypal.received.at(-1)?.body.endsWith(`"webhook_event":${spaced}}`))
    t.like((await rows('WH-1'))[0], { processor: 'paypal', kind: 'charge', reference: 'C1' })
    const forged = { ...stage.byPaypal(spaced) }
    const headers = { ...forged.headers, 'paypal-transmission-sig': 'of-somebody-else' }
    t.is((await stage.deliver({ ...forged, headers }, { processor: 'paypal' })).status, 400)
  },
)

test.serial('credentials that are not there are asked for now and then, whoever forges how much', async (t) => {
  const { processors, kontor } = stage
  const tenant = await stage.otherTenant('not-yet', 'whsec_test_later')
  const key = `${parseId('ten', tenant)}/test/stripe`
  const later = processors.get(key)
  processors.delete(key)
  const delivered = () => stage.byStripe(event(), { secret: 'whsec_test_later' })
  t.is((await stage.deliver(delivered(), { tenant })).status, 400)
  processors.set(key, later as never)
  t.is((await stage.deliver(delivered(), { tenant })).status, 400)
  kontor.clock.advance(10_000)
  t.is((await stage.deliver(delivered(), { tenant })).status, 200)
})

test.serial('where the vault cannot be asked for credentials, the delivery comes again', async (t) => {
  const key = `${stage.kontor.tenantId}/test/stripe`
  const own = stage.processors.get(key)
  stage.processors.set(key, new Unavailable('vault_unavailable', 'the vault'))
  const delivered = stage.byStripe(event())
  t.like(await stage.deliver(delivered), { status: 503, body: { code: 'vault_unavailable' } })
  stage.processors.set(key, own as never)
  t.is((await stage.deliver(delivered)).status, 200)
})

test.serial(
  'while the database is down a delivery is not taken, and an answer of it that is lost loses nothing',
  async (t) => {
    const way = await wayTo(stage.kontor.databases.invoicingUrl)
    const app = await stage.kontor.twin({ databaseUrl: way.url })
    t.teardown(() => way.close())
    t.is((await stage.deliver(stage.byStripe(event()), { app })).status, 200)
    const id = newEventId()
    const delivered = stage.byStripe(event(id))
    await way.breakDown()
    t.like(await stage.deliver(delivered, { app }), { status: 503, body: { code: 'database_unavailable' } })
    await way.repair()
    t.is((await rows(id)).length, 0)
    way.loseAnswerTo('keep_processor_events')
    t.like(await stage.deliver(delivered, { app }), { status: 503, body: { code: 'database_unavailable' } })
    t.is((await stage.deliver(delivered, { app })).status, 200)
    t.is((await rows(id)).length, 1)
  },
)

test.serial('words of a processor that no list should show are not kept as they are', async (t) => {
  const id = newEventId()
  await stage.deliver(stage.byStripe(event(id, { id: 'x' }, 'a\u0000 b')))
  t.like((await rows(id))[0], { type: 'unreadable', kind: 'other', reference: null })
})

test.serial(
  'an operator sees what came, by page and by state, and nobody sees what is of another tenant',
  async (t) => {
    const { kontor } = stage
    const seen: string[] = []
    for (let after = ''; ; ) {
      const { status, body } = await kontor.call('GET', `/v1/processor-events?state=received&limit=40${after}`)
      t.is(status, 200)
      seen.push(...body.data.map(({ id }: { id: string }) => id))
      if (!body.has_more) break
      after = `&after=${body.data.at(-1).id}`
    }
    const [all] = await kontor.sql<{ count: number }>(
      'select count(*)::int as count from processor_event where tenant_id = $1',
      [kontor.tenantId],
    )
    t.is(new Set(seen).size, Number(all?.count))
    t.is(seen.length, Number(all?.count))
    t.deepEqual((await kontor.call('GET', '/v1/processor-events?state=handled')).body.data, [])
    t.is((await kontor.call('GET', '/v1/processor-events?state=lost')).status, 400)
    const live = await kontor.apiKey('admin', { mode: 'live' })
    t.deepEqual((await kontor.call('GET', '/v1/processor-events', undefined, { as: live })).body.data, [])
  },
)

test.serial(
  'what a processor told is not changed or removed by the service, and not at all when it is settled',
  async (t) => {
    const { kontor } = stage
    const refused = async (text: string, code: string) =>
      t.is(((await t.throwsAsync(kontor.database.knex.raw(text))) as { code?: string }).code, code, text)
    await refused(`update processor_event set reference = 'pi_2'`, '42501')
    await refused('delete from processor_event', '42501')
    await kontor.sql(`update processor_event set state = 'ignored', settled_at = now()`)
    await refused(`update processor_event set state = 'received', settled_at = null`, '23000')
    for (const text of ['delete from processor_event', 'truncate processor_event'])
      t.is(((await t.throwsAsync(kontor.sql(text))) as { code?: string }).code, '23000', text)
  },
)
