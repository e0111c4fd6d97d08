import { setTimeout as pause } from 'node:timers/promises'
import { parseId } from '@kontor/ids'
import { withTransaction } from '@kontor/postgres'
import test, { type ExecutionContext } from 'ava'
import { claimFaults } from '../../test/claims.ts'
import { sweepOf } from '../../test/sweep.ts'
import { CARD, call, newAccountId, newIntent, type TestVault, testVault, tokenize } from '../../test/test-vault.ts'
import { NO_ACTOR } from '../events/event.ts'
import type { sweeper } from './sweep.ts'

// Each test has a vault of its own, because time passes in it.

interface Own {
  readonly vault: TestVault
  readonly key: string
  readonly expires_at: string
  /** Lets the clock reach the instant, less so many milliseconds. */
  reach(lessMs?: number): void
  readonly sweep: ReturnType<typeof sweeper>
}

async function own(t: ExecutionContext): Promise<Own> {
  const vault = await testVault()
  t.teardown(() => vault.close())
  const key = await vault.newKey({ scopes: ['token.reveal'], purposes: ['charge'] })
  const expiresAt = new Date(vault.clock.now.getTime() + 3_600_000)
  return {
    vault,
    key,
    expires_at: expiresAt.toISOString(),
    reach(lessMs = 0) {
      vault.clock.now = new Date(expiresAt.getTime() - lessMs)
    },
    sweep: sweepOf(vault.deps),
  }
}

const everyPath = ({ vault, key }: Own, id: string) =>
  Promise.all([
    call(vault.app, { key, method: 'GET', url: `/v1/tokens/${id}` }),
    call(vault.app, {
      key,
      method: 'POST',
      url: `/v1/tokens/${id}/reveal`,
      body: { fields: ['number'], purpose: 'charge' },
    }),
    call(vault.app, {
      key,
      method: 'PATCH',
      url: `/v1/tokens/${id}`,
      body: { expires_at: null },
      headers: { 'if-match': '"1"' },
    }),
    call(vault.app, {
      key,
      method: 'POST',
      url: `/v1/tokens/${id}/attach`,
      body: { account_id: newAccountId() },
      headers: { 'idempotency-key': newIntent() },
    }),
  ])

test.serial(
  'from its instant on an expired token answers 410 on every path, before and after it was swept',
  async (t) => {
    const mine = await own(t)
    const { vault, key, expires_at } = mine
    const account_id = newAccountId()
    const intent = newIntent()
    const guest = (await tokenize(vault.app, key, { ...CARD, expires_at }, intent)).json()
    t.is(guest.expires_at, expires_at)
    const accounts = (await tokenize(vault.app, key, { ...CARD, account_id, expires_at })).json()
    const list = async () =>
      (await call(vault.app, { key, method: 'GET', url: `/v1/tokens?account_id=${account_id}` })).json().data.length
    mine.reach(1)
    t.is(await list(), 1)
    t.is((await call(vault.app, { key, method: 'GET', url: `/v1/tokens/${guest.id}` })).status, 200)
    mine.reach()
    const expired = async () => {
      t.is(await list(), 0)
      for (const { id } of [guest, accounts]) {
        for (const answer of await everyPath(mine, id)) {
          t.is(answer.status, 410, answer.text)
          t.is(answer.json().code, 'token_expired')
        }
      }
      const replayed = await tokenize(vault.app, key, { ...CARD, expires_at }, intent)
      t.is(replayed.json().code, 'token_expired')
    }
    await expired()
    t.deepEqual(await mine.sweep(), { expired: 2, keys: 0 })
    await expired()
    const { rows } = await vault.vaultAdmin.query('select * from token')
    for (const row of rows) {
      t.like(row, { state: 'expired', record: null, last_four: null, number_fingerprint: null, key_pending: false })
    }
  },
)

test.serial('the sweep destroys like a deletion: event, claim, and the key of a guest', async (t) => {
  const mine = await own(t)
  const { vault, key, expires_at } = mine
  const account_id = newAccountId()
  const guest = (await tokenize(vault.app, key, { ...CARD, expires_at })).json().id
  const first = (await tokenize(vault.app, key, { ...CARD, account_id, expires_at })).json().id
  const second = (await tokenize(vault.app, key, { ...CARD, account_id })).json().id
  mine.reach()
  t.deepEqual(await mine.sweep(), { expired: 2, keys: 0 })
  t.deepEqual(await mine.sweep(), { expired: 0, keys: 0 })
  for (const id of [guest, first]) {
    const { rows } = await vault.vaultAdmin.query(
      'select type, object_version, actor_key_id from event where object_id = $1 order by tx',
      [parseId('tok', id)],
    )
    t.deepEqual(rows.at(-1), { type: 'token.expired', object_version: 2, actor_key_id: NO_ACTOR })
  }
  t.deepEqual(await claimFaults(vault.vaultAdmin), [])
  const deks = (id: string) => vault.keysAdmin.query('select from dek where subject_id = $1', [id])
  t.is((await deks(parseId('tok', guest))).rowCount, 0)
  t.is((await deks(await vault.subjectIdOf(account_id))).rowCount, 1)
  const again = { ...CARD, account_id, on_duplicate: 'return_existing' }
  t.is((await tokenize(vault.app, key, again)).json().id, second)
})

test.serial('what has expired is no duplicate any more, though nobody has swept it', async (t) => {
  const mine = await own(t)
  const { vault, key, expires_at } = mine
  const wide = await vault.newKey({ scopes: ['token.dedup_tenant'] })
  const account_id = newAccountId()
  const old = (await tokenize(vault.app, key, { ...CARD, account_id, expires_at })).json().id
  await tokenize(vault.app, key, { ...CARD, expires_at })
  mine.reach()
  for (const [mode, scope] of [
    ['reject', 'tenant'],
    ['return_existing', 'account'],
  ] as const) {
    const whose = { account_id: scope === 'tenant' ? newAccountId() : account_id }
    const body = { ...CARD, ...whose, on_duplicate: mode, dedup_scope: scope }
    const made = await tokenize(vault.app, wide, body)
    t.is(made.status, 201, made.text)
    t.not(made.json().id, old)
    t.is((await tokenize(vault.app, wide, body)).status, mode === 'reject' ? 409 : 200)
  }
  await mine.sweep()
  t.deepEqual(await claimFaults(vault.vaultAdmin), [])
})

test.serial('deleting what has expired is no error, and says what ended it', async (t) => {
  const mine = await own(t)
  const { vault, key, expires_at } = mine
  for (const account of [{}, { account_id: newAccountId() }]) {
    vault.clock.now = new Date('2026-11-23T10:00:00.000Z')
    const { id } = (await tokenize(vault.app, key, { ...CARD, ...account, expires_at })).json()
    mine.reach()
    const destroy = () => call(vault.app, { key, method: 'DELETE', url: `/v1/tokens/${id}` })
    t.is((await destroy()).status, 204)
    t.is((await destroy()).status, 204)
    const get = await call(vault.app, { key, method: 'GET', url: `/v1/tokens/${id}` })
    t.is(get.json().code, 'token_expired')
  }
  t.deepEqual(await mine.sweep(), { expired: 0, keys: 0 })
})

test.serial('several sweeps at once, over more than one batch, end each token once', async (t) => {
  const mine = await own(t)
  const { vault, key, expires_at } = mine
  const account_id = newAccountId()
  for (let made = 0; made < 230; made += 46) {
    await Promise.all(
      Array.from({ length: 46 }, (_, n) =>
        tokenize(vault.app, key, { ...CARD, expires_at, ...(n % 2 === 0 ? {} : { account_id }) }),
      ),
    )
  }
  mine.reach()
  const swept = await Promise.all([mine.sweep(), sweepOf(vault.deps)(), sweepOf(vault.deps)()])
  // Who finds a token held by another passes it over, and does not wait.
  const total = swept.reduce((sum, { expired }) => sum + expired, 0) + (await mine.sweep()).expired
  t.is(total, 230)
  const { rows } = await vault.vaultAdmin.query(
    `select count(*)::int as events, count(distinct object_id)::int as tokens from event where type = 'token.expired'`,
  )
  t.deepEqual(rows, [{ events: 230, tokens: 230 }])
  t.deepEqual(await claimFaults(vault.vaultAdmin), [])
  t.is((await vault.keysAdmin.query('select from dek')).rowCount, 1)
})

test.serial('a sweep waits for nobody: what somebody else is about to end is left to the next', async (t) => {
  const mine = await own(t)
  const { vault, key, expires_at } = mine
  for (let n = 0; n < 2; n++) await tokenize(vault.app, key, { ...CARD, expires_at, account_id: newAccountId() })
  mine.reach()
  const { knex } = vault.deps.vault
  await withTransaction(knex, async (tx) => {
    // As a deletion does: first the claim, and then the token.
    const claim = await tx('instrument_claim').select('token_id', 'subject_id').forUpdate().first()
    t.deepEqual(await Promise.race([mine.sweep(), pause(10_000, 'it waits')]), { expired: 1, keys: 0 })
    await tx('token').select('id').where({ id: claim.token_id }).forUpdate()
  })
  t.deepEqual(await mine.sweep(), { expired: 1, keys: 0 })
  const { rows } = await vault.vaultAdmin.query('select from instrument_claim')
  t.is(rows.length, 0)
})

test.serial('a key that could not be destroyed is destroyed by a later sweep', async (t) => {
  const mine = await own(t)
  const { vault, key, expires_at } = mine
  const swept = (await tokenize(vault.app, key, { ...CARD, expires_at })).json().id
  const deleted = (await tokenize(vault.app, key, CARD)).json().id
  await vault.keysAdmin.query(
    `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
     create trigger refuse before delete on dek for each row execute function refuse()`,
  )
  t.is((await call(vault.app, { key, method: 'DELETE', url: `/v1/tokens/${deleted}` })).status, 504)
  mine.reach()
  await t.throwsAsync(mine.sweep(), { instanceOf: AggregateError })
  const states = await vault.vaultAdmin.query('select state, key_pending from token order by state')
  t.deepEqual(states.rows, [
    { state: 'deleted', key_pending: true },
    { state: 'expired', key_pending: true },
  ])
  await vault.keysAdmin.query('drop function refuse cascade')
  vault.clock.now = new Date(vault.clock.now.getTime() + 60_000)
  t.deepEqual(await mine.sweep(), { expired: 0, keys: 2 })
  t.is((await vault.keysAdmin.query('select from dek')).rowCount, 0)
  t.true([swept, deleted].every((id) => id.startsWith('tok_')))
})

test.serial(
  'an end that is past, or is no instant, is refused, and what was stored once still is answered',
  async (t) => {
    const mine = await own(t)
    const { vault, key, expires_at } = mine
    for (const wrong of [
      vault.clock.now.toISOString(),
      '2020-01-01T00:00:00Z',
      '2030-02-30T00:00:00Z',
      '2030-13-01T00:00:00Z',
      '2030-01-01T24:00:00Z',
      '2030-01-01T00:00:60Z',
      '2030-01-01T00:00:00+24:00',
      '2030-01-01 00:00:00.0Z',
      '2030-01-01T00:00:00.000',
      '9999-12-31T23:59:59-00:01',
    ]) {
      const answer = await tokenize(vault.app, key, { ...CARD, expires_at: wrong })
      t.is(answer.status, 422, wrong)
      t.is(answer.json().code, 'invalid_expires_at')
      t.is(answer.json().errors[0].path, '/expires_at')
      t.false(answer.text.includes(wrong))
    }
    for (const wrong of ['2030-01-01', '', null, 5]) {
      t.is((await tokenize(vault.app, key, { ...CARD, expires_at: wrong })).status, 400)
    }
    // Its end was moved by a change, so that the request that made it names an instant which has passed.
    const intent = newIntent()
    const first = await tokenize(vault.app, key, { ...CARD, expires_at }, intent)
    await call(vault.app, {
      key,
      method: 'PATCH',
      url: `/v1/tokens/${first.json().id}`,
      body: { expires_at: null },
      headers: { 'if-match': '"1"' },
    })
    mine.reach(-1000)
    const again = await tokenize(vault.app, key, { ...CARD, expires_at }, intent)
    t.is(again.status, 201)
    t.is(again.text, first.text)
  },
)

test.serial('the service sweeps by itself', async (t) => {
  const { vault, key } = await own(t)
  const { id } = (await tokenize(vault.app, key, { ...CARD, expires_at: '2026-11-23T10:00:01Z' })).json()
  vault.clock.now = new Date('2026-11-23T10:00:01Z')
  const state = async () =>
    (await vault.vaultAdmin.query('select state from token where id = $1', [parseId('tok', id)])).rows[0].state
  // The line is written after the sweep was committed.
  const isLogged = () => vault.log.some((line) => line.includes('"event":"swept"'))
  for (let asked = 0; asked < 300 && !isLogged(); asked++) {
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  t.is(await state(), 'expired')
  t.true(isLogged())
})
