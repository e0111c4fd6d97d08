import { parseId } from '@kontor/ids'
import { type SigningPublicJwk, verifyCompact } from '@kontor/jose-box'
import test from 'ava'
import {
  CARD,
  call,
  IBAN_ACCOUNT,
  newAccountId,
  newIntent,
  PAYPAL_ACCOUNT,
  type TestVault,
  testVault,
  tokenize,
} from '../../test/test-vault.ts'

let vault: TestVault
let admin: string
let privacy: string
let checkout: string

test.before(async () => {
  vault = await testVault()
  admin = await vault.newKey({ role: 'admin' })
  privacy = await vault.newKey({ role: 'privacy' })
  checkout = await vault.newKey({ role: 'checkout' })
})
test.after.always(() => vault?.close())

function setBack(): void {
  vault.clock.now = new Date('2026-11-23T10:00:00.000Z')
}

const erase = (account: string, key = privacy, app = vault.app) =>
  call(app, { key, method: 'DELETE', url: `/v1/accounts/${account}/data` })
const hold = (method: 'GET' | 'PUT' | 'DELETE', account: string, body?: object, key = privacy) =>
  call(vault.app, { key, method, url: `/v1/accounts/${account}/hold`, ...(body && { body }) })

/** A customer with one instrument of each kind. */
async function customer(app = vault.app) {
  const account = newAccountId()
  const tokens: string[] = []
  for (const instrument of [CARD, IBAN_ACCOUNT, PAYPAL_ACCOUNT]) {
    const answer = await tokenize(app, admin, { ...instrument, account_id: account, metadata: { order: 'A-1' } })
    if (answer.status !== 201) throw new Error(answer.text)
    tokens.push(answer.json().id)
  }
  return { account, tokens }
}

const rows = async (pool: 'vaultAdmin' | 'keysAdmin', sql: string, values: unknown[]) =>
  (await vault[pool].query(sql, values)).rows

test('an erasure destroys the data and the keys, and its receipt says so to whoever has the public key', async (t) => {
  const { account, tokens } = await customer()
  const subject = await vault.subjectIdOf(account)
  const answer = await erase(account)
  t.is(answer.status, 200, answer.text)
  const { receipt, ...facts } = answer.json()
  t.deepEqual(facts, {
    account_id: account,
    mode: 'test',
    erased_at: '2026-11-23T10:00:00.000Z',
    keys_destroyed_at: '2026-11-23T10:00:00.000Z',
    final_at: '2026-12-23T10:00:00.000Z',
    tokens_destroyed: 3,
  })
  const { keys } = (await call(vault.app, { key: privacy, method: 'GET', url: '/v1/signing-keys' })).json()
  const signed = verifyCompact(receipt, 'kontor-erasure+jwt', keys as SigningPublicJwk[])
  const { tenant_id, destroyed, ...same } = signed
  t.deepEqual(same, facts)
  t.is(parseId('ten', tenant_id as string), vault.tenantId)
  t.true((destroyed as string[]).includes('data_encryption_keys'))

  const left = await rows(
    'vaultAdmin',
    `select state, record, number_fingerprint, full_fingerprint, request_hmac, brand,
    bin, last_four, bank_country, masked_email, metadata, idempotency_hmac from token where subject_id = $1`,
    [subject],
  )
  t.is(left.length, tokens.length)
  for (const { state, metadata, idempotency_hmac, ...rest } of left) {
    t.deepEqual([state, metadata], ['deleted', {}])
    t.is(idempotency_hmac.length, 32, 'what a late retry is recognised by')
    t.deepEqual(new Set(Object.values(rest)), new Set([null]))
  }
  t.deepEqual(await rows('vaultAdmin', 'select from instrument_claim where subject_id = $1', [subject]), [])
  t.deepEqual(await rows('keysAdmin', 'select from dek where subject_id = $1', [subject]), [])
  t.is((await rows('keysAdmin', 'select from tombstone where subject_id = $1', [subject])).length, 1)
  const events = await rows(
    'vaultAdmin',
    'select data, object_id, object_version from event where subject_id = $1 and type = $2',
    [subject, 'account.erased'],
  )
  t.deepEqual(events, [{ data: '{"tokens_destroyed":3}', object_id: parseId('acc', account), object_version: 2 }])
})

test.serial('repeating an erasure answers the same receipt, in another process and later as well', async (t) => {
  const { account } = await customer()
  const first = (await erase(account)).json()
  vault.clock.now = new Date('2026-11-23T11:00:00.000Z')
  t.teardown(setBack)
  t.deepEqual((await erase(account)).json(), first)
  t.deepEqual((await erase(account, privacy, await vault.newApp())).json(), first)
})

test('of erasures at once by several processes one is done, and all answer its receipt', async (t) => {
  const { account } = await customer()
  const other = await vault.newApp()
  const answers = await Promise.all([0, 1, 2, 3, 4, 5].map((n) => erase(account, privacy, n % 2 ? other : vault.app)))
  t.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  t.is(new Set(answers.map((answer) => answer.text)).size, 1)
  const subject = await vault.subjectIdOf(account)
  const events = await rows('vaultAdmin', `select from event where subject_id = $1 and type = 'account.erased'`, [
    subject,
  ])
  t.is(events.length, 1)
})

test('after it every path answers 410, in a process with cached keys too, and a late retry stores nothing', async (t) => {
  const other = await vault.newApp()
  const account = newAccountId()
  const revealing = await vault.newKey({ role: 'admin', ...REVEAL })
  const intent = newIntent()
  const body = { ...CARD, account_id: account }
  const token = (await tokenize(other, admin, body, intent)).json().id
  const reveal = {
    key: revealing,
    method: 'POST',
    url: `/v1/tokens/${token}/reveal`,
    body: { purpose: 'charge', fields: ['number'] },
  } as const
  t.is((await call(other, reveal)).status, 200, 'its keys are cached now')
  await erase(account)
  const requests = {
    get: call(other, { key: admin, method: 'GET', url: `/v1/tokens/${token}` }),
    reveal: call(other, reveal),
    list: call(other, { key: admin, method: 'GET', url: `/v1/tokens?account_id=${account}` }),
    delete: call(other, { key: admin, method: 'DELETE', url: `/v1/tokens/${token}` }),
    patch: call(other, {
      key: admin,
      method: 'PATCH',
      url: `/v1/tokens/${token}`,
      body: { metadata: {} },
      headers: { 'if-match': '"1"' },
    }),
    attach: guest(other).then((id) =>
      call(other, {
        key: admin,
        method: 'POST',
        url: `/v1/tokens/${id}/attach`,
        body: { account_id: account },
        headers: { 'idempotency-key': newIntent() },
      }),
    ),
    retry: tokenize(other, admin, body, intent),
    anew: tokenize(other, admin, body),
    retryElsewhere: tokenize(vault.app, admin, body, intent),
    hold: call(other, { key: admin, method: 'GET', url: `/v1/accounts/${account}/hold` }),
    place: call(other, { key: admin, method: 'PUT', url: `/v1/accounts/${account}/hold`, body: { reason: 'audit' } }),
    release: call(other, { key: admin, method: 'DELETE', url: `/v1/accounts/${account}/hold` }),
  }
  for (const [name, request] of Object.entries(requests)) {
    const { status, text } = await request
    t.is(status, 410, `${name}: ${text}`)
    t.is(JSON.parse(text).code, 'subject_erased', name)
  }
  const subject = await vault.subjectIdOf(account)
  t.deepEqual(await rows('keysAdmin', 'select from dek where subject_id = $1', [subject]), [])
  t.deepEqual(await rows('vaultAdmin', `select from token where subject_id = $1 and state = 'active'`, [subject]), [])
})

const REVEAL = { scopes: ['token.reveal:card:number'], purposes: ['charge'] }

async function guest(app: TestVault['app']): Promise<string> {
  return (await tokenize(app, admin, PAYPAL_ACCOUNT)).json().id
}

test('an account that the vault never saw is erased too, so that nothing is stored under it later', async (t) => {
  const account = newAccountId()
  const answer = await erase(account)
  t.is(answer.status, 200)
  t.is(answer.json().tokens_destroyed, 0)
  t.is((await tokenize(vault.app, admin, { ...CARD, account_id: account })).json().code, 'subject_erased')
})

test('an erasure is of one tenant and one mode, and leaves everybody else alone', async (t) => {
  const { account, tokens } = await customer()
  const live = await vault.newKey({ role: 'privacy', mode: 'live' })
  const foreign = await vault.newKey({ role: 'privacy', tenantId: await vault.newTenant('other') })
  t.is((await erase(account, live)).status, 200)
  t.is((await erase(account, foreign)).status, 200)
  for (const token of tokens) {
    t.is((await call(vault.app, { key: admin, method: 'GET', url: `/v1/tokens/${token}` })).status, 200)
  }
})

test('only privacy and admin may erase or hold', async (t) => {
  const account = newAccountId()
  t.is((await erase(account, checkout)).json().code, 'scope_missing')
  t.is((await hold('PUT', account, { reason: 'audit' }, checkout)).status, 403)
  t.is((await erase(account, 'kv_test_nothing')).status, 401)
  t.is(
    (await vault.vaultAdmin.query('select from data_subject where account_id = $1', [parseId('acc', account)]))
      .rowCount,
    0,
  )
})

test('a body and a malformed account are refused', async (t) => {
  t.is(
    (
      await call(vault.app, {
        key: privacy,
        method: 'DELETE',
        url: `/v1/accounts/${newAccountId()}/data`,
        body: { a: 1 },
      })
    ).status,
    400,
  )
  t.is((await erase('acc_nothing')).status, 404)
})
