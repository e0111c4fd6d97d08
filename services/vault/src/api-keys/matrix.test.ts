import { formatId } from '@kontor/ids'
import test from 'ava'
import { CARD, call, newAccountId, newIntent, type TestVault, testVault } from '../../test/test-vault.ts'
import { VAULT_ROLES } from './roles.ts'

/**
 * Who may do what: each scope, the roles that have it, and the routes that need it. A route of the app that does not stand here, or stands
 * under another scope, fails the first test; what a role may and may not call is tried cell by cell.
 */
const MATRIX: Readonly<Record<string, { roles: readonly string[]; routes: readonly string[] }>> = {
  'token.create': { roles: ['checkout', 'admin'], routes: ['POST /v1/tokens'] },
  'token.read': {
    roles: ['checkout', 'invoicing', 'accounting', 'privacy', 'admin'],
    routes: ['GET /v1/tokens', 'GET /v1/tokens/{tokenId}', 'GET /v1/tokens/{tokenId}/registrations'],
  },
  'token.register': {
    roles: ['checkout', 'invoicing', 'admin'],
    routes: ['POST /v1/tokens/{tokenId}/registrations', 'POST /v1/tokens/{tokenId}/registrations/{processor}/finish'],
  },
  'token.update': { roles: ['checkout', 'admin'], routes: ['PATCH /v1/tokens/{tokenId}'] },
  'token.delete': { roles: ['checkout', 'admin'], routes: ['DELETE /v1/tokens/{tokenId}'] },
  'token.attach': { roles: ['checkout', 'admin'], routes: ['POST /v1/tokens/{tokenId}/attach'] },
  'token.reveal:*': { roles: [], routes: ['POST /v1/tokens/{tokenId}/reveal'] },
  'account.erase': { roles: ['privacy', 'admin'], routes: ['DELETE /v1/accounts/{accountId}/data'] },
  'account.hold': {
    roles: ['privacy', 'admin'],
    routes: [
      'GET /v1/accounts/{accountId}/hold',
      'PUT /v1/accounts/{accountId}/hold',
      'DELETE /v1/accounts/{accountId}/hold',
    ],
  },
  'processor.read': { roles: ['auditor', 'admin'], routes: ['GET /v1/processors'] },
  'processor.write': {
    roles: ['admin'],
    routes: ['PUT /v1/processors/{processor}', 'DELETE /v1/processors/{processor}'],
  },
  'secret.read:processor': { roles: [], routes: ['GET /v1/processors/{processor}/credentials'] },
  'key.read': {
    roles: ['custodian', 'auditor', 'admin'],
    routes: ['GET /v1/keys', 'GET /v1/key-jobs', 'GET /v1/key-jobs/{jobId}'],
  },
  'key.rotate': { roles: ['custodian', 'admin'], routes: ['POST /v1/keys/rotate'] },
  'key.rewrap': { roles: ['custodian', 'admin'], routes: ['POST /v1/key-jobs'] },
  'key.destroy': { roles: ['custodian', 'admin'], routes: ['POST /v1/keys/{version}/destroy'] },
  'audit.read': {
    roles: ['auditor', 'admin'],
    routes: [
      'GET /v1/audit/events',
      'GET /v1/audit/log',
      'GET /v1/audit/proof/{event}',
      'GET /v1/audit/consistency',
      'GET /v1/audit/checkpoints/latest',
    ],
  },
  'event.read': { roles: ['invoicing', 'auditor', 'admin'], routes: ['GET /v1/events'] },
  'signing_key.read': {
    roles: ['checkout', 'invoicing', 'accounting', 'privacy', 'custodian', 'auditor', 'admin'],
    routes: ['GET /v1/signing-keys'],
  },
}

const REVEALS = { scopes: ['token.reveal'], purposes: ['charge'] }
const NOBODY = 'no key, or one that is mistyped, unknown, expired or revoked'

let vault: TestVault
test.before(async () => {
  vault = await testVault()
})
test.after.always(() => vault?.close())

interface Route {
  readonly name: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly scope: string
}

/** As the app itself describes them. */
function routes(): Route[] {
  const { paths = {} } = vault.app.swagger() as unknown as {
    paths?: Record<string, Record<string, { security?: { apiKey: [string] }[] }>>
  }
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([verb, { security }]) => {
      const method = verb.toUpperCase() as Route['method']
      return { name: `${method} ${path}`, method, path, scope: security?.[0]?.apiKey[0] ?? 'none' }
    }),
  )
}

/** What stands in a path, as objects that were just made for the tenant `shop` in test mode. */
interface Objects {
  readonly tokenId: string
  readonly accountId: string
}

async function newObjects(): Promise<Objects> {
  const key = await vault.newKey({ role: 'checkout' })
  const accountId = newAccountId()
  const headers = { 'idempotency-key': newIntent() }
  const body = { ...CARD, account_id: accountId }
  const reply = await call(vault.app, { key, method: 'POST', url: '/v1/tokens', body, headers })
  return { tokenId: JSON.parse(reply.text).id, accountId }
}

const BODIES: Readonly<Record<string, object>> = {
  'POST /v1/tokens': CARD,
  'PATCH /v1/tokens/{tokenId}': { metadata: { shop: 'north' } },
  'POST /v1/tokens/{tokenId}/reveal': { fields: ['number'], purpose: 'charge' },
  'PUT /v1/accounts/{accountId}/hold': { reason: 'litigation' },
  'POST /v1/tokens/{tokenId}/registrations': { processor: 'test' },
  'PUT /v1/processors/{processor}': {
    stripe: { secret_key: 'sk_test_4eC39HqLyjWDarjtT1zdp7dc', webhook_secrets: ['whsec_5WbX5kEWLlfzsGNj'] },
  },
}

/** Sends a request that only the key can fail, or what follows after it was admitted. */
function send(route: Route, objects: Objects, authorization: string | undefined) {
  const { tokenId, accountId } = objects
  const values: Record<string, string> = {
    tokenId,
    accountId,
    version: '9',
    processor: 'stripe',
    event: formatId('evt', NO_ID),
    jobId: formatId('job', NO_ID),
  }
  const body = route.name.endsWith('/attach') ? { account_id: accountId } : BODIES[route.name]
  const takesBody = route.method !== 'GET' && route.method !== 'DELETE'
  return vault.app.inject({
    method: route.method,
    url: route.path.replaceAll(/\{(\w+)\}/g, (_, name) => values[name] ?? 'unknown'),
    headers: {
      ...(authorization === undefined ? {} : { authorization }),
      'idempotency-key': newIntent(),
      'if-match': '"1"',
    },
    ...(takesBody && { payload: body ?? {} }),
  })
}

const NO_ID = '01900000-0000-7000-8000-000000000000'
const bearer = (key: string) => `Bearer ${key}`

test('every route of the app stands in the matrix, under the scope that it needs', (t) => {
  const described = routes().map(({ name, scope }) => `${scope}: ${name}`)
  const expected = Object.entries(MATRIX).flatMap(([scope, { routes }]) => routes.map((name) => `${scope}: ${name}`))
  t.deepEqual(described.sort(), expected.sort())
})

test('every role and no other stands in the matrix', (t) => {
  const named = new Set(Object.values(MATRIX).flatMap(({ roles }) => roles))
  t.deepEqual([...named].sort(), [...VAULT_ROLES].sort())
})

for (const role of VAULT_ROLES) {
  test(`what ${role} may call, it is let in to, and nothing else`, async (t) => {
    const key = bearer(await vault.newKey({ role }))
    for (const route of routes()) {
      const reply = await send(route, await newObjects(), key)
      const cell = `${role} × ${route.name}: ${reply.statusCode} ${reply.body.slice(0, 200)}`
      if (MATRIX[route.scope]?.roles.includes(role)) {
        t.false([401, 403].includes(reply.statusCode), cell)
      } else {
        t.is(reply.statusCode, 403, cell)
        t.like(reply.json(), { code: 'scope_missing', scope: route.scope }, cell)
      }
    }
  })
}

test('only a key with scopes of its own reveals', async (t) => {
  const objects = await newObjects()
  const reveal = routes().find(({ scope }) => scope === 'token.reveal:*')
  if (!reveal) return t.fail()
  const key = bearer(await vault.newKey({ role: 'invoicing', ...REVEALS }))
  t.is((await send(reveal, objects, key)).statusCode, 200)
})

test(`${NOBODY}: every route answers 401 and the same words`, async (t) => {
  const objects = await newObjects()
  const good = await vault.newKey({ role: 'admin', ...REVEALS })
  const expired = await vault.newKey({ role: 'admin', expiresAt: new Date(vault.clock.now.getTime() - 1_000) })
  const revoked = await vault.newKey({ role: 'admin' })
  await vault.vaultAdmin.query('update api_key set revoked_at = now() where lookup_id = $1', [revoked.split('_')[2]])
  const mistyped = `${good.slice(0, -1)}${good.endsWith('0') ? '1' : '0'}`
  const otherMode = good.replace('kv_test_', 'kv_live_')
  const nobodies = [undefined, '', 'Bearer', `Basic ${good}`, ...[mistyped, otherMode, expired, revoked].map(bearer)]
  for (const route of routes()) {
    const answers = new Set<string>()
    for (const authorization of nobodies) {
      const reply = await send(route, objects, authorization)
      t.is(reply.statusCode, 401, `${route.name} with ${authorization?.slice(0, 12)}`)
      answers.add(JSON.stringify({ ...reply.json(), instance: '' }))
    }
    t.is(answers.size, 1, route.name)
  }
})

test('to a key of another tenant or of the other mode, no object exists, and none is changed', async (t) => {
  const objects = await newObjects()
  const reader = await vault.newKey({ role: 'checkout' })
  const read = async () =>
    (await call(vault.app, { key: reader, method: 'GET', url: `/v1/tokens/${objects.tokenId}` })).text
  const before = await read()
  const strangers = [
    await vault.newKey({ role: 'admin', ...REVEALS, tenantId: await vault.newTenant('stranger') }),
    await vault.newKey({ role: 'admin', ...REVEALS, mode: 'live' }),
  ]
  for (const route of routes().filter(({ path }) => path.includes('{tokenId}'))) {
    for (const stranger of strangers) {
      const reply = await send(route, objects, bearer(stranger))
      t.is(reply.statusCode, 404, `${route.name}: ${reply.body.slice(0, 200)}`)
    }
  }
  for (const route of routes().filter(({ path }) => path.includes('{accountId}'))) {
    for (const stranger of strangers) {
      const reply = await send(route, objects, bearer(stranger))
      t.not(reply.statusCode, 500, route.name)
      t.false(reply.body.includes(objects.tokenId), route.name)
    }
  }
  t.is(await read(), before)
})
