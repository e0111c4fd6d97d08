import { formatId, parseId } from '@kontor/ids'
import { verifyCompact } from '@kontor/jose-box'
import type { KeyProvider } from '@kontor/keystore'
import test from 'ava'
import { custodianOf, runnerOf, workOffWith } from '../../test/custodian.ts'
import { CARD, call, memoryProvider, newIntent, type TestVault, testVault, tokenize } from '../../test/test-vault.ts'

let vault: TestVault
test.before(async () => {
  vault = await testVault()
})
test.after.always(() => vault?.close())

const custodian = (slug: string) => custodianOf(vault, slug)
const runner = (change?: Partial<TestVault['deps']>) => runnerOf(vault, change)
const workOff = (step = runner().step, rows?: number) => workOffWith(step, rows)

const deksOf = async (tenantId: string) =>
  (await vault.keysAdmin.query('select * from dek where tenant_id = $1 order by subject_id, version', [tenantId])).rows

const eventsOf = async (tenantId: string, pattern: string) =>
  (
    await vault.vaultAdmin.query('select type, object_version from event where tenant_id = $1 and type like $2', [
      tenantId,
      pattern,
    ])
  ).rows
    .map(({ type, object_version }) => `${type} ${object_version}`)
    .sort()

test.serial('a tenant sees its versions, and what they wrap', async (t) => {
  const it = await custodian('seeing')
  await it.token()
  const { data, next_after } = (await it.get('/v1/keys')).json()
  t.is(next_after, null)
  t.like(data, [{ version: 1, state: 'current', root_kid: 'root-1', deks: 1, wraps_secret: true, destroyed_at: null }])
  await it.rotate()
  await it.token()
  const two = (await it.get('/v1/keys')).json().data
  t.like(two, [
    { version: 2, state: 'current', deks: 1, wraps_secret: false },
    { version: 1, state: 'retired', deks: 1, wraps_secret: true },
  ])
  const page = (await it.get('/v1/keys?limit=1')).json()
  t.is(page.next_after, 2)
  t.like((await it.get(`/v1/keys?limit=1&after=${page.next_after}`)).json(), {
    data: [{ version: 1 }],
    next_after: null,
  })
})

test.serial('a tenant that never used its keys has one when it looks', async (t) => {
  const it = await custodian('new')
  t.like((await it.get('/v1/keys')).json().data, [{ version: 1, state: 'current', deks: 0 }])
})

test.serial(
  'a rotation is used at once by a process that holds the former key, and is done once for one intent',
  async (t) => {
    const it = await custodian('rotating')
    await it.token()
    const other = await vault.newApp()
    await tokenize(other, it.clerk, CARD)
    const intent = newIntent()
    const first = await it.rotate(intent)
    t.is(first.status, 201)
    t.is(first.json().version, 2)
    const again = await it.rotate(intent)
    t.is(again.headers['idempotent-replayed'], 'true')
    t.is(again.json().version, 2)
    // The other process has the former KEK in memory, and its clock stands still.
    await tokenize(other, it.clerk, CARD)
    t.deepEqual((await deksOf(it.tenantId)).map((dek) => dek.kek_version).sort(), [1, 1, 2])
    t.deepEqual(await eventsOf(it.tenantId, 'key.%'), ['key.rotated 2'])
  },
)

test.serial('rotations at once each make a version of their own, and the same intent makes one', async (t) => {
  const it = await custodian('racing')
  const intent = newIntent()
  const answers = await Promise.all([it.rotate(intent), it.rotate(intent), it.rotate(), it.rotate()])
  t.deepEqual([...new Set(answers.map((answer) => answer.status))], [201])
  t.is(answers[0]?.json().version, answers[1]?.json().version)
  const { data } = (await it.get('/v1/keys')).json()
  t.deepEqual(
    data.map((key: { version: number }) => key.version),
    [4, 3, 2, 1],
  )
  t.is(data.filter((key: { state: string }) => key.state === 'current').length, 1)
})

test.serial('without the provider nothing is rotated, and nothing is written by halves', async (t) => {
  const it = await custodian('provider-gone')
  const id = await it.token()
  const down = Object.assign(memoryProvider(), { down: true })
  let held: KeyProvider = vault.deps.provider
  const app = await vault.newApp({
    provider: { ...held, wrap: (...args) => held.wrap(...args), unwrap: (...args) => held.unwrap(...args) },
  })
  held = down
  const headers = { 'idempotency-key': newIntent() }
  const answer = await call(app, { key: it.key, method: 'POST', url: '/v1/keys/rotate', headers })
  t.is(answer.status, 503)
  t.is(answer.json().code, 'key_provider_unavailable')
  t.like((await it.get('/v1/keys')).json().data, { length: 1 })
  t.is((await vault.keysAdmin.query('select 1 from key_event')).rowCount, 0)
  t.is(await it.number(id), '4242424242424242', 'who holds the keys still opens')
})

test.serial(
  'a version is destroyed when nothing needs it, with a certificate that is the same when asked again',
  async (t) => {
    const it = await custodian('destroying')
    const id = await it.token()
    const current = await it.destroy(1)
    t.is(current.status, 409)
    t.is(current.json().code, 'key_is_current')
    await it.rotate()
    const used = await it.destroy(1)
    t.is(used.status, 409)
    t.like(used.json(), { code: 'key_in_use', deks: 1, secret: true })
    const [old] = await deksOf(it.tenantId)
    await it.start('rewrap')
    await workOff()
    const destroyed = await it.destroy(1)
    t.is(destroyed.status, 200)
    t.like(destroyed.json(), { version: 1, state: 'destroyed', destroyed_at: vault.clock.now.toISOString() })
    const { keys } = (await it.get('/v1/signing-keys')).json()
    t.like(verifyCompact(destroyed.json().certificate, 'kontor-key-destruction+jwt', keys), {
      tenant: formatId('ten', it.tenantId),
      key: 'tenant_kek',
      version: 1,
      destroyed_at: vault.clock.now.toISOString(),
    })
    const again = await it.destroy(1)
    t.is(again.headers['idempotent-replayed'], 'true')
    t.deepEqual(again.json(), destroyed.json())
    t.is((await it.destroy(3)).status, 404)
    const { rows } = await vault.keysAdmin.query(
      'select wrapped from tenant_kek where tenant_id = $1 and version = 1',
      [it.tenantId],
    )
    t.is(rows[0].wrapped, null)
    t.deepEqual(await eventsOf(it.tenantId, 'key.destroyed'), ['key.destroyed 1'])
    t.is(await it.number(id), '4242424242424242')

    // An old row from a backup, put back by whoever may do everything, has no key that opens it.
    await vault.keysAdmin.query('update dek set kek_version = 1, wrapped = $2 where subject_id = $1', [
      old.subject_id,
      old.wrapped,
    ])
    t.like(await it.number(id, await vault.newApp()), { code: 'integrity_violation' })
  },
)

test.serial('an event that could not reach the audit gets there later, once', async (t) => {
  const it = await custodian('late-event')
  await it.token()
  await vault.vaultAdmin.query('alter table event rename to event_gone')
  const rotated = await it.rotate()
  await vault.vaultAdmin.query('alter table event_gone rename to event')
  t.is(rotated.status, 201)
  t.deepEqual(await eventsOf(it.tenantId, 'key.%'), [])
  await it.rotate()
  t.deepEqual(await eventsOf(it.tenantId, 'key.%'), ['key.rotated 2', 'key.rotated 3'])
  t.is((await vault.keysAdmin.query('select 1 from key_event')).rowCount, 0)
})

test.serial('only who may do it does it', async (t) => {
  const it = await custodian('forbidden')
  const urls = ['/v1/keys/rotate', '/v1/keys/1/destroy', '/v1/key-jobs']
  for (const role of ['checkout', 'accounting', 'privacy', 'auditor']) {
    const key = await vault.newKey({ tenantId: it.tenantId, role })
    for (const url of urls) {
      const headers = { 'idempotency-key': newIntent() }
      t.is((await call(vault.app, { key, method: 'POST', url, headers, body: { kind: 'rewrap' } })).status, 403)
    }
    t.is((await call(vault.app, { key, method: 'GET', url: '/v1/keys' })).status, role === 'auditor' ? 200 : 403)
  }
  for (const url of urls) {
    const { json } = await call(vault.app, { key: it.key, method: 'POST', url, body: { kind: 'rewrap' } })
    t.is(json().code, 'idempotency_key_required')
  }
  for (const version of ['0', '-1', '1.5', 'x', '99999999999']) {
    t.is((await it.post(`/v1/keys/${version}/destroy`)).status, 404)
  }
  t.is(parseId('job', formatId('job', it.tenantId)), it.tenantId)
})
