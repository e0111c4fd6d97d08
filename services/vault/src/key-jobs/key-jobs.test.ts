import { randomBytes } from 'node:crypto'
import { formatId, newUuid, toBucket } from '@kontor/ids'
import test from 'ava'
import { custodianOf, runnerOf, workOffWith } from '../../test/custodian.ts'
import { CARD, newAccountId, newIntent, type TestVault, testVault, tokenize } from '../../test/test-vault.ts'

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

test.serial('a re-wrap brings every key and the secret under the current version, and opens no record', async (t) => {
  const it = await custodian('rewrapping')
  const ids = [await it.token(), await it.token(formatId('acc', newUuid(toBucket(7), Date.now(), randomBytes)))]
  const before = await vault.vaultAdmin.query('select record from token where tenant_id = $1 order by id', [
    it.tenantId,
  ])
  await it.rotate()
  const started = await it.start('rewrap')
  t.is(started.status, 202)
  t.like(started.json(), { kind: 'rewrap', state: 'waiting', done: 0, finished_at: null })
  await workOff()
  const job = (await it.get(`/v1/key-jobs/${started.json().id}`)).json()
  t.like(job, { state: 'done', done: 2, total: 2, failures: 0, eta_seconds: null })
  t.truthy(job.finished_at)
  t.like((await it.get('/v1/keys')).json().data, [
    { version: 2, deks: 2, wraps_secret: true },
    { version: 1, deks: 0, wraps_secret: false },
  ])
  const after = await vault.vaultAdmin.query('select record from token where tenant_id = $1 order by id', [it.tenantId])
  t.deepEqual(after.rows, before.rows)
  const fresh = await vault.newApp()
  for (const id of ids) t.is(await it.number(id, fresh), '4242424242424242')
  t.deepEqual(await eventsOf(it.tenantId, 'key.%'), ['key.rewrapped 2', 'key.rotated 2'])
})

test.serial(
  'a re-seal gives every subject a new key, seals its records under it, and destroys the old one',
  async (t) => {
    const it = await custodian('resealing')
    const account = newAccountId()
    const ids = [await it.token(account), await it.token(account), await it.token()]
    const before = await deksOf(it.tenantId)
    const holding = await vault.newApp()
    for (const id of ids) await it.number(id, holding)
    const started = await it.start('reseal')
    await workOff()
    t.like((await it.get(`/v1/key-jobs/${started.json().id}`)).json(), { state: 'done', done: 2, total: 2 })
    const after = await deksOf(it.tenantId)
    t.deepEqual(
      after.map(({ subject_id, version }) => [subject_id, version]),
      before.map(({ subject_id }) => [subject_id, 2]),
    )
    const { rows } = await vault.vaultAdmin.query('select dek_version, version from token where tenant_id = $1', [
      it.tenantId,
    ])
    t.deepEqual(rows, Array(3).fill({ dek_version: 2, version: 1 }))
    for (const app of [await vault.newApp(), holding])
      for (const id of ids) t.is(await it.number(id, app), '4242424242424242')
    // This process still holds the account's old key and is refused with it.
    const { status, json } = await tokenize(holding, it.clerk, { ...CARD, account_id: account })
    t.is(status, 201)
    t.is(await it.number(json().id), '4242424242424242')
    t.deepEqual(await eventsOf(it.tenantId, 'key.%'), ['key.resealed 1'])
  },
)

test.serial('a key that was made for a record that is not there yet is left alone', async (t) => {
  const it = await custodian('in-flight')
  const { subjects, step } = runner()
  const subject = { tenantId: it.tenantId, id: newUuid(toBucket(9), Date.now(), randomBytes) }
  const dek = await subjects.first(subject)
  await it.start('reseal')
  await workOff(step)
  t.deepEqual(await runner().subjects.find(subject, 1), dek)
})

test.serial('however many keys have no record, a job is done only when every record is sealed anew', async (t) => {
  const it = await custodian('orphans')
  const subject = { tenantId: it.tenantId, id: newUuid(toBucket(9), Date.now(), randomBytes) }
  await runner().subjects.first(subject)
  const others = Array.from({ length: 1_250 }, () => newUuid(toBucket(9), Date.now(), randomBytes))
  await vault.keysAdmin.query(
    `insert into dek (bucket, subject_id, version, tenant_id, kek_version, wrapped)
     select bucket, other, version, tenant_id, kek_version, wrapped from dek, unnest($2::uuid[]) as other
     where subject_id = $1`,
    [subject.id, others],
  )
  const id = await it.token(newAccountId())
  const job = (await it.start('reseal')).json().id
  await workOff(runner().step, 400)
  t.like((await it.get(`/v1/key-jobs/${job}`)).json(), { state: 'done', done: 1, failures: 0 })
  const { rows } = await vault.vaultAdmin.query('select dek_version from token where tenant_id = $1', [it.tenantId])
  t.deepEqual(rows, [{ dek_version: 2 }])
  t.is(await it.number(id), '4242424242424242')
})

test.serial('a step does as much as it may and no more, and the next process goes on', async (t) => {
  const it = await custodian('throttled')
  for (let n = 0; n < 7; n++) await it.token()
  await it.rotate()
  const { id } = (await it.start('rewrap')).json()
  const seen = async () => (await it.get(`/v1/key-jobs/${id}`)).json()
  const first = runner()
  await first.step(2)
  t.like(await seen(), { state: 'running', done: 2, total: 7 })
  await first.step(2)
  t.like(await seen(), { done: 4, total: 7 })
  const second = runner()
  t.false(await second.step(2), 'a job has one process at a time')
  await first.stop()
  t.true(await second.step(2))
  t.like(await seen(), { done: 6, total: 7 })
  await workOff(second.step, 2)
  t.like(await seen(), { state: 'done', done: 7, total: 7 })
})

test.serial('a process whose job was taken over does nothing more for it', async (t) => {
  const it = await custodian('overtaken')
  for (let n = 0; n < 4; n++) await it.token()
  await it.rotate()
  const { id } = (await it.start('rewrap')).json()
  const [dead, heir] = [runner(), runner()]
  await dead.step(1)
  await vault.keysAdmin.query(`update key_job set lease_until = now() - interval '1 second'`)
  await heir.step(1)
  await dead.step(1)
  await workOff(heir.step, 1)
  // The row that the dead one did after it was overtaken is not counted twice, and not missed.
  const job = (await it.get(`/v1/key-jobs/${id}`)).json()
  t.is(job.state, 'done')
  t.true(job.done <= job.total && job.total <= 4)
  t.like((await it.get('/v1/keys')).json().data, [{ deks: 4 }, { deks: 0 }])
})

test.serial(
  'one job of a kind is under way, repeated it is the same, and other kinds do not wait for it',
  async (t) => {
    const it = await custodian('jobs')
    await it.token()
    const intent = newIntent()
    const { id } = (await it.start('rewrap', intent)).json()
    const again = await it.start('rewrap', intent)
    t.is(again.json().id, id)
    t.is(again.headers['idempotent-replayed'], 'true')
    const other = await it.start('rewrap')
    t.is(other.status, 409)
    t.like(other.json(), { code: 'key_job_running', job: id })
    t.is((await it.start('reseal', intent)).json().code, 'idempotency_mismatch')
    t.is((await it.start('reseal')).status, 202)
    t.is((await it.start('polish')).status, 400)
    t.is((await it.get('/v1/key-jobs?limit=1')).json().data.length, 1)
    await workOff()
    const { data } = (await it.get('/v1/key-jobs')).json()
    t.deepEqual(data.map(({ kind, state }: { kind: string; state: string }) => `${kind} ${state}`).sort(), [
      'reseal done',
      'rewrap done',
    ])
    t.is((await it.start('rewrap')).status, 202)
    await workOff()
  },
)

test.serial('another tenant’s job and key are not found', async (t) => {
  const it = await custodian('mine')
  const { id } = (await it.start('rewrap')).json()
  const other = await custodian('theirs')
  t.is((await other.get(`/v1/key-jobs/${id}`)).status, 404)
  t.is((await other.destroy(1)).status, 404)
  t.deepEqual((await other.get('/v1/key-jobs')).json().data, [])
  await workOff()
})

test.serial('a row that does not open is left, counted and reported, and the rest is done', async (t) => {
  const it = await custodian('broken')
  for (let n = 0; n < 3; n++) await it.token()
  await it.rotate()
  const [broken] = await deksOf(it.tenantId)
  const [, other] = await deksOf(it.tenantId)
  const put = (wrapped: string) =>
    vault.keysAdmin.query('update dek set wrapped = $2 where subject_id = $1', [broken.subject_id, wrapped])
  await put(other.wrapped)
  const { id } = (await it.start('rewrap')).json()
  await workOff(runner().step, 1)
  t.like((await it.get(`/v1/key-jobs/${id}`)).json(), { state: 'failed', done: 2, failures: 1, total: 3 })
  t.like((await it.destroy(1)).json(), { code: 'key_in_use', deks: 1 })
  t.deepEqual(await eventsOf(it.tenantId, 'key.re%'), [])
  await put(broken.wrapped)
  await it.start('rewrap')
  await workOff()
  t.is((await it.destroy(1)).status, 200)
})
