import { bucketOf, formatId, parseId } from '@kontor/ids'
import test from 'ava'
import {
  CARD,
  type Call,
  call,
  newAccountId,
  newIntent,
  type TestVault,
  testVault,
  tokenize,
} from '../../test/test-vault.ts'

let vault: TestVault
let admin: string
let revealing: string

test.before(async () => {
  vault = await testVault()
  admin = await vault.newKey({ role: 'admin' })
  revealing = await vault.newKey({ role: 'accounting', scopes: ['token.reveal'], purposes: ['charge'] })
})
test.after.always(() => vault?.close())

/** Every route, as it is called with a token and an account. */
const ROUTES = {
  create: (_id: string, account: string) => ({
    method: 'POST',
    url: '/v1/tokens',
    body: { ...CARD, account_id: account },
  }),
  read: (id: string) => ({ method: 'GET', url: `/v1/tokens/${id}` }),
  list: (_id: string, account: string) => ({ method: 'GET', url: `/v1/tokens?account_id=${account}` }),
  reveal: (id: string) => ({
    method: 'POST',
    url: `/v1/tokens/${id}/reveal`,
    body: { fields: ['number'], purpose: 'charge' },
  }),
  delete: (id: string) => ({ method: 'DELETE', url: `/v1/tokens/${id}` }),
} as const satisfies Record<string, (id: string, account: string) => Omit<Call, 'key'>>
type Route = keyof typeof ROUTES

const ALLOWED: Record<string, Partial<Record<Route, number>>> = {
  checkout: { create: 201, read: 200, list: 200, delete: 204 },
  invoicing: { read: 200, list: 200 },
  accounting: { read: 200, list: 200 },
  admin: { create: 201, read: 200, list: 200, delete: 204 },
}

for (const [role, allowed] of Object.entries(ALLOWED)) {
  test(`the role ${role} may ${Object.keys(allowed).join(', ')} and nothing else`, async (t) => {
    const key = await vault.newKey({ role })
    for (const [route, request] of Object.entries(ROUTES)) {
      const account = newAccountId()
      const { id } = (await tokenize(vault.app, admin, { ...CARD, account_id: account })).json()
      const answer = await call(vault.app, {
        ...request(id, account),
        key,
        headers: { 'idempotency-key': newIntent() },
      })
      t.is(answer.status, allowed[route as Route] ?? 403, `${role} ${route}`)
      if (answer.status === 403) t.is(answer.json().code, 'scope_missing')
    }
  })
}

test('a key with the scope and the purpose reveals, and still may do only what its role may', async (t) => {
  const { id } = (await tokenize(vault.app, admin, CARD)).json()
  t.is((await call(vault.app, { key: revealing, ...ROUTES.reveal(id) })).status, 200)
  t.is((await call(vault.app, { key: revealing, ...ROUTES.delete(id) })).status, 403)
})

test('another tenant’s and another mode’s tokens are unknown, and stay as they are', async (t) => {
  const account = newAccountId()
  const { id } = (await tokenize(vault.app, admin, { ...CARD, account_id: account })).json()
  const otherTenant = await vault.newTenant('neighbour')
  const rights = { scopes: ['token.reveal'], purposes: ['charge'] }
  for (const key of [
    await vault.newKey({ tenantId: otherTenant, ...rights }),
    await vault.newKey({ mode: 'live', ...rights }),
  ]) {
    for (const route of ['read', 'reveal', 'delete'] as const) {
      const answer = await call(vault.app, { key, ...ROUTES[route](id) })
      t.is(answer.status, 404, route)
      t.is(answer.json().code, 'not_found')
    }
    t.deepEqual((await call(vault.app, { key, ...ROUTES.list(id, account) })).json().data, [])
    const live = { ...CARD, card: { ...CARD.card, number: '4929421234600821' }, account_id: account }
    // The same account id under another owner is another account, with a key of its own: nobody can occupy it.
    const theirs = (await tokenize(vault.app, key, live)).json()
    const again = (await tokenize(await vault.newApp(), key, live)).json()
    const list = async (asked: string) =>
      (await call(vault.app, { key: asked, ...ROUTES.list(id, account) }))
        .json()
        .data.map((token: { id: string }) => token.id)
    t.deepEqual((await list(key)).sort(), [theirs.id, again.id].sort())
    t.deepEqual(await list(admin), [id])
    t.is((await call(vault.app, { key: admin, ...ROUTES.read(theirs.id) })).status, 404)
  }
  t.is((await call(vault.app, { key: admin, ...ROUTES.read(id) })).status, 200)
  const owner = await vault.vaultAdmin.query('select id, account_id from data_subject where account_id = $1', [
    parseId('acc', account),
  ])
  t.is(owner.rows.length, 3)
  t.is(new Set(owner.rows.map((row) => row.id)).size, 3)
  t.true(owner.rows.every((row) => row.id !== row.account_id && bucketOf(row.id) === bucketOf(row.account_id)))
})

test('an id of a wrong form or of nothing is unknown', async (t) => {
  for (const id of [
    'tok_1',
    `acc_${'0'.repeat(26)}`,
    `tok_${'0'.repeat(26)}`,
    `tok_${'z'.repeat(26)}`,
    '4242424242424242',
  ]) {
    for (const route of ['read', 'reveal', 'delete'] as const) {
      const answer = await call(vault.app, { key: route === 'reveal' ? revealing : admin, ...ROUTES[route](id) })
      t.is(answer.status, 404, `${route} ${id}`)
      t.false(answer.text.includes(id))
    }
  }
})

test('a service key acts for the tenant it names', async (t) => {
  const service = await vault.newKey({ tenantId: null, role: 'invoicing' })
  const { id } = (await tokenize(vault.app, admin, CARD)).json()
  const other = await vault.newTenant('third-shop')
  const read = (headers: Record<string, string>) => call(vault.app, { key: service, ...ROUTES.read(id), headers })
  t.is((await read({ 'kontor-tenant': formatId('ten', vault.tenantId) })).status, 200)
  t.is((await read({ 'kontor-tenant': formatId('ten', other) })).status, 404)
  const missing = await read({})
  t.is(missing.status, 400)
  t.is(missing.json().code, 'tenant_required')
  for (const tenant of [`ten_${'0'.repeat(26)}`, 'ten_1', vault.tenantId, '']) {
    t.true([400, 401].includes((await read({ 'kontor-tenant': tenant })).status), tenant)
  }
})

test('a service key only reads, masked', async (t) => {
  const service = await vault.newKey({ tenantId: null, role: 'invoicing' })
  const { id } = (await tokenize(vault.app, admin, CARD)).json()
  const headers = { 'kontor-tenant': formatId('ten', vault.tenantId), 'idempotency-key': newIntent() }
  for (const route of ['create', 'reveal', 'delete'] as const) {
    t.is((await call(vault.app, { key: service, ...ROUTES[route](id, newAccountId()), headers })).status, 403, route)
  }
})

test('a key of a tenant may name its own tenant and no other', async (t) => {
  const { id } = (await tokenize(vault.app, admin, CARD)).json()
  const other = await vault.newTenant('fourth-shop')
  const read = (tenant: string) =>
    call(vault.app, { key: admin, ...ROUTES.read(id), headers: { 'kontor-tenant': formatId('ten', tenant) } })
  t.is((await read(vault.tenantId)).status, 200)
  t.is((await read(other)).status, 401)
})

test('no key, a wrong one, one of the other service, a revoked or expired one: all are told the same', async (t) => {
  const { id } = (await tokenize(vault.app, admin, CARD)).json()
  const revoked = await vault.newKey({})
  await vault.vaultAdmin.query('update api_key set revoked_at = now() where lookup_id = $1', [revoked.split('_')[2]])
  const expired = await vault.newKey({ expiresAt: vault.clock.now })
  const tampered = admin.slice(0, -8) + (admin.at(-8) === '0' ? '1' : '0') + admin.slice(-7)
  const otherMode = admin.replace('_test_', '_live_')
  const answers = []
  for (const key of [revoked, expired, tampered, otherMode, admin.replace('kv_', 'ki_'), 'x', '4242424242424242']) {
    answers.push(await call(vault.app, { key, ...ROUTES.read(id) }))
  }
  answers.push(await call(vault.app, { key: '', ...ROUTES.read(id) }))
  for (const answer of answers) {
    t.is(answer.status, 401)
    const { instance: _, ...problem } = answer.json()
    t.deepEqual(problem, {
      type: 'urn:kontor:problem:unauthenticated',
      status: 401,
      code: 'unauthenticated',
      title: 'A valid API key is needed',
      detail: 'send it as Authorization: Bearer <key>',
    })
  }
})

test('a key expires at its instant, and a revoked key works for five seconds at most', async (t) => {
  const other = await testVault()
  const expiring = await other.newKey({ expiresAt: new Date(other.clock.now.getTime() + 2_000) })
  const revoked = await other.newKey({})
  const status = async (key: string) => (await call(other.app, { key, ...ROUTES.read(`tok_${'0'.repeat(26)}`) })).status
  t.deepEqual([await status(expiring), await status(revoked)], [404, 404])
  await other.vaultAdmin.query('update api_key set revoked_at = now() where lookup_id = $1', [revoked.split('_')[2]])
  other.clock.now = new Date(other.clock.now.getTime() + 2_000)
  t.is(await status(expiring), 401)
  other.clock.now = new Date(other.clock.now.getTime() + 3_000)
  t.is(await status(revoked), 401)
  await other.close()
})
