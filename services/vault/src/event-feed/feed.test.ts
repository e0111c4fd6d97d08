import test from 'ava'
import {
  CARD,
  call,
  IBAN_ACCOUNT,
  newAccountId,
  newIntent,
  type TestVault,
  testVault,
  tokenize,
} from '../../test/test-vault.ts'

let vault: TestVault
let admin: string
let service: string
test.before(async () => {
  vault = await testVault()
  admin = await vault.newKey({ role: 'admin' })
  service = await vault.newKey({ role: 'invoicing' })
})
test.after.always(() => vault?.close())

const read = async (query: string, key = service) =>
  (await call(vault.app, { key, method: 'GET', url: `/v1/events${query}` })).json()

/** Waits until so many events were sealed. */
async function sealed(count: number) {
  for (let n = 0; n < 500; n++) {
    const page = await read('?limit=200')
    if (page.data.length >= count) return page
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error('nothing is sealed')
}

test.serial('invoicing reads what happened in the order of the log, and nothing but ids', async (t) => {
  t.deepEqual(await read(''), { data: [], next_after: '0', has_more: false })
  t.is((await read('?after=end')).next_after, '0')
  const accountId = newAccountId()
  const card = (await tokenize(vault.app, admin, { ...CARD, account_id: accountId })).json()
  await sealed(1)
  const guests = (await tokenize(vault.app, admin, IBAN_ACCOUNT)).json()
  await call(vault.app, { key: admin, method: 'DELETE', url: `/v1/tokens/${card.id}` })
  const { data, next_after, has_more } = await sealed(3)
  t.deepEqual([next_after, has_more], ['3', false])
  t.deepEqual(data[0], {
    id: data[0].id,
    type: 'token.created',
    at: '2026-11-23T10:00:00.000Z',
    account_id: accountId,
    object_id: card.id,
    object_version: 1,
    mode: 'test',
  })
  const guest = data.find(({ object_id }: { object_id: string }) => object_id === guests.id)
  t.like(guest, { type: 'token.created', account_id: null })
  t.deepEqual((await read('?limit=2')).data, data.slice(0, 2))
  t.deepEqual(await read('?after=2'), { data: data.slice(2), next_after: '3', has_more: false })
  t.deepEqual(await read('?after=3'), { data: [], next_after: '3', has_more: false })
  t.deepEqual(await read('?after=end'), { data: [], next_after: '3', has_more: false })
})

test.serial('events are found by type, and what lies between is passed', async (t) => {
  const { data } = await sealed(3)
  const deleted = data.filter(({ type }: { type: string }) => type === 'token.deleted')
  t.deepEqual(await read('?type=token.deleted'), { data: deleted, next_after: '3', has_more: false })
  t.is((await read('?type=token.*')).data.length, 3)
  t.like(await read('?type=key.*'), { data: [], next_after: '3' })
  const [first] = data
  const one = await read('?type=token.created&limit=1')
  t.deepEqual(one, { data: [first], next_after: '1', has_more: true })
  for (const query of ['?type=*', '?after=-1', '?after=1e3', '?limit=0', '?object_id=x']) {
    t.is((await call(vault.app, { key: service, method: 'GET', url: `/v1/events${query}` })).status, 400, query)
  }
})

test.serial('a service key reads the events of the tenant that it acts for, of its own mode', async (t) => {
  const other = await vault.newTenant('neighbour')
  const neighbour = await vault.newKey({ role: 'invoicing', tenantId: other })
  t.deepEqual((await read('', neighbour)).data, [])
  const live = await vault.newKey({ role: 'invoicing', mode: 'live' })
  t.deepEqual((await read('', live)).data, [])
  const checkout = await vault.newKey({ role: 'checkout' })
  const refused = await call(vault.app, {
    key: checkout,
    method: 'GET',
    url: '/v1/events',
    headers: { 'idempotency-key': newIntent() },
  })
  t.is(refused.status, 403)
})
