import { createLogger } from '@kontor/http-api'
import { parseId } from '@kontor/ids'
import { keyAuthenticator } from '@kontor/tenancy'
import test from 'ava'
import { ACCOUNT, callApp, type InvoicingUnderTest, invoicingUnderTest } from '../../../../test/support/invoicing.ts'
import { buildInvoicing } from '../app.ts'
import { scopesOf } from '../roles.ts'
import { isCustomerNumber } from './customer-number.ts'

let kontor: InvoicingUnderTest
test.before(async () => {
  kontor = await invoicingUnderTest()
})
test.after.always(() => kontor.close())

const FULL = {
  ...ACCOUNT,
  external_id: 'crm/4711',
  trading_name: 'Beispiel',
  contact_name: 'Erika Muster',
  legal_id: 'HRB 12345',
  vat_id: 'DE123456789',
  email: 'erika@beispiel.example',
  phone: '+49 761 123456',
  language: 'en',
  delivery_address: { street: 'Rampe 3', street_2: 'Tor B', city: 'Basel', region: 'BS', country: 'CH' },
  endpoint: { scheme: '0204', id: '04011000-12345-34' },
}

const patch = (id: string, version: number, body: object) =>
  kontor.call('PATCH', `/v1/accounts/${id}`, body, { headers: { 'if-match': `"${version}"` } })

test('an account keeps what it is given and gets a customer number with a check digit', async (t) => {
  const { status, body } = await kontor.call('POST', '/v1/accounts', FULL)
  t.is(status, 201)
  t.like(body, FULL)
  t.true(isCustomerNumber(body.customer_number))
  t.like(body, { mode: 'test', version: 1, created_at: '2026-11-23T10:00:00.000Z' })
  const read = await kontor.call('GET', `/v1/accounts/${body.id}`)
  t.deepEqual(read.body, body)
  t.is(read.headers.etag, '"1"')
})

test('what is left out is null, and the language is German', async (t) => {
  const { body } = await kontor.call('POST', '/v1/accounts', { ...ACCOUNT, kind: 'person' })
  t.like(body, {
    external_id: null,
    trading_name: null,
    email: null,
    delivery_address: null,
    endpoint: null,
    language: 'de',
  })
})

test('a change replaces what it names, empties what it sets to null, and leaves the rest', async (t) => {
  const { body } = await kontor.call('POST', '/v1/accounts', { ...FULL, external_id: 'patched-1' })
  const changes = { name: 'Neu GmbH', email: null, delivery_address: null, endpoint: null, vat_id: 'DE987654321' }
  const changed = await patch(body.id, 1, changes)
  t.is(changed.status, 200)
  t.deepEqual(changed.body, { ...body, ...changes, version: 2 })
  t.is(changed.headers.etag, '"2"')
  t.deepEqual((await kontor.call('GET', `/v1/accounts/${body.id}`)).body, changed.body)
  const events = await kontor.sql(
    'select type, object_version from event where object_id = $1 order by object_version',
    [parseId('acc', body.id)],
  )
  t.deepEqual(events, [
    { type: 'account.created', object_version: 1 },
    { type: 'account.updated', object_version: 2 },
  ])
})

test('of many who change one version one wins, the others are told to read again', async (t) => {
  const { body } = await kontor.call('POST', '/v1/accounts', ACCOUNT)
  const admin = await kontor.apiKey('admin')
  const apps = [kontor.app, await kontor.twin()]
  const replies = await Promise.all(
    Array.from({ length: 10 }, (_, n) =>
      callApp(
        apps[n % 2] as typeof kontor.app,
        admin,
        'PATCH',
        `/v1/accounts/${body.id}`,
        { name: `Name ${n}` },
        {
          headers: { 'if-match': '"1"' },
        },
      ),
    ),
  )
  const [winner, ...others] = replies.toSorted((a, b) => a.status - b.status)
  t.is(winner?.status, 200)
  for (const other of others) t.like(other, { status: 412, body: { code: 'version_conflict' } })
  t.like((await kontor.call('GET', `/v1/accounts/${body.id}`)).body, { version: 2, name: winner?.body.name })
})

test('a customer number that somebody has is drawn again', async (t) => {
  const { body } = await kontor.call('POST', '/v1/accounts', ACCOUNT)
  const digits = Number(body.customer_number.slice(0, 8)) - 10_000_000
  const taken = Buffer.alloc(4)
  taken.writeUInt32BE(digits)
  let draws = 0
  const app = await buildInvoicing(
    { ...kontor.deps, random: (size) => (draws++ < 2 ? taken : kontor.deps.random(size)) },
    {
      logger: createLogger('test', 'silent'),
      monotonicMs: () => performance.now(),
      authenticate: keyAuthenticator({
        database: kontor.database,
        service: 'invoicing',
        scopesOf,
        nowMs: kontor.clock.nowMs,
      }),
    },
  )
  t.teardown(() => app.close())
  const other = await callApp(app, await kontor.apiKey('admin'), 'POST', '/v1/accounts', ACCOUNT)
  t.is(other.status, 201)
  t.is(draws, 3)
  t.not(other.body.customer_number, body.customer_number)
  t.true(isCustomerNumber(other.body.customer_number))
})
