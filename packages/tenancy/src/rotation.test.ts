import { randomBytes } from 'node:crypto'
import { type ApiKeyService, generateApiKey } from '@kontor/api-key'
import { newUuid, toBucket } from '@kontor/ids'
import { connect, type Database } from '@kontor/postgres'
import test from 'ava'
import { fixedClock } from '../../../test/support/clock.ts'
import { type FreshDatabases, freshDatabases } from '../../../test/support/database.ts'
import { createApiKey, createTenant, type NewApiKey } from './admin.ts'
import { keyAuthenticator } from './authenticate.ts'
import { KeyNotChanged, listApiKeys, revokeApiKey, rotateApiKey } from './rotation.ts'

const HOUR_MS = 3_600_000

let databases: FreshDatabases
let owners: Record<ApiKeyService, Database>
let services: Record<ApiKeyService, Database>
test.before(async () => {
  databases = await freshDatabases()
  const open = (url: string) => connect({ url, max: 2, applicationName: 'rotation test' })
  owners = { vault: open(databases.vaultMigrationUrl), invoicing: open(databases.invoicingMigrationUrl) }
  services = { vault: open(databases.vaultUrl), invoicing: open(databases.invoicingUrl) }
})
test.after.always(async () => {
  for (const database of [...Object.values(owners ?? {}), ...Object.values(services ?? {})]) await database.close()
  await databases?.drop()
})

const uuid = () => newUuid(toBucket(0), Date.parse('2026-11-23T10:00:00Z'), randomBytes)

/** A key of a tenant of its own, and what rotates it. */
async function keyOf(service: ApiKeyService, slug: string, change: Partial<NewApiKey> = {}) {
  const clock = fixedClock()
  const db = owners[service].knex
  const tenant = await createTenant(db, { id: uuid(), slug, name: slug })
  const generate = () => generateApiKey({ service, mode: 'live', random: randomBytes })
  const row: NewApiKey = {
    id: uuid(),
    key: generate(),
    tenantId: tenant.id,
    mode: 'live',
    name: 'shop',
    role: 'accounting',
    scopes: ['series.read'],
    purposes: [],
    expiresAt: null,
    requestsPerMinute: 7,
    networks: ['192.0.2.0/24', '2001:db8::/32'],
    ...change,
  }
  await createApiKey(db, row)
  const authenticate = keyAuthenticator({
    database: services[service],
    service,
    scopesOf: (role) => [`${role}.scope`],
    nowMs: clock.nowMs,
  })
  return {
    clock,
    row,
    tenant,
    db,
    authenticate,
    async rotate(overlapMs: number, id = row.id) {
      const replacement = { id: uuid(), key: generate() }
      const now = new Date(clock.nowMs())
      const ends = await rotateApiKey(db, { id, replacement, overlapMs, now, inVault: service === 'vault' })
      return { ...replacement, ends }
    },
  }
}

for (const service of ['vault', 'invoicing'] as const) {
  test(`a rotated key of the ${service} has the rights of the old one, and both work until the overlap ends`, async (t) => {
    const reveals =
      service === 'vault'
        ? { scopes: ['token.reveal:card:number'], purposes: ['charge'], revealsPerMinute: 3 }
        : { scopes: ['series.read'] }
    const { authenticate, clock, rotate, row } = await keyOf(service, `rotated-${service}`, reveals)
    const before = await authenticate(row.key.text, undefined)
    const { key, id } = await rotate(24 * HOUR_MS)
    const after = await authenticate(key.text, undefined)
    if (!before || !after) return t.fail()
    t.deepEqual({ ...after, keyId: '', networks: undefined }, { ...before, keyId: '', networks: undefined })
    t.is(after.keyId, id)
    t.is(after.requestsPerMinute, 7)
    t.is(after.revealsPerMinute, service === 'vault' ? 3 : undefined)
    t.true(after.networks?.includes('192.0.2.9'))
    t.false(after.networks?.includes('192.0.3.9'))

    clock.advance(24 * HOUR_MS - 1)
    t.truthy(await authenticate(row.key.text, undefined))
    clock.advance(1)
    t.is(await authenticate(row.key.text, undefined), undefined)
    t.truthy(await authenticate(key.text, undefined))
  })
}

test('every right that the table knows is copied: a new column must be named by the rotation', async (t) => {
  const own = ['id', 'lookup_id', 'secret_hash', 'expires_at', 'revoked_at', 'created_at', 'replaced_by']
  for (const service of ['vault', 'invoicing'] as const) {
    const { db, row, rotate } = await keyOf(service, `columns-${service}`, {
      role: 'admin',
      name: 'other',
      scopes: ['x.y'],
    })
    const { id } = await rotate(0)
    const columns = Object.keys(await db('api_key').columnInfo()).filter((name) => !own.includes(name))
    const [old] = await db('api_key').select(columns).where({ id: row.id })
    const [made] = await db('api_key').select(columns).where({ id })
    t.deepEqual(made, old)
  }
})

test('an overlap never prolongs a key, and the new one ends when the old one would have', async (t) => {
  const expiresAt = new Date('2026-11-23T11:00:00Z')
  const { authenticate, clock, rotate } = await keyOf('invoicing', 'ends-soon', { expiresAt })
  const { key, ends } = await rotate(24 * HOUR_MS)
  t.deepEqual(ends, expiresAt)
  clock.advance(HOUR_MS)
  t.is(await authenticate(key.text, undefined), undefined)
})

test('a key is rotated once, by one of those who try at the same time; what has ended is not rotated', async (t) => {
  const { rotate, row, db, clock } = await keyOf('invoicing', 'twice')
  const tries = await Promise.allSettled([rotate(HOUR_MS), rotate(HOUR_MS), rotate(HOUR_MS)])
  t.is(tries.filter(({ status }) => status === 'fulfilled').length, 1)
  await t.throwsAsync(rotate(0), { instanceOf: KeyNotChanged, message: /rotated already/ })
  await t.throwsAsync(rotate(0, uuid()), { instanceOf: KeyNotChanged, message: /no such key/ })
  const [newest] = await listApiKeys(db, row.tenantId)
  const successor = (await listApiKeys(db, row.tenantId)).find(({ id }) => id !== row.id)
  t.truthy(newest)
  await revokeApiKey(db, successor?.id as string, new Date(clock.nowMs()))
  await t.throwsAsync(rotate(0, successor?.id), { instanceOf: KeyNotChanged, message: /revoked/ })
  const expired = await keyOf('invoicing', 'over', { expiresAt: new Date('2026-11-23T09:00:00Z') })
  await t.throwsAsync(expired.rotate(0), { instanceOf: KeyNotChanged, message: /expired/ })
})

test('revoking may be repeated and keeps the first time; a list shows keys without what opens', async (t) => {
  const { db, row, rotate } = await keyOf('vault', 'listed')
  const first = new Date('2026-11-23T10:00:00Z')
  await rotate(HOUR_MS)
  t.deepEqual(await revokeApiKey(db, row.id, first), first)
  t.deepEqual(await revokeApiKey(db, row.id, new Date('2026-11-24T10:00:00Z')), first)
  const listed = await listApiKeys(db, row.tenantId)
  t.is(listed.length, 2)
  t.like(
    listed.find(({ id }) => id === row.id),
    { role: 'accounting', revokedAt: first, networks: ['192.0.2.0/24', '2001:db8::/32'], requestsPerMinute: 7 },
  )
  t.false(JSON.stringify(listed).includes(row.key.lookupId))
  t.deepEqual(await listApiKeys(db, uuid()), [])
})

test('whoever may only ask for what is known costs the database nothing, unless the key was good before', async (t) => {
  const { authenticate, clock, row } = await keyOf('vault', 'only-known')
  t.is(await authenticate(row.key.text, undefined, true), undefined)
  t.truthy(await authenticate(row.key.text, undefined))
  t.truthy(await authenticate(row.key.text, undefined, true))
  clock.advance(60_000)
  t.truthy(await authenticate(row.key.text, undefined, true), 'also when it has to be asked for again')
})

test('a principal that was found is given at once and is the same object, until its key is asked for again', async (t) => {
  const { authenticate, clock, row } = await keyOf('vault', 'cached')
  const first = await authenticate(row.key.text, undefined)
  t.is(authenticate(row.key.text, undefined), first)
  clock.advance(5_000)
  const again = authenticate(row.key.text, undefined)
  t.true(again instanceof Promise)
  t.deepEqual((await again)?.keyId, first?.keyId)
})
