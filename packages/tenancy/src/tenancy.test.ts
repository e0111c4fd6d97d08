import { randomBytes } from 'node:crypto'
import { generateApiKey } from '@kontor/api-key'
import { formatId, newUuid, toBucket } from '@kontor/ids'
import { connect, type Database } from '@kontor/postgres'
import test from 'ava'
import { fixedClock } from '../../../test/support/clock.ts'
import { type FreshDatabases, freshDatabases } from '../../../test/support/database.ts'
import { createApiKey, createTenant, type NewApiKey } from './admin.ts'
import { keyAuthenticator, principalFinder } from './authenticate.ts'

let databases: FreshDatabases
let owner: Database
let vaultOwner: Database
let service: Database
let vault: Database

test.before(async () => {
  databases = await freshDatabases()
  owner = connect({ url: databases.invoicingMigrationUrl, max: 2, applicationName: 'tenancy owner' })
  vaultOwner = connect({ url: databases.vaultMigrationUrl, max: 2, applicationName: 'tenancy owner' })
  service = connect({ url: databases.invoicingUrl, max: 2, applicationName: 'tenancy' })
  vault = connect({ url: databases.vaultUrl, max: 2, applicationName: 'tenancy' })
})
test.after.always(async () => {
  for (const database of [owner, vaultOwner, service, vault]) await database.close()
  await databases.drop()
})

const uuid = () => newUuid(toBucket(0), Date.parse('2026-11-23T10:00:00Z'), randomBytes)
const scopesOf = (role: string) => (role === 'accounting' ? ['invoice.read', 'export.read'] : [])

/** A tenant of its own with one key, and an authenticator that has seen nothing yet. */
async function tenantWithKey(slug: string, options: Partial<NewApiKey> = {}) {
  const clock = fixedClock()
  const tenant = await createTenant(owner.knex, { id: uuid(), slug, name: 'Acme' })
  const key = generateApiKey({ service: 'invoicing', mode: options.mode ?? 'test', random: randomBytes })
  const row: NewApiKey = {
    id: uuid(),
    key,
    tenantId: tenant.id,
    mode: 'test',
    name: 'bookkeeping',
    role: 'accounting',
    scopes: [],
    purposes: [],
    expiresAt: null,
    ...options,
  }
  await createApiKey(owner.knex, row)
  const authenticate = keyAuthenticator({ database: service, service: 'invoicing', scopesOf, nowMs: clock.nowMs })
  return { clock, tenant, row, text: key.text, authenticate }
}

test('a tenant is made once: the second command finds the first one', async (t) => {
  const first = await createTenant(owner.knex, { id: uuid(), slug: 'twice', name: 'First' })
  const second = await createTenant(owner.knex, { id: uuid(), slug: 'twice', name: 'Second' })
  t.deepEqual(second, first)
  const raced = await Promise.all(
    ['a', 'b', 'c'].map((name) => createTenant(owner.knex, { id: uuid(), slug: 'raced', name })),
  )
  t.is(new Set(raced.map(({ id }) => id)).size, 1)
})

test('a key brings its tenant, its mode, the scopes of its role and its own', async (t) => {
  const { authenticate, row, tenant, text } = await tenantWithKey('known', {
    scopes: ['series.read'],
    purposes: ['dispute'],
  })
  t.deepEqual(await authenticate(text, undefined), {
    keyId: row.id,
    tenantId: tenant.id,
    mode: 'test',
    role: 'accounting',
    scopes: new Set(['invoice.read', 'export.read', 'series.read']),
    purposes: new Set(['dispute']),
  })
})

test('work that a key asked for is done later for whom the key acts for, until it is revoked or expires', async (t) => {
  const { authenticate, clock, row, tenant, text } = await tenantWithKey('later', {
    expiresAt: new Date('2026-11-23T10:00:01Z'),
  })
  const other = await tenantWithKey('later-other')
  const find = principalFinder({ database: service, scopesOf, nowMs: clock.nowMs })
  t.deepEqual(await find(row.id, tenant.id), await authenticate(text, undefined))
  t.is(await find(row.id, other.tenant.id), undefined)
  t.is(await find(tenant.id, tenant.id), undefined)
  clock.advance(1_000)
  t.is(await find(row.id, tenant.id), undefined)
  t.truthy(await find(other.row.id, other.tenant.id))
  await owner.knex('api_key').where({ id: other.row.id }).update({ revoked_at: new Date() })
  t.is(await find(other.row.id, other.tenant.id), undefined)
})

test('a role that nobody listed brings nothing', async (t) => {
  const { authenticate, text } = await tenantWithKey('no-role', { role: 'checkout' })
  t.is((await authenticate(text, undefined))?.scopes.size, 0)
})

test('neither a key nor its secret is in the database', async (t) => {
  const { text, row } = await tenantWithKey('hashed')
  const { rows } = await owner.knex.raw('select to_jsonb(api_key) as stored from api_key where id = ?', [row.id])
  const stored = JSON.stringify(rows[0].stored)
  t.true(stored.includes(row.key.lookupId))
  t.false(stored.includes(text))
  t.false(stored.includes(text.slice(-58, -6)))
})

test('a key that is mistyped, unknown, of the other service or of another secret opens nothing', async (t) => {
  const { authenticate, text } = await tenantWithKey('refused')
  t.truthy(await authenticate(text, undefined))
  const made = (of: 'vault' | 'invoicing') => generateApiKey({ service: of, mode: 'test', random: randomBytes }).text
  for (const wrong of ['', 'x', text.slice(1), `${text.slice(0, -1)}_`, made('vault'), made('invoicing')]) {
    t.is(await authenticate(wrong, undefined), undefined)
  }
  // The lookup id of the one with the secret of another, with a checksum that fits.
  const lookupBytes = randomBytes(10)
  const secrets = [randomBytes(32), randomBytes(32)]
  const [right, forged] = secrets.map((secret) =>
    generateApiKey({ service: 'invoicing', mode: 'test', random: (size) => (size === 10 ? lookupBytes : secret) }),
  )
  if (!right || !forged) return t.fail()
  await tenantWithKey('forged', { key: right })
  t.truthy(await authenticate(right.text, undefined))
  t.is(await authenticate(forged.text, undefined), undefined)
})

test('a key says its mode itself, and a row of the other mode does not open', async (t) => {
  const { authenticate, text } = await tenantWithKey('mode', { mode: 'live' })
  t.is((await authenticate(text, undefined))?.mode, 'live')
  const wrong = generateApiKey({ service: 'invoicing', mode: 'test', random: randomBytes })
  const other = await tenantWithKey('mode-swapped', { key: wrong, mode: 'live' })
  t.is(await other.authenticate(wrong.text, undefined), undefined)
})

test('a key ends at its hour, also for who has just believed it', async (t) => {
  const { authenticate, clock, text } = await tenantWithKey('expiring', {
    expiresAt: new Date('2026-11-23T10:00:01Z'),
  })
  t.truthy(await authenticate(text, undefined))
  clock.advance(999)
  t.truthy(await authenticate(text, undefined))
  clock.advance(1)
  t.is(await authenticate(text, undefined), undefined)
})

test('a key that was revoked is believed for five seconds at most, and a new one works at once', async (t) => {
  const { authenticate, clock, row, text, tenant } = await tenantWithKey('revoked')
  const later = generateApiKey({ service: 'invoicing', mode: 'test', random: randomBytes })
  t.is(await authenticate(later.text, undefined), undefined)
  await createApiKey(owner.knex, { ...row, id: uuid(), key: later, tenantId: tenant.id })
  t.truthy(await authenticate(later.text, undefined), 'that it was unknown is not remembered')
  t.truthy(await authenticate(text, undefined))
  await owner.knex('api_key').where({ id: row.id }).update({ revoked_at: new Date() })
  clock.advance(5_000)
  t.is(await authenticate(text, undefined), undefined)
})

test('the key of a tenant acts for that tenant and for no other', async (t) => {
  const { authenticate, text, tenant } = await tenantWithKey('own')
  t.truthy(await authenticate(text, formatId('ten', tenant.id)))
  t.is(await authenticate(text, formatId('ten', uuid())), undefined)
  t.is(await authenticate(text, 'acme'), undefined)
})

test('a service key acts for the tenant it names, which must exist; without a name it is told what it forgot', async (t) => {
  const clock = fixedClock()
  const tenant = await createTenant(vaultOwner.knex, { id: uuid(), slug: 'acme', name: 'Acme' })
  const key = generateApiKey({ service: 'vault', mode: 'test', random: randomBytes })
  await createApiKey(vaultOwner.knex, {
    id: uuid(),
    key,
    tenantId: null,
    mode: 'test',
    name: 'invoicing',
    role: 'invoicing',
    scopes: [],
    purposes: [],
    expiresAt: null,
  })
  const authenticate = keyAuthenticator({ database: vault, service: 'vault', scopesOf, nowMs: clock.nowMs })
  t.is((await authenticate(key.text, formatId('ten', tenant.id)))?.tenantId, tenant.id)
  t.is(await authenticate(key.text, formatId('ten', uuid())), undefined)
  t.is(await authenticate(key.text, 'ten_4242424242424242'), undefined)
  const error = await t.throwsAsync(async () => authenticate(key.text, undefined))
  t.like(error, { code: 'tenant_required', status: 400 })
})

test('keys of invoicing always belong to a tenant', async (t) => {
  const key = generateApiKey({ service: 'invoicing', mode: 'test', random: randomBytes })
  const row = { id: uuid(), key, tenantId: null, mode: 'test', name: 'x', role: 'admin' } as const
  await t.throwsAsync(createApiKey(owner.knex, { ...row, scopes: [], purposes: [], expiresAt: null }))
})
