import { parseId } from '@kontor/ids'
import test from 'ava'
import { CARD, call, newAccountId, type TestVault, testVault, tokenize } from '../../test/test-vault.ts'

let vault: TestVault
let admin: string
let privacy: string
test.before(async () => {
  vault = await testVault()
  admin = await vault.newKey({ role: 'admin' })
  privacy = await vault.newKey({ role: 'privacy' })
})
test.after.always(() => vault?.close())

const erase = (account: string) =>
  call(vault.app, { key: privacy, method: 'DELETE', url: `/v1/accounts/${account}/data` })
const hold = (method: 'GET' | 'PUT' | 'DELETE', account: string, body?: object) =>
  call(vault.app, { key: privacy, method, url: `/v1/accounts/${account}/hold`, ...(body && { body }) })

/** A customer with one instrument. */
async function customer(): Promise<{ account: string; tokens: string[] }> {
  const account = newAccountId()
  const answer = await tokenize(vault.app, admin, { ...CARD, account_id: account })
  return { account, tokens: [answer.json().id] }
}

test('while a legal hold stands nothing is erased, and after its end or release it is', async (t) => {
  const { account, tokens } = await customer()
  t.is((await hold('GET', account)).status, 404)
  const placed = await hold('PUT', account, { reason: 'tax_audit_2026', until: '2026-12-01T00:00:00Z' })
  t.deepEqual(
    [placed.status, placed.json()],
    [
      200,
      {
        account_id: account,
        reason: 'tax_audit_2026',
        until: '2026-12-01T00:00:00.000Z',
        placed_at: '2026-11-23T10:00:00.000Z',
      },
    ],
  )
  t.deepEqual((await hold('GET', account)).json(), placed.json())
  const refused = await erase(account)
  t.is(refused.status, 423)
  t.deepEqual([refused.json().code, refused.json().until], ['legal_hold', '2026-12-01T00:00:00.000Z'])
  t.is((await call(vault.app, { key: admin, method: 'GET', url: `/v1/tokens/${tokens[0]}` })).status, 200)

  await hold('PUT', account, { reason: 'lawsuit' })
  t.is((await erase(account)).json().until, undefined, 'it stands until it is released')
  t.is((await hold('DELETE', account)).status, 204)
  t.is((await hold('DELETE', account)).status, 204)
  t.is((await hold('GET', account)).status, 404)
  t.is((await erase(account)).status, 200)
  const { rows: events } = await vault.vaultAdmin.query(
    `select type, object_version, data from event where object_id = $1 order by object_version`,
    [parseId('acc', account)],
  )
  t.deepEqual(events, [
    {
      type: 'account.hold_placed',
      object_version: 2,
      data: '{"reason":"tax_audit_2026","until":"2026-12-01T00:00:00.000Z"}',
    },
    { type: 'account.hold_placed', object_version: 3, data: '{"reason":"lawsuit","until":null}' },
    { type: 'account.hold_released', object_version: 4, data: null },
    { type: 'account.erased', object_version: 5, data: '{"tokens_destroyed":1}' },
  ])
})

test.serial('a hold ends by itself', async (t) => {
  const { account } = await customer()
  await hold('PUT', account, { reason: 'audit', until: '2026-11-23T10:00:01Z' })
  t.is((await erase(account)).status, 423)
  vault.clock.now = new Date('2026-11-23T10:00:01.000Z')
  t.teardown(() => {
    vault.clock.now = new Date('2026-11-23T10:00:00.000Z')
  })
  t.is((await hold('GET', account)).status, 404)
  t.is((await erase(account)).status, 200)
})

test('placing the same hold again changes nothing', async (t) => {
  const account = newAccountId()
  for (const _ of [1, 2]) t.is((await hold('PUT', account, { reason: 'audit' })).status, 200)
  const { rowCount } = await vault.vaultAdmin.query('select from event where object_id = $1', [parseId('acc', account)])
  t.is(rowCount, 1)
})

for (const [body, status, code] of [
  [{ reason: 'The customer Ada' }, 400, 'malformed_request'],
  [{}, 400, 'malformed_request'],
  [{ reason: 'audit', until: 'tomorrow' }, 400, 'malformed_request'],
  [{ reason: 'audit', until: '2026-02-30T00:00:00Z' }, 422, 'hold_not_in_future'],
  [{ reason: 'audit', until: '2026-11-23T10:00:00Z' }, 422, 'hold_not_in_future'],
  [{ reason: 'audit', note: 'x' }, 400, 'malformed_request'],
] as const) {
  test(`a hold with ${JSON.stringify(body)} is refused`, async (t) => {
    const answer = await hold('PUT', newAccountId(), body)
    t.deepEqual([answer.status, answer.json().code], [status, code])
  })
}

test('of a hold and an erasure at once exactly one wins', async (t) => {
  for (let round = 0; round < 10; round++) {
    const { account } = await customer()
    const [held, erased] = await Promise.all([hold('PUT', account, { reason: 'audit' }), erase(account)])
    t.true(
      (held.status === 200 && erased.status === 423) || (held.status === 410 && erased.status === 200),
      `${held.status} ${erased.status}`,
    )
  }
})
