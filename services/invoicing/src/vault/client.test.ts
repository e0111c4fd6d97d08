import { randomBytes } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { formatId, newUuid, toBucket } from '@kontor/ids'
import test, { type ExecutionContext } from 'ava'
import { json, fakeVault as vaultOf } from '../testing/fake-vault.ts'
import { vaultClient } from './client.ts'

const uuid = () => newUuid(toBucket(7), Date.parse('2026-11-23T10:00:00Z'), randomBytes)
const OWNER = { tenantId: uuid(), mode: 'test' } as const
const TOKEN = uuid()
const ACCOUNT = uuid()

/** Asks a vault that answers as it is told. */
async function fakeVault(t: ExecutionContext, answer: RequestListener) {
  const { url, keys } = await vaultOf(t, answer)
  return vaultClient(url, keys)
}

const CARD = {
  id: formatId('tok', TOKEN),
  type: 'card',
  display: 'Visa •••• 4242',
  account_id: formatId('acc', ACCOUNT),
  card: { brand: 'visa' },
}

test('a token is asked for with the service key, in the name of the tenant', async (t) => {
  const find = await fakeVault(t, (request, response) => {
    t.is(request.method, 'GET')
    t.is(request.url, `/v1/tokens/${CARD.id}`)
    t.is(request.headers.authorization, 'Bearer kv_test_key')
    t.is(request.headers['kontor-tenant'], formatId('ten', OWNER.tenantId))
    json(200, CARD)(request, response)
  })
  t.deepEqual(await find(OWNER, TOKEN), { type: 'card', display: 'Visa •••• 4242', accountId: ACCOUNT })
})

test('the token of a guest has no account', async (t) => {
  const find = await fakeVault(t, json(200, { ...CARD, account_id: null }))
  t.is((await find(OWNER, TOKEN))?.accountId, null)
})

test('its registrations are asked for in the same question, and left as the vault says them', async (t) => {
  const data = [{ processor: 'test', state: 'registered' }]
  const find = await fakeVault(t, (request, response) => {
    t.is(request.url, `/v1/tokens/${CARD.id}/registrations`)
    json(200, { token: CARD, data })(request, response)
  })
  t.deepEqual(await find(OWNER, TOKEN, 'registrations'), {
    type: 'card',
    display: 'Visa •••• 4242',
    accountId: ACCOUNT,
    registrations: data,
  })
  for (const answer of [{ token: CARD }, { token: CARD, data: {} }, { token: CARD, data: [null] }, { data }, CARD]) {
    const other = await fakeVault(t, json(200, answer))
    t.like(await t.throwsAsync(other(OWNER, TOKEN, 'registrations')), { code: 'vault_unavailable' })
  }
})

test('a token that is not there is undefined, one that is gone says so', async (t) => {
  const unknown = await fakeVault(t, json(404, { code: 'not_found' }))
  t.is(await unknown(OWNER, TOKEN), undefined)
  const deleted = await fakeVault(t, json(410, { code: 'token_deleted' }))
  t.like(await t.throwsAsync(deleted(OWNER, TOKEN)), { code: 'token_gone', status: 410 })
})

const unusable = test.macro({
  async exec(t, answer: RequestListener) {
    const find = await fakeVault(t, answer)
    const error = await t.throwsAsync(find(OWNER, TOKEN))
    t.like(error, { code: 'vault_unavailable', status: 503 })
    t.truthy(error?.cause, 'the operator sees why')
  },
  title: (given) => `${given} is a vault that cannot be asked`,
})

test('one that refuses the key', unusable, json(401, { code: 'unauthenticated' }))
test('one that fails', unusable, json(500, {}))
test('one that is not ready', unusable, json(503, {}))
test('one that redirects', unusable, (_request, response) => response.writeHead(302, { location: '/elsewhere' }).end())
test('one that answers no JSON', unusable, (_request, response) => response.writeHead(200).end('<html>'))
test('one that answers something else', unusable, json(200, { ok: true }))
test('one that answers null', unusable, json(200, null))
test('one that names no account id', unusable, json(200, { ...CARD, account_id: '4242424242424242' }))
test('one that knows another kind', unusable, json(200, { ...CARD, type: 'gold' }))
test('one that breaks off in the middle', unusable, (request, response) => {
  response.writeHead(200, { 'content-length': '1000' }).write('{"type":')
  request.socket.destroy()
})

test('a vault that is not there cannot be asked either, and neither can one without a key for the mode', async (t) => {
  const nobody = vaultClient('http://127.0.0.1:1', { test: 'kv_test_key' })
  t.like(await t.throwsAsync(nobody(OWNER, TOKEN)), { code: 'vault_unavailable' })
  const find = await fakeVault(t, () => t.fail('nobody asks without a key'))
  t.like(await t.throwsAsync(find({ ...OWNER, mode: 'live' }, TOKEN)), { code: 'vault_unavailable' })
})
