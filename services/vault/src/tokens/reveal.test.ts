import { parseId } from '@kontor/ids'
import test from 'ava'
import {
  CARD,
  call,
  HOLDER,
  IBAN_ACCOUNT,
  newAccountId,
  PAYPAL_ACCOUNT,
  type TestVault,
  testVault,
  tokenize,
  US_ACCOUNT,
} from '../../test/test-vault.ts'
import { FIELDS_OF_TYPE } from './fields.ts'

let vault: TestVault
let admin: string
let all: string

test.before(async () => {
  vault = await testVault()
  admin = await vault.newKey({})
  all = await newKey(...scopesOf('card', 'bank_account', 'paypal_account'))
})
test.after.always(() => vault?.close())

const scopesOf = (...types: (keyof typeof FIELDS_OF_TYPE)[]) =>
  types.flatMap((type) => FIELDS_OF_TYPE[type].map((field) => `token.reveal:${type}:${field}`))
const newKey = (...scopes: string[]) => vault.newKey({ role: 'accounting', scopes, purposes: ['charge'] })
const make = async (body: object = CARD): Promise<string> => (await tokenize(vault.app, admin, body)).json().id
const reveal = (id: string, fields: unknown, { key = all, purpose = 'charge', app = vault.app } = {}) =>
  call(app, { key, method: 'POST', url: `/v1/tokens/${id}/reveal`, body: { fields, purpose } })
const eventsOf = async (id: string, type: string) =>
  (
    await vault.vaultAdmin.query(
      'select purpose, data, object_version from event where object_id = $1 and type = $2 order by tx, id',
      [parseId('tok', id), type],
    )
  ).rows

test('each field is revealed by itself, and nothing else is in the answer', async (t) => {
  const cases = [
    [CARD, 'number', { card: { number: '4242424242424242' } }],
    [CARD, 'expiry', { card: { expiry_month: 12, expiry_year: 2030 } }],
    [CARD, 'holder_name', { holder: HOLDER }],
    [IBAN_ACCOUNT, 'iban', { bank_account: { iban: 'DE89370400440532013000' } }],
    [IBAN_ACCOUNT, 'bic', { bank_account: { bic: 'COBADEFFXXX' } }],
    [IBAN_ACCOUNT, 'holder_name', { holder: HOLDER }],
    [US_ACCOUNT, 'account_number', { bank_account: US_ACCOUNT.bank_account }],
    [PAYPAL_ACCOUNT, 'email', { paypal_account: { email: 'buyer@example.com' } }],
    [PAYPAL_ACCOUNT, 'payer_id', { paypal_account: { payer_id: 'QYR5Z8XDVJNXQ' } }],
  ] as const
  for (const [body, field, shown] of cases) {
    const id = await make(body)
    const key = await newKey(`token.reveal:${body.type}:${field}`)
    const answer = await reveal(id, [field], { key })
    t.is(answer.status, 200, answer.text)
    t.is(answer.headers['cache-control'], 'no-store')
    t.deepEqual(answer.json(), { id, mode: 'test', type: body.type, account_id: null, ...shown })
    t.deepEqual(await eventsOf(id, 'token.revealed'), [
      { purpose: 'charge', data: JSON.stringify({ fields: [field] }), object_version: 1 },
    ])
  }
})

test('a BIC that was never given is absent, and the reveal is one all the same', async (t) => {
  const { bic: _, ...bank } = IBAN_ACCOUNT.bank_account
  const id = await make({ ...IBAN_ACCOUNT, bank_account: bank })
  const answer = await reveal(id, ['bic'])
  t.is(answer.status, 200)
  t.false('bank_account' in answer.json())
})

test('a field takes its own scope, which is named, and a refusal leaves an event', async (t) => {
  const id = await make()
  const key = await newKey('token.reveal:card:expiry', 'token.reveal:bank_account:iban')
  for (const fields of [['number'], ['expiry', 'number'], ['expiry', 'holder_name']]) {
    const answer = await reveal(id, fields, { key })
    t.is(answer.status, 403)
    const scope = `token.reveal:card:${fields.at(-1)}`
    t.like(answer.json(), { code: 'scope_missing', scope })
    t.false(answer.text.includes('4242424242424242'))
  }
  t.is((await eventsOf(id, 'token.revealed')).length, 0)
  t.deepEqual(
    (await eventsOf(id, 'token.reveal_refused')).map(({ data }) => JSON.parse(data)),
    [['number'], ['expiry', 'number'], ['expiry', 'holder_name']].map((fields) => ({ code: 'scope_missing', fields })),
  )
  t.is((await reveal(id, ['expiry'], { key })).status, 200)
})

test('a field that the instrument does not have is none of it', async (t) => {
  const cases = [
    [CARD, ['iban']],
    [CARD, ['number', 'email']],
    [IBAN_ACCOUNT, ['number']],
    [IBAN_ACCOUNT, ['account_number']],
    [US_ACCOUNT, ['iban']],
    [US_ACCOUNT, ['bic']],
    [PAYPAL_ACCOUNT, ['expiry']],
  ] as const
  for (const [body, fields] of cases) {
    const id = await make(body)
    const answer = await reveal(id, fields)
    t.is(answer.status, 422, `${body.type} ${fields}`)
    t.is(answer.json().code, 'field_not_of_type')
    t.is(answer.json().errors[0].path, '/fields')
    t.is((await eventsOf(id, 'token.revealed')).length, 0)
  }
})

test('fields are named, once each, out of those there are', async (t) => {
  const id = await make()
  for (const fields of [
    [],
    undefined,
    'number',
    ['number', 'number'],
    ['cvc'],
    [5],
    ['toString'],
    Array(9).fill('number'),
  ]) {
    const answer = await reveal(id, fields)
    t.is(answer.status, 400, JSON.stringify(fields))
    t.is(answer.json().code, 'malformed_request')
  }
})

test('a key without any scope to reveal is refused before anything else; an unknown token is unknown to the others', async (t) => {
  const unknown = `tok_${'0'.repeat(26)}`
  for (const id of [await make(), unknown]) {
    const answer = await reveal(id, ['number'], { key: admin })
    t.is(answer.status, 403)
    t.like(answer.json(), { code: 'scope_missing', scope: 'token.reveal:*' })
  }
  const key = await newKey('token.reveal:paypal_account:email')
  t.is((await reveal(unknown, ['number'], { key })).status, 404)
})

test('a purpose that is not on the list is refused and noted, and the word itself is not', async (t) => {
  const id = await make()
  for (const purpose of ['marketing', 'a4242424242424242']) {
    const answer = await reveal(id, ['number'], { purpose })
    t.is(answer.status, 403)
    t.is(answer.json().code, 'purpose_not_allowed')
  }
  t.deepEqual(await eventsOf(id, 'token.reveal_refused'), [
    { purpose: null, data: '{"code":"purpose_not_allowed","fields":["number"]}', object_version: 1 },
    { purpose: null, data: '{"code":"purpose_not_allowed","fields":["number"]}', object_version: 1 },
  ])
})

test('what is gone answers 410 to who may see it, and 403 to who may not', async (t) => {
  const id = await make()
  await call(vault.app, { key: admin, method: 'DELETE', url: `/v1/tokens/${id}` })
  t.is((await reveal(id, ['number'])).json().code, 'token_deleted')
  t.is((await reveal(id, ['number'], { key: await newKey('token.reveal:card:expiry') })).status, 403)
  t.is((await eventsOf(id, 'token.reveal_refused')).length, 0, 'of what is gone there is nothing to refuse')
})

test('a key reveals so often in a minute over two processes, and once more in the next', async (t) => {
  const own = await testVault()
  t.teardown(() => own.close())
  const other = await own.newApp()
  const key = await own.newKey({ scopes: scopesOf('card'), purposes: ['charge'] })
  const ids = await Promise.all(
    Array.from({ length: 4 }, async (_, n) => {
      const body = n % 2 === 0 ? CARD : { ...CARD, account_id: newAccountId() }
      return (await tokenize(own.app, key, body)).json().id as string
    }),
  )
  own.clock.now = new Date('2026-11-23T10:00:12.300Z')
  const ask = (n: number, asked = key) =>
    reveal(ids[n % 4] as string, ['number'], { key: asked, app: n % 2 === 0 ? own.app : other })
  const answers = await Promise.all(Array.from({ length: 90 }, (_, n) => ask(n)))
  t.is(answers.filter(({ status }) => status === 200).length, 60)
  const refused = answers.filter(({ status }) => status === 429)
  t.is(refused.length, 30)
  for (const { json, headers, text } of refused) {
    t.is(json().code, 'reveal_budget_exceeded')
    t.is(headers['retry-after'], '48')
    t.false(text.includes('4242'))
  }
  const count = async (type: string) =>
    (await own.vaultAdmin.query('select data from event where type = $1', [type])).rows
  t.is((await count('token.revealed')).length, 60, 'one event for each that was answered')
  t.deepEqual(await count('token.reveal_refused'), [{ data: '{"code":"reveal_budget_exceeded","fields":["number"]}' }])

  const second = await own.newKey({ scopes: scopesOf('card'), purposes: ['charge'] })
  t.is((await ask(0, second)).status, 200, 'another key has a budget of its own')
  own.clock.now = new Date('2026-11-23T10:01:00.000Z')
  t.is((await ask(1)).status, 200)
})

test('refusals beyond a bound are counted, and not written', async (t) => {
  const own = await testVault()
  t.teardown(() => own.close())
  const key = await own.newKey({ scopes: ['token.reveal:card:expiry'], purposes: ['charge'] })
  const { id } = (await tokenize(own.app, key, CARD)).json()
  const answers = await Promise.all(Array.from({ length: 75 }, () => reveal(id, ['number'], { key, app: own.app })))
  t.true(answers.every(({ status }) => status === 403))
  const events = await own.vaultAdmin.query(`select from event where type = 'token.reveal_refused'`)
  t.is(events.rowCount, 60)
  const { rows } = await own.vaultAdmin.query('select kind, count from reveal_count')
  t.deepEqual(rows, [{ kind: 'token.reveal_refused', count: 75 }])
  t.is((await reveal(id, ['expiry'], { key, app: own.app })).status, 200, 'refusals use up no reveals')
})

test('reveals of changing tokens show one version or the other, and each has its event', async (t) => {
  const id = await make({ ...CARD, account_id: newAccountId() })
  const url = `/v1/tokens/${id}`
  const key = await vault.newKey({})
  const changes = async () => {
    for (let version = 1; version <= 5; version++) {
      const headers = { 'if-match': `"${version}"` }
      const body = { holder: { name: version % 2 === 0 ? 'Ada Muster' : 'Bea Muster' } }
      t.is((await call(vault.app, { key, method: 'PATCH', url, body, headers })).status, 200)
    }
  }
  const [answers] = await Promise.all([
    Promise.all(Array.from({ length: 20 }, () => reveal(id, ['holder_name']))),
    changes(),
  ])
  const shown = answers.filter(({ status }) => status === 200)
  t.true(shown.every(({ json }) => ['Ada Muster', 'Bea Muster'].includes(json().holder.name)))
  t.is((await eventsOf(id, 'token.revealed')).length, shown.length)
})
