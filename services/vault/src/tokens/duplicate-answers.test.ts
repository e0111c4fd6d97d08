import { parseId } from '@kontor/ids'
import test from 'ava'
import { claimFaults } from '../../test/claims.ts'
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
let tenantWide: string

test.before(async () => {
  vault = await testVault()
  admin = await vault.newKey({})
  tenantWide = await vault.newKey({ scopes: ['token.dedup_tenant'] })
})
test.after.always(async (t) => {
  t.deepEqual(await claimFaults(vault.vaultAdmin), [])
  await vault?.close()
})

const otherHolder = { ...CARD, holder: { name: 'Bea Muster' } }
const make = (body: object, on_duplicate?: string, intent?: string, app = vault.app) =>
  tokenize(app, admin, { ...body, ...(on_duplicate && { on_duplicate }) }, intent)
const destroy = (id: string) => call(vault.app, { key: admin, method: 'DELETE', url: `/v1/tokens/${id}` })
const eventsOf = async (id: string) =>
  (
    await vault.vaultAdmin.query('select type, object_version, data from event where object_id = $1 order by tx, id', [
      parseId('tok', id),
    ])
  ).rows

test('a repeated request is answered as the first, byte for byte, whatever became of the token', async (t) => {
  const account_id = newAccountId()
  const intents = [newIntent(), newIntent(), newIntent()] as const
  const send = [
    () => make({ ...CARD, account_id }, 'return_existing', intents[0]),
    () => make({ ...CARD, account_id }, 'return_existing', intents[1]),
    () => make({ ...otherHolder, account_id, metadata: { z: '1', a: '2' } }, 'update', intents[2]),
  ]
  const first = []
  for (const each of send) first.push(await each())
  t.deepEqual(
    first.map(({ status }) => status),
    [201, 200, 200],
  )
  const id = first.at(0)?.json().id
  t.true(first.every(({ json }) => json().id === id))
  for (const [n, each] of send.entries()) {
    const again = await each()
    t.is(again.headers['idempotent-replayed'], 'true')
    const { status, text, headers } = first[n] as typeof again
    t.is(again.status, status)
    t.is(again.text, text)
    t.is(again.headers.etag, headers.etag)
  }
  t.is((await eventsOf(id)).length, 2)
  await destroy(id)
  for (const each of send) t.is((await each()).json().code, 'token_deleted')
  const { rows } = await vault.vaultAdmin.query('select answer from intent_answer where token_id = $1', [
    parseId('tok', id),
  ])
  t.is(rows.length, 3)
  t.true(
    rows.every(({ answer }) => answer === null),
    'what was answered is destroyed with the token',
  )
})

test('one key for two requests is refused, whatever is to happen to duplicates', async (t) => {
  const account_id = newAccountId()
  const intent = newIntent()
  await make({ ...CARD, account_id })
  t.is((await make({ ...CARD, account_id }, 'return_existing', intent)).status, 200)
  for (const [body, mode] of [
    [CARD, undefined],
    [CARD, 'create'],
    [CARD, 'update'],
    [otherHolder, 'return_existing'],
    [IBAN_ACCOUNT, 'return_existing'],
  ] as const) {
    const answer = await make({ ...body, account_id }, mode, intent)
    t.is(answer.status, 422)
    t.is(answer.json().code, 'idempotency_mismatch')
  }
  const list = await call(vault.app, { key: admin, method: 'GET', url: `/v1/tokens?account_id=${account_id}` })
  t.is(list.json().data.length, 1)
})

test('the same intent sent at once to two processes is answered once, and replayed', async (t) => {
  const other = await vault.newApp()
  for (const mode of ['return_existing', 'update', 'reject']) {
    const intent = newIntent()
    const body = { ...CARD, account_id: newAccountId() }
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => make(body, mode, intent, n % 2 === 0 ? vault.app : other)),
    )
    t.deepEqual([...new Set(answers.map(({ status }) => status))], [201], mode)
    t.is(answers.filter(({ headers }) => headers['idempotent-replayed'] === undefined).length, 1)
  }
})

test('a refused duplicate stores nothing, so that its key serves again', async (t) => {
  const account_id = newAccountId()
  const { id } = (await make({ ...CARD, account_id })).json()
  const intent = newIntent()
  t.is((await make({ ...CARD, account_id }, 'reject', intent)).status, 409)
  await destroy(id)
  const answer = await make({ ...CARD, account_id }, 'reject', intent)
  t.is(answer.status, 201)
  t.is(answer.headers['idempotent-replayed'], undefined)
})

test('what looks for duplicates needs an account; the tenant-wide search only refuses, and needs its scope', async (t) => {
  for (const mode of ['return_existing', 'update', 'reject']) {
    const answer = await make(CARD, mode)
    t.is(answer.status, 422)
    t.is(answer.json().code, 'account_required')
    t.is(answer.json().errors[0].path, '/account_id')
  }
  const account_id = newAccountId()
  for (const mode of ['create', 'return_existing', 'update', undefined]) {
    const body = { ...CARD, account_id, dedup_scope: 'tenant', ...(mode && { on_duplicate: mode }) }
    const answer = await tokenize(vault.app, tenantWide, body)
    t.is(answer.status, 422, mode)
    t.is(answer.json().code, 'dedup_scope_not_allowed')
    const without = await tokenize(vault.app, admin, body)
    t.is(without.status, 403)
    t.like(without.json(), { code: 'scope_missing', scope: 'token.dedup_tenant' })
  }
  for (const body of [{ on_duplicate: 'ignore' }, { dedup_scope: 'world' }, { on_duplicate: null }]) {
    t.is((await tokenize(vault.app, tenantWide, { ...CARD, account_id, ...body })).status, 400)
  }
  t.is((await tokenize(vault.app, admin, { ...CARD, dedup_scope: 'account' })).status, 201)
})

test('across the tenant a number is refused wherever it is, and the answer says nothing more', async (t) => {
  const body = { ...CARD, card: { ...CARD.card, number: '5555555555554444' } }
  const wide = { on_duplicate: 'reject', dedup_scope: 'tenant' }
  const problems = []
  const account_id = newAccountId()
  for (const whose of [{}, { account_id }]) {
    const first = await tokenize(vault.app, tenantWide, { ...body, ...whose, ...wide })
    t.is(first.status, 201, first.text)
    for (const asked of [{}, { account_id }, { account_id: newAccountId() }]) {
      const holder = { name: 'Bea Muster' }
      for (const sent of [body, { ...body, holder }]) {
        const refused = await tokenize(vault.app, tenantWide, { ...sent, ...asked, ...wide })
        const { instance: _, ...problem } = refused.json()
        problems.push(problem)
      }
    }
    t.is((await destroy(first.json().id)).status, 204)
  }
  const [problem] = problems
  t.like(problem, { status: 409, code: 'duplicate_token' })
  t.deepEqual(Object.keys(problem).sort(), ['code', 'detail', 'status', 'title', 'type'])
  for (const each of problems) t.deepEqual(each, problem)
  const otherTenant = await vault.newKey({
    tenantId: await vault.newTenant('elsewhere'),
    scopes: ['token.dedup_tenant'],
  })
  await tokenize(vault.app, tenantWide, body)
  t.is((await tokenize(vault.app, otherTenant, { ...body, ...wide })).status, 201)
})

test('of parallel tenant-wide requests for many customers one gets its token, and neither lock nor key is left', async (t) => {
  const own = await testVault()
  t.teardown(() => own.close())
  const key = await own.newKey({ scopes: ['token.dedup_tenant'] })
  const other = await own.newApp()
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, n) =>
      tokenize(n % 2 === 0 ? own.app : other, key, {
        ...CARD,
        ...(n % 3 === 0 ? {} : { account_id: newAccountId() }),
        on_duplicate: 'reject',
        dedup_scope: 'tenant',
      }),
    ),
  )
  t.is(answers.filter(({ status }) => status === 201).length, 1, answers.map(({ status }) => status).join())
  t.is(answers.filter(({ status }) => status === 409).length, 29)
  const count = async (pool: typeof own.vaultAdmin, sql: string) => (await pool.query(sql)).rows.length
  t.is(await count(own.vaultAdmin, 'select from instrument_claim'), 1)
  const guests = await count(own.vaultAdmin, 'select from token where account_id is null')
  const accounts = await count(own.vaultAdmin, 'select from data_subject')
  t.is(await count(own.keysAdmin, 'select from dek'), guests + accounts)
})
