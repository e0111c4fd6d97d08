import { parseId } from '@kontor/ids'
import test from 'ava'
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

test.before(async () => {
  vault = await testVault()
  admin = await vault.newKey({ role: 'admin' })
})
test.after.always(() => vault?.close())

const withAccount = (accountId: string | undefined, body: object = CARD) => ({
  ...body,
  ...(accountId === undefined ? {} : { account_id: accountId }),
})

for (const [whose, accountId] of [
  ['a guest’s', undefined],
  ['an account’s', newAccountId()],
] as const) {
  test(`${whose} request that is repeated answers the same and makes nothing`, async (t) => {
    const intent = newIntent()
    const first = await tokenize(vault.app, admin, withAccount(accountId), intent)
    t.is(first.status, 201)
    t.is(first.headers['idempotent-replayed'], undefined)
    vault.clock.now = new Date(vault.clock.now.getTime() + 1_000)
    const again = await tokenize(vault.app, admin, withAccount(accountId), intent)
    t.is(again.status, 201)
    t.is(again.headers['idempotent-replayed'], 'true')
    t.is(again.text, first.text)
    const { rows } = await vault.vaultAdmin.query('select 1 from event where object_id = $1', [
      parseId('tok', first.json().id),
    ])
    t.is(rows.length, 1)
  })

  test(`${whose} request sent fifty times at once to two instances makes one token`, async (t) => {
    const other = await vault.newApp()
    const intent = newIntent()
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        tokenize(n % 2 === 0 ? vault.app : other, admin, withAccount(accountId), intent),
      ),
    )
    t.deepEqual([...new Set(answers.map(({ status }) => status))], [201])
    t.is(new Set(answers.map(({ json }) => json().id)).size, 1)
    t.is(answers.filter(({ headers }) => headers['idempotent-replayed'] === undefined).length, 1)
  })

  test(`${whose} request that is changed under the same key is refused, and the first stands`, async (t) => {
    const intent = newIntent()
    const first = await tokenize(vault.app, admin, withAccount(accountId), intent)
    const changes = [
      { ...CARD, card: { ...CARD.card, expiry_month: 11 } },
      { ...CARD, holder: { name: 'Bea Muster' } },
      { ...CARD, metadata: { order: '1' } },
      IBAN_ACCOUNT,
    ]
    for (const change of changes) {
      const answer = await tokenize(vault.app, admin, withAccount(accountId, change), intent)
      t.is(answer.status, 422)
      t.is(answer.json().code, 'idempotency_mismatch')
    }
    t.is((await tokenize(vault.app, admin, withAccount(accountId), intent)).text, first.text)
  })

  test(`${whose} request repeated after its token was deleted answers 410, changed or not`, async (t) => {
    const intent = newIntent()
    const { id } = (await tokenize(vault.app, admin, withAccount(accountId), intent)).json()
    await call(vault.app, { key: admin, method: 'DELETE', url: `/v1/tokens/${id}` })
    for (const body of [CARD, IBAN_ACCOUNT]) {
      const answer = await tokenize(vault.app, admin, withAccount(accountId, body), intent)
      t.is(answer.status, 410)
      t.is(answer.json().code, 'token_deleted')
    }
  })
}

test('different requests raced under one key make one token; the others are refused or told so', async (t) => {
  const intent = newIntent()
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      tokenize(vault.app, admin, { ...CARD, metadata: { n: String(n % 4) } }, intent),
    ),
  )
  const made = answers.filter(({ status }) => status === 201)
  t.is(new Set(made.map(({ json }) => json().id)).size, 1)
  t.is(made.length, 5)
  t.true(answers.filter(({ status }) => status !== 201).every(({ json }) => json().code === 'idempotency_mismatch'))
})

test('the order of fields and the CVC do not make another request', async (t) => {
  const intent = newIntent()
  const first = await tokenize(vault.app, admin, { ...CARD, metadata: { a: '1', b: '2' } }, intent)
  const { cvc: _, ...card } = CARD.card
  const turned = { metadata: { b: '2', a: '1' }, holder: CARD.holder, card: { ...card, cvc: '123' }, type: CARD.type }
  for (const body of [turned, { ...turned, card }]) {
    const again = await tokenize(vault.app, admin, body, intent)
    t.is(again.headers['idempotent-replayed'], 'true')
    t.is(again.text, first.text)
  }
})

test('one key names different intents for different accounts, modes and tenants', async (t) => {
  const intent = newIntent()
  const accounts = [undefined, newAccountId(), newAccountId()]
  const otherTenant = await vault.newTenant('other-shop')
  const keys = [admin, await vault.newKey({ mode: 'live' }), await vault.newKey({ tenantId: otherTenant })]
  const live = { ...CARD, card: { ...CARD.card, number: '4929 4212 3460 0821' } }
  const answers = [
    ...(await Promise.all(accounts.map((id) => tokenize(vault.app, admin, withAccount(id, live), intent)))),
    ...(await Promise.all(keys.slice(1).map((key) => tokenize(vault.app, key, live, intent)))),
  ]
  t.deepEqual(
    answers.map(({ status }) => status),
    [201, 201, 201, 201, 201],
    answers.map(({ text }) => text).join('\n'),
  )
  t.is(new Set(answers.map(({ json }) => json().id)).size, 5)
})

test('a retry under another API key of the same tenant and mode replays; a key without the scope is refused first', async (t) => {
  const intent = newIntent()
  const first = await tokenize(vault.app, admin, CARD, intent)
  const rotated = await vault.newKey({ role: 'checkout' })
  t.is((await tokenize(vault.app, rotated, CARD, intent)).text, first.text)
  t.is((await tokenize(vault.app, await vault.newKey({ role: 'accounting' }), CARD, intent)).status, 403)
})

test('a refusal is not remembered: the same key works once the request is right', async (t) => {
  const intent = newIntent()
  const wrong = { ...CARD, card: { ...CARD.card, number: '4242424242424241' } }
  t.is((await tokenize(vault.app, admin, wrong, intent)).status, 422)
  t.is((await tokenize(vault.app, admin, CARD, intent)).status, 201)
})

test('a retry after the card has expired still answers what was stored', async (t) => {
  const other = await testVault()
  const key = await other.newKey({})
  const intent = newIntent()
  const first = await tokenize(other.app, key, CARD, intent)
  other.clock.now = new Date('2031-06-01T00:00:00.000Z')
  t.is((await tokenize(other.app, key, CARD, intent)).text, first.text)
  t.is((await tokenize(other.app, key, CARD)).json().code, 'card_expired')
  t.is((await tokenize(other.app, key, { ...CARD, metadata: {} }, intent)).json().code, 'idempotency_mismatch')
  await other.close()
})

test('a guest’s token lives in the bucket of its intent, an account’s in that of the account', async (t) => {
  for (let n = 0; n < 5; n++) {
    for (const account of [undefined, newAccountId()]) await tokenize(vault.app, admin, withAccount(account))
  }
  const { rows } = await vault.vaultAdmin.query(`
    select token.account_id is null as guest, token.bucket, event.bucket as of_event,
      get_byte(token.idempotency_hmac, 0) * 16 + get_byte(token.idempotency_hmac, 1) / 16 as of_intent,
      ('x' || substr(token.subject_id::text, 16, 3))::bit(12)::int as of_subject,
      ('x' || substr(token.id::text, 16, 3))::bit(12)::int as of_id
    from token join event on event.object_id = token.id`)
  t.true(rows.length >= 10)
  for (const row of rows) {
    t.is(row.bucket, row.of_subject)
    t.is(row.bucket, row.of_id)
    t.is(row.bucket, row.of_event)
    if (row.guest) t.is(row.bucket, row.of_intent)
  }
})
