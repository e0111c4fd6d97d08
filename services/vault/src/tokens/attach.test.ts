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

const attach = (id: string, account_id: string, intent: string = newIntent(), app = vault.app, key = admin) =>
  call(app, {
    key,
    method: 'POST',
    url: `/v1/tokens/${id}/attach`,
    body: { account_id },
    headers: { 'idempotency-key': intent },
  })
const make = async (body: object = CARD): Promise<string> => (await tokenize(vault.app, admin, body)).json().id
const get = (id: string) => call(vault.app, { key: admin, method: 'GET', url: `/v1/tokens/${id}` })
const destroy = (id: string) => call(vault.app, { key: admin, method: 'DELETE', url: `/v1/tokens/${id}` })
/** Asks a service that holds no key yet. */
async function reveal(id: string, fields: readonly string[]) {
  const app = await vault.newApp()
  const body = { fields, purpose: 'charge' }
  const answer = await call(app, { key: admin, method: 'POST', url: `/v1/tokens/${id}/reveal`, body })
  await app.close()
  return answer
}
const deksOf = async (id: string) =>
  (await vault.keysAdmin.query('select from dek where subject_id = $1', [parseId('tok', id)])).rowCount
const eventsOf = async (id: string) =>
  (
    await vault.vaultAdmin.query('select type, object_version, data from event where object_id = $1 order by tx, id', [
      parseId('tok', id),
    ])
  ).rows

for (const [name, body, fields] of [
  ['card', CARD, ['number', 'expiry']],
  ['IBAN account', IBAN_ACCOUNT, ['iban', 'bic']],
  ['US account', US_ACCOUNT, ['account_number']],
  ['PayPal account', PAYPAL_ACCOUNT, ['email', 'payer_id']],
] as const) {
  test(`a guest’s ${name} becomes the account’s, under a new id and the account’s key`, async (t) => {
    const account_id = newAccountId()
    const guests = (
      await tokenize(vault.app, admin, { ...body, metadata: { a: '1' }, expires_at: '2030-01-01T00:00:00Z' })
    ).json()
    const before = (await reveal(guests.id, [...fields, 'holder_name'])).json()
    const answer = await attach(guests.id, account_id)
    t.is(answer.status, 201, answer.text)
    t.is(answer.headers.etag, '"1"')
    const { id } = answer.json()
    t.not(id, guests.id)
    t.deepEqual(answer.json(), { ...guests, id, account_id })
    t.deepEqual((await get(id)).json(), answer.json())
    t.deepEqual((await reveal(id, [...fields, 'holder_name'])).json(), { ...before, id, account_id })
    t.is(await deksOf(guests.id), 0)
    t.deepEqual((await eventsOf(guests.id)).at(-1), {
      type: 'token.moved',
      object_version: 2,
      data: JSON.stringify({ to: id }),
    })
    t.deepEqual(await eventsOf(id), [
      { type: 'token.created', object_version: 1, data: null },
      { type: 'token.revealed', object_version: 1, data: JSON.stringify({ fields: [...fields, 'holder_name'] }) },
    ])
    const list = await call(vault.app, { key: admin, method: 'GET', url: `/v1/tokens?account_id=${account_id}` })
    t.deepEqual(
      list.json().data.map((token: { id: string }) => token.id),
      [id],
    )
  })
}

test('the old id answers 410 on every path and names the new one', async (t) => {
  const intent = newIntent()
  const old = (await tokenize(vault.app, admin, CARD, intent)).json().id
  const { id } = (await attach(old, newAccountId())).json()
  const answers = [
    await get(old),
    await reveal(old, ['number']),
    await destroy(old),
    await attach(old, newAccountId()),
    await tokenize(vault.app, admin, CARD, intent),
    await call(vault.app, {
      key: admin,
      method: 'PATCH',
      url: `/v1/tokens/${old}`,
      body: { metadata: {} },
      headers: { 'if-match': '"2"' },
    }),
  ]
  for (const answer of answers) {
    t.is(answer.status, 410)
    t.like(answer.json(), { code: 'token_moved', moved_to: id })
  }
  const { rows } = await vault.vaultAdmin.query('select * from token where id = $1', [parseId('tok', old)])
  t.like(rows[0], { state: 'moved', record: null, last_four: null, number_fingerprint: null, request_hmac: null })
  t.is((await get(id)).status, 200)
})

test('the same request again answers the same; the same key for another account does not', async (t) => {
  const account_id = newAccountId()
  const intent = newIntent()
  const old = await make()
  const first = await attach(old, account_id, intent)
  for (const app of [vault.app, await vault.newApp()]) {
    const again = await attach(old, account_id, intent, app)
    t.is(again.status, 201)
    t.is(again.text, first.text)
    t.is(again.headers['idempotent-replayed'], 'true')
  }
  t.is((await attach(old, newAccountId(), intent)).json().code, 'idempotency_mismatch')
  t.is((await attach(old, account_id)).json().code, 'token_moved')
  const url = `/v1/tokens/${first.json().id}`
  const headers = { 'if-match': '"1"' }
  await call(vault.app, { key: admin, method: 'PATCH', url, body: { metadata: { a: '1' } }, headers })
  t.is((await attach(old, account_id, intent)).text, first.text, 'as it was answered, not as the token is now')
  await destroy(first.json().id)
  t.is((await attach(old, account_id, intent)).json().code, 'token_deleted')
})

test('of attachments at once one is made, wherever they lead and from whichever process', async (t) => {
  const other = await vault.newApp()
  for (let round = 0; round < 4; round++) {
    const old = await make()
    const accounts = [newAccountId(), newAccountId()] as const
    const intent = newIntent()
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        attach(old, accounts[n % 2] as string, n < 6 ? intent : newIntent(), n % 3 === 0 ? vault.app : other),
      ),
    )
    const made = answers.filter(({ status }) => status === 201)
    t.is(new Set(made.map(({ json }) => json().id)).size, 1, answers.map(({ status }) => status).join())
    t.true(answers.every(({ status }) => [201, 410, 422].includes(status)))
    const { rows } = await vault.vaultAdmin.query(`select from event where object_id = $1 and type = 'token.moved'`, [
      parseId('tok', old),
    ])
    t.is(rows.length, 1)
  }
})

test('an attachment beside a deletion, a change or a reveal loses nothing and raises no alarm', async (t) => {
  for (let round = 0; round < 6; round++) {
    const old = await make()
    const [attached, deleted, changed, revealed] = await Promise.all([
      attach(old, newAccountId()),
      round % 2 === 0 ? destroy(old) : get(old),
      call(vault.app, {
        key: admin,
        method: 'PATCH',
        url: `/v1/tokens/${old}`,
        body: { holder: { name: 'Bea' } },
        headers: { 'if-match': '"1"' },
      }),
      reveal(old, ['number']),
    ])
    t.true([201, 410].includes(attached.status), attached.text)
    t.true([200, 204, 410].includes(deleted.status), deleted.text)
    t.true([200, 410].includes(changed.status), changed.text)
    t.true([200, 410].includes(revealed.status), revealed.text)
    if (attached.status !== 201) continue
    const { holder } = (await reveal(attached.json().id, ['holder_name'])).json()
    // A change that was acknowledged before the token moved went with it.
    t.is(holder.name, changed.status === 200 ? 'Bea' : 'Ada Muster')
  }
})

test('only a guest’s token is attached, and only to an account that may have one', async (t) => {
  const accounts = await make({ ...CARD, account_id: newAccountId() })
  const already = await attach(accounts, newAccountId())
  t.is(already.status, 409)
  t.is(already.json().code, 'already_attached')
  t.is((await attach(`tok_${'0'.repeat(26)}`, newAccountId())).status, 404)
  t.is((await attach(await make(), 'acc_1')).status, 400)

  const erased = newAccountId()
  await make({ ...CARD, account_id: erased })
  await vault.vaultAdmin.query(`update data_subject set state = 'erased' where account_id = $1`, [
    parseId('acc', erased),
  ])
  const guests = await make()
  for (const app of [vault.app, await vault.newApp()]) {
    const answer = await attach(guests, erased, newIntent(), app)
    t.is(answer.status, 410)
    t.is(answer.json().code, 'subject_erased')
  }
  t.is((await reveal(guests, ['number'])).status, 200, 'the guest’s token is as it was')
  await vault.vaultAdmin.query(`update data_subject set state = 'active' where account_id = $1`, [
    parseId('acc', erased),
  ])
  const gone = await make()
  await destroy(gone)
  t.is((await attach(gone, newAccountId())).json().code, 'token_deleted')
  const reader = await vault.newKey({ role: 'accounting' })
  const denied = await attach(guests, newAccountId(), newIntent(), vault.app, reader)
  t.like(denied.json(), { status: 403, code: 'scope_missing', scope: 'token.attach' })
})

test('an equal instrument of the account is no hindrance: both are there', async (t) => {
  const account_id = newAccountId()
  const first = await make({ ...CARD, account_id })
  const attached = (await attach(await make(), account_id)).json().id
  const again = { ...CARD, account_id, on_duplicate: 'return_existing' }
  t.is((await tokenize(vault.app, admin, again)).json().id, first)
  await destroy(first)
  t.is((await tokenize(vault.app, admin, again)).json().id, attached)
})

test('a guest’s key that could not be destroyed does not hold up the answer, and a retry destroys it', async (t) => {
  const own = await testVault()
  t.teardown(() => own.close())
  const key = await own.newKey({})
  const { id } = (await tokenize(own.app, key, CARD)).json()
  await own.keysAdmin.query(
    `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
     create trigger refuse before delete on dek for each row execute function refuse()`,
  )
  const [account, intent] = [newAccountId(), newIntent()]
  const answer = await attach(id, account, intent, own.app, key)
  t.is(answer.status, 201)
  const pending = async () => (await own.vaultAdmin.query('select state from token where key_pending')).rows
  t.deepEqual(await pending(), [{ state: 'moved' }])
  await own.keysAdmin.query('drop function refuse cascade')
  t.is((await attach(id, account, intent, own.app, key)).text, answer.text)
  t.deepEqual(await pending(), [])
  const left = await own.keysAdmin.query('select from dek where subject_id = $1', [parseId('tok', id)])
  t.is(left.rowCount, 0)
})
