import { parseId } from '@kontor/ids'
import test from 'ava'
import { claimFaults } from '../../test/claims.ts'
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
  US_ACCOUNT,
} from '../../test/test-vault.ts'

let vault: TestVault
let admin: string

test.before(async () => {
  vault = await testVault()
  admin = await vault.newKey({ scopes: ['token.reveal'], purposes: ['charge'] })
})
test.after.always(async (t) => {
  t.deepEqual(await claimFaults(vault.vaultAdmin), [])
  await vault?.close()
})

const otherExpiry = { ...CARD, card: { ...CARD.card, expiry_year: 2031 } }
const otherHolder = { ...CARD, holder: { name: 'Bea Muster' } }
const make = (body: object, on_duplicate?: string, intent?: string, app = vault.app) =>
  tokenize(app, admin, { ...body, ...(on_duplicate && { on_duplicate }) }, intent)
const destroy = (id: string) => call(vault.app, { key: admin, method: 'DELETE', url: `/v1/tokens/${id}` })
const get = (id: string) => call(vault.app, { key: admin, method: 'GET', url: `/v1/tokens/${id}` })
const reveal = async (id: string, fields: string[]) =>
  (
    await call(vault.app, {
      key: admin,
      method: 'POST',
      url: `/v1/tokens/${id}/reveal`,
      body: { fields, purpose: 'charge' },
    })
  ).json()
const eventsOf = async (id: string) =>
  (
    await vault.vaultAdmin.query('select type, object_version, data from event where object_id = $1 order by tx, id', [
      parseId('tok', id),
    ])
  ).rows

for (const [name, body] of Object.entries({ CARD, IBAN_ACCOUNT, US_ACCOUNT, PAYPAL_ACCOUNT })) {
  test(`${name}: the same instrument again makes another token, is the one there is, or is refused`, async (t) => {
    const account = { ...body, account_id: newAccountId() }
    const first = (await make(account)).json()
    const created = await make(account, 'create')
    t.is(created.status, 201)
    t.not(created.json().id, first.id)
    t.false('duplicate' in created.json())

    const existing = await make(account, 'return_existing')
    t.is(existing.status, 200, existing.text)
    t.deepEqual(existing.json(), { ...first, duplicate: true })
    t.is(existing.headers.etag, '"1"')

    const updated = await make(account, 'update')
    t.is(updated.status, 200)
    t.deepEqual(updated.json(), first, 'nothing was to change, so nothing did')

    const rejected = await make(account, 'reject')
    t.is(rejected.status, 409)
    t.like(rejected.json(), { code: 'duplicate_token', token_id: first.id })
    t.is((await eventsOf(first.id)).length, 1)
  })
}

for (const [name, differing] of Object.entries({ expiry: otherExpiry, holder: otherHolder })) {
  test(`the same number with another ${name} makes another token, differs, changes the token, or is refused`, async (t) => {
    const account_id = newAccountId()
    const first = (await make({ ...CARD, account_id })).json()
    const other = { ...differing, account_id }

    const differs = await make(other, 'return_existing')
    t.is(differs.status, 409)
    t.like(differs.json(), { code: 'duplicate_differs', token_id: first.id })
    t.is((await make(other, 'reject')).json().code, 'duplicate_token')
    t.is((await eventsOf(first.id)).length, 1)

    const updated = await make(other, 'update')
    t.is(updated.status, 200, updated.text)
    t.is(updated.headers.etag, '"2"')
    t.like(updated.json(), { id: first.id, version: 2, created_at: first.created_at })
    t.like(updated.json().card, { expiry_year: differing.card.expiry_year })
    t.deepEqual((await get(first.id)).json(), updated.json())
    t.deepEqual(await eventsOf(first.id), [
      { type: 'token.created', object_version: 1, data: null },
      { type: 'token.updated', object_version: 2, data: `{"changed":["${name}"]}` },
    ])
    const shown = await reveal(first.id, ['number', 'expiry', 'holder_name'])
    t.deepEqual(shown.holder, differing.holder)
    t.is(shown.card.expiry_year, differing.card.expiry_year)
    // It is recognised as what it is now.
    t.is((await make(other, 'return_existing')).json().id, first.id)
    t.is((await make({ ...CARD, account_id }, 'return_existing')).json().code, 'duplicate_differs')

    const created = await make({ ...CARD, account_id })
    t.is(created.status, 201)
    t.not(created.json().id, first.id)
    // Of two tokens of the number, the one that is the same instrument is meant.
    t.is((await make({ ...CARD, account_id }, 'return_existing')).json().id, created.json().id)
  })
}

test('update changes what is sent and leaves what is not', async (t) => {
  const account_id = newAccountId()
  const iban = { ...IBAN_ACCOUNT, account_id, metadata: { a: '1' } }
  const { id } = (await make(iban)).json()
  const { bic: _, ...bare } = IBAN_ACCOUNT.bank_account
  const renamed = { ...IBAN_ACCOUNT, bank_account: bare, account_id, holder: { name: 'Bea Muster' } }
  t.like((await make(renamed, 'update')).json(), { id, version: 2, metadata: { a: '1' } })
  t.deepEqual((await reveal(id, ['bic', 'holder_name'])).bank_account, { bic: 'COBADEFFXXX' })
  const again = { ...renamed, bank_account: { ...bare, bic: 'DEUTDEFF' }, metadata: { b: '2' } }
  t.like((await make(again, 'update')).json(), { id, version: 3, metadata: { b: '2' } })
  t.deepEqual((await reveal(id, ['bic'])).bank_account, { bic: 'DEUTDEFF' })
  t.deepEqual(
    (await eventsOf(id)).filter(({ type }) => type === 'token.updated').map(({ data }) => data),
    ['{"changed":["holder"]}', '{"changed":["bic","metadata"]}'],
  )
})

test('an account, a mode and a tenant know nothing of the instruments of another', async (t) => {
  const live = { ...CARD, card: { ...CARD.card, number: '4929421234600821' }, on_duplicate: 'return_existing' }
  const account_id = newAccountId()
  const keys = [admin, await vault.newKey({ mode: 'live' })]
  keys.push(await vault.newKey({ tenantId: await vault.newTenant('neighbour') }))
  const made = [await tokenize(vault.app, admin, { ...live, account_id: newAccountId() })]
  for (const key of keys) made.push(await tokenize(vault.app, key, { ...live, account_id }))
  t.deepEqual(
    made.map(({ status }) => status),
    [201, 201, 201, 201],
  )
})

test('of a hundred parallel requests over two processes exactly one makes the token', async (t) => {
  const other = await vault.newApp()
  const body = { ...CARD, account_id: newAccountId() }
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, n) => make(body, 'return_existing', newIntent(), n % 2 === 0 ? vault.app : other)),
  )
  t.is(answers.filter(({ status }) => status === 201).length, 1, answers.map(({ status }) => status).join())
  t.is(answers.filter(({ status, json }) => status === 200 && json().duplicate === true).length, 99)
  t.is(new Set(answers.map(({ json }) => json().id)).size, 1)
  const rejected = await Promise.all(
    Array.from({ length: 20 }, (_, n) => make(otherHolder, undefined, undefined, n % 2 === 0 ? vault.app : other)),
  )
  t.true(
    rejected.every(({ status }) => status === 201),
    'guests are not asked',
  )
})

test('parallel updates with different holders all change the one token, one after the other', async (t) => {
  const other = await vault.newApp()
  const account_id = newAccountId()
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, n) =>
      make(
        { ...CARD, account_id, holder: { name: `Holder ${'abcdefghijkl'[n]}` } },
        'update',
        newIntent(),
        n % 2 === 0 ? vault.app : other,
      ),
    ),
  )
  t.is(answers.filter(({ status }) => status === 201).length, 1)
  t.deepEqual(
    answers.map(({ json }) => json().version).sort((a, b) => a - b),
    Array.from({ length: 12 }, (_, n) => n + 1),
  )
  t.is(new Set(answers.map(({ json }) => json().id)).size, 1)
})

test('plain creates beside it make tokens of their own, and the claim names one of them', async (t) => {
  const body = { ...CARD, account_id: newAccountId() }
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, n) => make(body, n % 4 === 0 ? 'return_existing' : 'create')),
  )
  t.true(answers.every(({ status }) => status === 201 || status === 200))
  t.is(answers.filter(({ status }, n) => n % 4 !== 0 && status === 201).length, 30)
  t.true(answers.filter(({ status }, n) => n % 4 === 0 && status === 201).length <= 1)
  t.deepEqual(await claimFaults(vault.vaultAdmin), [])
})

test('deletions beside creates of one card never leave a token without its claim', async (t) => {
  const body = { ...CARD, account_id: newAccountId() }
  let alive = [(await make(body)).json().id as string]
  for (let round = 0; round < 8; round++) {
    const [made] = await Promise.all([
      Promise.all([make(body), make(body, 'return_existing'), make(body, 'update')]),
      Promise.all(alive.map(destroy)),
    ])
    t.true(made.every(({ status }) => status === 200 || status === 201))
    t.deepEqual(await claimFaults(vault.vaultAdmin), [])
    alive = [...new Set(made.map(({ json }) => json().id as string))]
  }
})

test('a deleted instrument is handed on to another token of the account, and then free', async (t) => {
  const account = { ...CARD, account_id: newAccountId() }
  const [first, second] = [(await make(account)).json().id, (await make(account)).json().id]
  t.is((await make(account, 'return_existing')).json().id, first)
  await destroy(first)
  t.is((await make(account, 'return_existing')).json().id, second)
  await destroy(second)
  const anew = await make(account, 'return_existing')
  t.is(anew.status, 201)
})

test('an erased account neither has nor gets a duplicate', async (t) => {
  const account_id = newAccountId()
  await make({ ...CARD, account_id })
  await vault.vaultAdmin.query(`update data_subject set state = 'erased' where account_id = $1`, [
    parseId('acc', account_id),
  ])
  for (const app of [vault.app, await vault.newApp()]) {
    for (const mode of ['return_existing', 'update', 'reject']) {
      const answer = await make({ ...CARD, account_id }, mode, newIntent(), app)
      t.is(answer.status, 410)
      t.is(answer.json().code, 'subject_erased')
    }
  }
  await vault.vaultAdmin.query(`update data_subject set state = 'active' where account_id = $1`, [
    parseId('acc', account_id),
  ])
})
