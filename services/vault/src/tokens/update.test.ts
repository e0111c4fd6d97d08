import { parseId } from '@kontor/ids'
import test, { type ExecutionContext } from 'ava'
import { claimFaults } from '../../test/claims.ts'
import {
  CARD,
  call,
  HOLDER,
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

const patch = (id: string, body: object | string, ifMatch: string | undefined = '"1"', app = vault.app) =>
  call(app, {
    key: admin,
    method: 'PATCH',
    url: `/v1/tokens/${id}`,
    body,
    ...(ifMatch !== '' && { headers: { 'if-match': ifMatch } }),
  })
const get = (id: string) => call(vault.app, { key: admin, method: 'GET', url: `/v1/tokens/${id}` })
const destroy = (id: string) => call(vault.app, { key: admin, method: 'DELETE', url: `/v1/tokens/${id}` })
const make = async (body: object = CARD): Promise<string> => (await tokenize(vault.app, admin, body)).json().id
/** Asks a service that holds no key yet. */
async function reveal(id: string, fields: readonly string[]) {
  const app = await vault.newApp()
  const body = { fields, purpose: 'charge' }
  const answer = await call(app, { key: admin, method: 'POST', url: `/v1/tokens/${id}/reveal`, body })
  await app.close()
  return answer.json()
}
const eventsOf = async (id: string) =>
  (
    await vault.vaultAdmin.query(
      'select type, object_version, data, actor_key_id from event where object_id = $1 order by tx, id',
      [parseId('tok', id)],
    )
  ).rows

for (const [whose, account] of [
  ['a guest’s', () => ({})],
  ['an account’s', () => ({ account_id: newAccountId() })],
] as const) {
  test(`expiry, holder, metadata and end of ${whose} card change, and nothing else does`, async (t) => {
    const made = (await tokenize(vault.app, admin, { ...CARD, ...account(), metadata: { a: '1', b: '2' } })).json()
    const answer = await patch(made.id, {
      card: { expiry_month: 3, expiry_year: 2033 },
      holder: { name: ' Bea Muster ' },
      metadata: { b: null, c: '3' },
      expires_at: '2030-01-31T13:00:00.5+01:00',
    })
    t.is(answer.status, 200, answer.text)
    t.is(answer.headers.etag, '"2"')
    t.deepEqual(answer.json(), {
      ...made,
      card: { ...made.card, expiry_month: 3, expiry_year: 2033 },
      metadata: { a: '1', c: '3' },
      expires_at: '2030-01-31T12:00:00.500Z',
      version: 2,
    })
    t.deepEqual((await get(made.id)).json(), answer.json())
    t.is((await get(made.id)).headers.etag, '"2"')
    const shown = await reveal(made.id, ['number', 'expiry', 'holder_name'])
    t.deepEqual(shown.card, { number: '4242424242424242', expiry_month: 3, expiry_year: 2033 })
    t.is(shown.holder.name, 'Bea Muster')
    const [, updated] = await eventsOf(made.id)
    t.like(updated, {
      type: 'token.updated',
      object_version: 2,
      data: '{"changed":["expires_at","expiry","holder","metadata"]}',
    })
  })
}

test('the holder of every instrument can change', async (t) => {
  for (const [body, fields] of [
    [IBAN_ACCOUNT, ['iban', 'bic']],
    [US_ACCOUNT, ['account_number']],
    [PAYPAL_ACCOUNT, ['email', 'payer_id']],
  ] as const) {
    const id = await make({ ...body, account_id: newAccountId() })
    const before = await reveal(id, [...fields, 'holder_name'])
    t.like((await patch(id, { holder: { name: 'Bea' } })).json(), { version: 2 })
    t.deepEqual(await reveal(id, [...fields, 'holder_name']), { ...before, holder: { name: 'Bea' } })
  }
})

test('one half of an expiry may change alone', async (t) => {
  const id = await make()
  t.like((await patch(id, { card: { expiry_month: 1 } })).json().card, { expiry_month: 1, expiry_year: 2030 })
  t.like((await patch(id, { card: { expiry_year: 2027 } }, '"2"')).json().card, { expiry_month: 1, expiry_year: 2027 })
})

test('a patch that changes nothing leaves version and events as they are', async (t) => {
  const id = await make({ ...CARD, metadata: { a: '1' } })
  for (const same of [
    { card: { expiry_month: 12 } },
    { holder: HOLDER },
    { metadata: {} },
    { metadata: { a: '1', z: null } },
    { expires_at: null },
  ]) {
    const answer = await patch(id, same)
    t.is(answer.status, 200, JSON.stringify(same))
    t.is(answer.json().version, 1)
  }
  t.is((await eventsOf(id)).length, 1)
})

test('null takes away all metadata, or the end', async (t) => {
  const id = await make({ ...CARD, metadata: { a: '1' }, expires_at: '2030-01-01T00:00:00Z' })
  const answer = await patch(id, { metadata: null, expires_at: null })
  t.like(answer.json(), { metadata: {}, expires_at: null, version: 2 })
})

test('without If-Match 428, with another version 412, and what is no version matches none', async (t) => {
  const id = await make()
  const missing = await patch(id, { holder: { name: 'Bea' } }, '')
  t.is(missing.status, 428)
  t.is(missing.json().code, 'if_match_required')
  for (const wrong of ['"2"', '"0"', '1', 'W/"1"', '*', '"1', '"01"', '"99999999999"']) {
    const answer = await patch(id, { holder: { name: 'Bea' } }, wrong)
    t.is(answer.status, 412, wrong)
    t.is(answer.json().code, 'version_conflict')
  }
  t.is((await get(id)).json().version, 1)
})

test('of changes to one version at once one is made and the others conflict', async (t) => {
  const other = await vault.newApp()
  for (const account of [{}, { account_id: newAccountId() }]) {
    const id = await make({ ...CARD, ...account })
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        patch(id, { metadata: { n: `${n}` } }, '"1"', n % 2 === 0 ? vault.app : other),
      ),
    )
    t.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array(9).fill(412)])
    t.is((await eventsOf(id)).length, 2)
  }
})

test('changes beside a deletion are made before it or refused after it, and never raise an alarm', async (t) => {
  for (let round = 0; round < 8; round++) {
    const id = await make(round % 2 === 0 ? CARD : { ...CARD, account_id: newAccountId() })
    const [changed, deleted] = await Promise.all([patch(id, { holder: { name: 'Bea' } }), destroy(id)])
    t.is(deleted.status, 204)
    t.true([200, 410].includes(changed.status), changed.text)
    t.is((await get(id)).status, 410)
  }
})

const refuses = test.macro<[body: object | string, status: number, code: string, path?: string, made?: object]>({
  async exec(t: ExecutionContext, body, status, code, path, made = CARD) {
    const id = await make(made)
    const answer = await patch(id, body)
    t.is(answer.status, status, answer.text)
    t.is(answer.json().code, code)
    if (path !== undefined) t.is(answer.json().errors[0].path, path)
    t.false(/5555|3704/.test(answer.text))
    t.is((await get(id)).json().version, 1)
  },
  title: (_given, body, status, code) => `${status} ${code}: ${JSON.stringify(body)?.slice(0, 80)}`,
})
const PAN = '5555555555554444'
test(refuses, {}, 400, 'malformed_request')
test(refuses, { card: {} }, 400, 'malformed_request')
test(refuses, { card: { number: PAN } }, 400, 'malformed_request', '/card')
test(refuses, { card: { cvc: '123' } }, 400, 'malformed_request', '/card')
test(refuses, { account_id: newAccountId() }, 400, 'malformed_request', '')
test(refuses, { type: 'card' }, 400, 'malformed_request', '')
test(refuses, { card: null }, 400, 'malformed_request', '/card')
test(refuses, { holder: null }, 400, 'malformed_request', '/holder')
test(refuses, { metadata: { a: 1 } }, 400, 'malformed_request', '/metadata/a')
test(refuses, { expires_at: 5 }, 400, 'malformed_request', '/expires_at')
test(refuses, '{"metadata":', 400, 'malformed_json')
test(refuses, { card: { expiry_year: 2025 } }, 422, 'card_expired', '/card/expiry_month')
test(refuses, { card: { expiry_year: 2199 } }, 422, 'invalid_expiry', '/card/expiry_month')
test(refuses, { card: { expiry_year: 2031 } }, 422, 'field_not_of_type', '/card', IBAN_ACCOUNT)
test(refuses, { holder: { name: ' ' } }, 422, 'invalid_holder_name', '/holder/name')
test(refuses, { holder: { name: `Bea ${PAN}` } }, 422, 'invalid_holder_name', '/holder/name')
test(refuses, { metadata: { note: `card ${PAN}` } }, 422, 'sensitive_text', '/metadata')
test(refuses, { metadata: { [PAN]: 'x' } }, 422, 'sensitive_text', '/metadata')
test(refuses, { metadata: { note: 'DE89 3704 0044 0532 0130 00' } }, 422, 'sensitive_text', '/metadata')
test(refuses, { expires_at: '2026-11-23T10:00:00Z' }, 422, 'invalid_expires_at', '/expires_at')
test(refuses, { expires_at: '2030-02-30T10:00:00Z' }, 422, 'invalid_expires_at', '/expires_at')
test(refuses, { expires_at: '2030-02-03 10:00:00.000' }, 422, 'invalid_expires_at', '/expires_at')

test('metadata that are added one after the other are at most fifty', async (t) => {
  const many = (from: number, n: number) =>
    Object.fromEntries(Array.from({ length: n }, (_, at) => [`n${from + at}`, 'x']))
  const id = await make({ ...CARD, metadata: many(0, 49) })
  t.is((await patch(id, { metadata: many(49, 2) })).json().code, 'too_many_metadata')
  t.is((await patch(id, { metadata: { ...many(49, 2), n0: null } })).status, 200)
})

test('a token that is unknown, of another mode or gone is not changed', async (t) => {
  t.is((await patch(`tok_${'0'.repeat(26)}`, { metadata: {} })).status, 404)
  t.is((await patch('tok_1', { metadata: {} })).status, 404)
  const id = await make()
  const live = await vault.newKey({ mode: 'live' })
  const headers = { 'if-match': '"1"' }
  const url = `/v1/tokens/${id}`
  t.is((await call(vault.app, { key: live, method: 'PATCH', url, body: { metadata: {} }, headers })).status, 404)
  const reader = await vault.newKey({ role: 'accounting' })
  const denied = await call(vault.app, { key: reader, method: 'PATCH', url, body: { metadata: {} }, headers })
  t.like(denied.json(), { status: 403, code: 'scope_missing', scope: 'token.update' })
  await destroy(id)
  t.is((await patch(id, { metadata: {} })).json().code, 'token_deleted')
})

test('the request that made a token is answered as it first was, after each change', async (t) => {
  for (const account of [{}, { account_id: newAccountId() }]) {
    const intent = newIntent()
    const body = { ...CARD, ...account, metadata: { z: '1', b: '2' } }
    const first = await tokenize(vault.app, admin, body, intent)
    const { id } = first.json()
    for (const version of [1, 2]) {
      await patch(id, { card: { expiry_year: 2030 + version }, metadata: { b: null } }, `"${version}"`)
      const again = await tokenize(vault.app, admin, body, intent)
      t.is(again.status, 201)
      t.is(again.text, first.text)
      t.is(again.headers['idempotent-replayed'], 'true')
    }
    t.is((await get(id)).json().version, 3)
    t.is((await tokenize(vault.app, admin, { ...body, metadata: {} }, intent)).json().code, 'idempotency_mismatch')
    await destroy(id)
    t.is((await tokenize(vault.app, admin, body, intent)).json().code, 'token_deleted')
  }
})

// Serial: for a moment nobody has a key.
test.serial('without the keys nothing is changed', async (t) => {
  const id = await make({ ...CARD, account_id: newAccountId() })
  await vault.keysAdmin.query('alter table dek rename to dek_gone')
  const answer = await patch(id, { holder: { name: 'Bea' } }, '"1"', await vault.newApp())
  await vault.keysAdmin.query('alter table dek_gone rename to dek')
  t.is(answer.status, 503, answer.text)
  t.is((await get(id)).json().version, 1)
})
