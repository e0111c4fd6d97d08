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

let vault: TestVault
let admin: string
let revealing: string

test.before(async () => {
  vault = await testVault()
  admin = await vault.newKey({ role: 'admin' })
  revealing = await vault.newKey({ role: 'admin', scopes: ['token.reveal'], purposes: ['charge', 'dispute'] })
})
test.after.always(() => vault?.close())

const get = (id: string, key = admin) => call(vault.app, { key, method: 'GET', url: `/v1/tokens/${id}` })
const destroy = (id: string, key = admin) => call(vault.app, { key, method: 'DELETE', url: `/v1/tokens/${id}` })
const list = (query: string, key = admin) => call(vault.app, { key, method: 'GET', url: `/v1/tokens?${query}` })
const reveal = (id: string, purpose = 'charge', key = revealing, fields: string[] = ['number', 'holder_name']) =>
  call(vault.app, { key, method: 'POST', url: `/v1/tokens/${id}/reveal`, body: { fields, purpose } })

test('a card becomes a token that shows brand, BIN, last four and expiry', async (t) => {
  const answer = await tokenize(vault.app, admin, { ...CARD, metadata: { order: '1001' } })
  t.is(answer.status, 201, answer.text)
  const { id, created_at, ...rest } = answer.json()
  t.regex(id, /^tok_[0-7][0-9a-hjkmnp-tv-z]{25}$/)
  t.is(created_at, vault.clock.now.toISOString())
  t.deepEqual(rest, {
    mode: 'test',
    type: 'card',
    account_id: null,
    display: 'Visa •••• 4242',
    card: { brand: 'visa', bin: '42424242', last_four: '4242', expiry_month: 12, expiry_year: 2030 },
    metadata: { order: '1001' },
    expires_at: null,
    version: 1,
  })
})

test('an IBAN shows its country and last four', async (t) => {
  const token = (await tokenize(vault.app, admin, IBAN_ACCOUNT)).json()
  t.is(token.display, 'DE •••• 3000')
  t.deepEqual(token.bank_account, { country: 'DE', last_four: '3000' })
})

test('a US account shows its bank, its kind and its last four', async (t) => {
  const token = (await tokenize(vault.app, admin, US_ACCOUNT)).json()
  t.is(token.display, 'US bank account •••• 6789')
  t.deepEqual(token.bank_account, {
    country: 'US',
    last_four: '6789',
    routing_number: '021000021',
    account_type: 'checking',
  })
})

test('a short US account number shows two digits', async (t) => {
  const bank = { ...US_ACCOUNT.bank_account, account_number: '1234567' }
  const token = (await tokenize(vault.app, admin, { ...US_ACCOUNT, bank_account: bank })).json()
  t.is(token.bank_account.last_four, '67')
})

test('a PayPal account shows a masked address', async (t) => {
  const token = (await tokenize(vault.app, admin, PAYPAL_ACCOUNT)).json()
  t.is(token.display, 'PayPal b•••@example.com')
  t.deepEqual(token.paypal_account, { masked_email: 'b•••@example.com' })
})

test('an American Express card has 6 digits of BIN, a card of 13 digits none', async (t) => {
  const amex = { ...CARD, card: { ...CARD.card, number: '378282246310005', cvc: '1234' } }
  const shown = (await tokenize(vault.app, admin, amex)).json()
  t.like(shown.card, { brand: 'amex', bin: '378282', last_four: '0005' })
  const short = (await tokenize(vault.app, admin, { ...CARD, card: { ...CARD.card, number: '4222222222222' } })).json()
  t.is(short.card.bin, undefined)
  t.is(short.card.last_four, '2222')
})

test('what was tokenized is read back masked, equal to what was answered first', async (t) => {
  for (const body of [CARD, IBAN_ACCOUNT, US_ACCOUNT, PAYPAL_ACCOUNT]) {
    const made = await tokenize(vault.app, admin, { ...body, account_id: newAccountId(), metadata: { a: 'b' } })
    const read = await get(made.json().id)
    t.is(read.status, 200)
    t.deepEqual(read.json(), made.json())
  }
})

test('a reveal gives back what was sealed, normalised, and may not be cached', async (t) => {
  const cases = [
    [CARD, ['number', 'expiry'], { card: { number: '4242424242424242', expiry_month: 12, expiry_year: 2030 } }],
    [IBAN_ACCOUNT, ['iban', 'bic'], { bank_account: { iban: 'DE89370400440532013000', bic: 'COBADEFFXXX' } }],
    [US_ACCOUNT, ['account_number'], { bank_account: US_ACCOUNT.bank_account }],
    [PAYPAL_ACCOUNT, ['email', 'payer_id'], { paypal_account: PAYPAL_ACCOUNT.paypal_account }],
  ] as const
  for (const [body, fields, sealed] of cases) {
    const accountId = newAccountId()
    const { id, type, mode } = (await tokenize(vault.app, admin, { ...body, account_id: accountId })).json()
    const answer = await reveal(id, 'charge', revealing, [...fields, 'holder_name'])
    t.is(answer.status, 200, answer.text)
    t.is(answer.headers['cache-control'], 'no-store')
    t.deepEqual(answer.json(), { id, mode, type, account_id: accountId, ...sealed, holder: HOLDER })
  }
})

test('a guest’s instrument is revealed too', async (t) => {
  const { id } = (await tokenize(vault.app, admin, CARD)).json()
  t.is((await reveal(id)).json().card.number, '4242424242424242')
})

test('each reveal leaves an event with its purpose, before it answers', async (t) => {
  const { id } = (await tokenize(vault.app, admin, CARD)).json()
  await reveal(id, 'charge')
  await reveal(id, 'dispute')
  t.is((await reveal(id, 'curiosity')).status, 403)
  const { rows } = await eventsOf(id)
  t.deepEqual(
    rows.map(({ type, purpose, object_version }) => [type, purpose, object_version]),
    [
      ['token.created', null, 1],
      ['token.revealed', 'charge', 1],
      ['token.revealed', 'dispute', 1],
      ['token.reveal_refused', null, 1],
    ],
  )
  t.true(rows.every((row) => row.mac.length === 32 && row.request_id.length === 24))
})

async function eventsOf(id: string) {
  return vault.vaultAdmin.query(
    'select type, purpose, object_version, mac, request_id, bucket from event where object_id = $1 order by tx, id',
    [parseId('tok', id)],
  )
}

test('a purpose that is not on the key’s list reveals nothing, and does not say whether the token exists', async (t) => {
  const { id } = (await tokenize(vault.app, admin, CARD)).json()
  const unknown = `tok_${'0'.repeat(26)}`
  for (const token of [id, unknown]) {
    const answer = await reveal(token, 'marketing')
    t.is(answer.status, 403)
    t.is(answer.json().code, 'purpose_not_allowed')
    t.false(answer.text.includes('marketing'))
  }
})

test('a deleted token answers 410 to everything but another DELETE', async (t) => {
  for (const account of [{}, { account_id: newAccountId() }]) {
    const { id } = (await tokenize(vault.app, admin, { ...CARD, ...account, metadata: { note: 'x' } })).json()
    t.is((await destroy(id)).status, 204)
    t.is((await destroy(id)).status, 204)
    for (const answer of [await get(id), await reveal(id)]) {
      t.is(answer.status, 410)
      t.is(answer.json().code, 'token_deleted')
    }
    const { rows } = await eventsOf(id)
    t.deepEqual(
      rows.map(({ type, object_version }) => [type, object_version]),
      [
        ['token.created', 1],
        ['token.deleted', 2],
      ],
    )
  }
})

test('ten deletions at once leave one event and no error', async (t) => {
  const { id } = (await tokenize(vault.app, admin, CARD)).json()
  const answers = await Promise.all(Array.from({ length: 10 }, () => destroy(id)))
  t.deepEqual(new Set(answers.map(({ status }) => status)), new Set([204]))
  t.is((await eventsOf(id)).rows.length, 2)
})

test('reveals that race with a deletion show the instrument or answer 410, and never raise an alarm', async (t) => {
  for (let round = 0; round < 10; round++) {
    const { id } = (await tokenize(vault.app, admin, CARD)).json()
    const answers = await Promise.all([reveal(id), reveal(id), destroy(id), reveal(id), reveal(id)])
    t.true(
      answers.every(({ status }) => [200, 204, 410].includes(status)),
      answers.map(({ status }) => status).join(),
    )
    const revealed = answers.filter(({ status }) => status === 200).length
    const { rows } = await eventsOf(id)
    t.is(rows.filter(({ type }) => type === 'token.revealed').length, revealed)
  }
})

test('deleting a guest’s token destroys its key; an account keeps the key for its other tokens', async (t) => {
  const deksOf = async (subject: string) =>
    (await vault.keysAdmin.query('select 1 from dek where subject_id = $1', [subject])).rows.length
  const guest = (await tokenize(vault.app, admin, CARD)).json().id
  t.is(await deksOf(parseId('tok', guest)), 1)
  await destroy(guest)
  t.is(await deksOf(parseId('tok', guest)), 0)

  const accountId = newAccountId()
  const first = (await tokenize(vault.app, admin, { ...CARD, account_id: accountId })).json().id
  const second = (await tokenize(vault.app, admin, { ...CARD, account_id: accountId })).json().id
  await destroy(first)
  t.is(await deksOf(await vault.subjectIdOf(accountId)), 1)
  t.is((await reveal(second)).status, 200)
})

// Serial: for a moment no key of anybody can be destroyed.
test.serial('a DELETE repeated after its key could not be destroyed destroys it', async (t) => {
  const { id } = (await tokenize(vault.app, admin, CARD)).json()
  await vault.keysAdmin.query(
    `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
     create trigger refuse before delete on dek for each row execute function refuse()`,
  )
  const answer = await destroy(id)
  await vault.keysAdmin.query('drop function refuse cascade')
  t.is(answer.status, 504)
  t.is(answer.json().code, 'outcome_unknown')
  t.is((await get(id)).status, 410)
  t.is((await destroy(id)).status, 204)
  t.is((await vault.keysAdmin.query('select 1 from dek where subject_id = $1', [parseId('tok', id)])).rows.length, 0)
})

test('the tokens of an account are listed page by page, deleted ones left out', async (t) => {
  const accountId = newAccountId()
  const made: string[] = []
  for (let n = 0; n < 5; n++) {
    vault.clock.now = new Date(vault.clock.now.getTime() + 1)
    made.push((await tokenize(vault.app, admin, { ...CARD, account_id: accountId })).json().id)
  }
  await tokenize(vault.app, admin, { ...CARD, account_id: newAccountId() })
  await destroy(made[2] as string)
  const first = (await list(`account_id=${accountId}&limit=2`)).json()
  t.deepEqual(ids(first), made.slice(0, 2))
  t.is(first.next_after, made[1])
  const second = (await list(`account_id=${accountId}&limit=2&after=${first.next_after}`)).json()
  t.deepEqual(ids(second), made.slice(3))
  t.is(second.next_after, null)
  t.is((await list(`account_id=${accountId}`)).json().data.length, 4)
})

const ids = (page: { data: { id: string }[] }) => page.data.map(({ id }) => id)

test('an account that the vault does not know has no tokens', async (t) => {
  t.deepEqual((await list(`account_id=${newAccountId()}`)).json(), { data: [], next_after: null })
})

test('a list wants an account, a limit up to 200 and nothing else', async (t) => {
  const accountId = newAccountId()
  for (const query of [
    '',
    'account_id=acc_1',
    `account_id=${accountId}&limit=201`,
    `account_id=${accountId}&limit=0`,
  ]) {
    t.is((await list(query)).status, 400, query)
  }
  t.is((await list(`account_id=${accountId}&sort=id`)).status, 400)
  t.is((await list(`account_id=${accountId}&after=tok_1`)).status, 400)
})

test('an erased account takes no token, and its tokens answer 410', async (t) => {
  const accountId = newAccountId()
  const { id } = (await tokenize(vault.app, admin, { ...CARD, account_id: accountId })).json()
  await vault.vaultAdmin.query(`update data_subject set state = 'erased' where account_id = $1`, [
    parseId('acc', accountId),
  ])
  for (const answer of [
    await tokenize(vault.app, admin, { ...CARD, account_id: accountId }),
    await tokenize(await vault.newApp(), admin, { ...CARD, account_id: accountId }),
    await get(id),
    await reveal(id),
    await destroy(id),
    await list(`account_id=${accountId}`),
  ]) {
    t.is(answer.status, 410, answer.text)
    t.is(answer.json().code, 'subject_erased')
  }
  const { rows } = await vault.vaultAdmin.query('select 1 from token where account_id = $1', [
    parseId('acc', accountId),
  ])
  t.is(rows.length, 1)
})

test('an account row that vanished behind a running service is made again', async (t) => {
  const accountId = newAccountId()
  const { id } = (await tokenize(vault.app, admin, { ...CARD, account_id: accountId })).json()
  await vault.vaultAdmin.query('delete from token where id = $1', [parseId('tok', id)])
  await vault.vaultAdmin.query('delete from data_subject where account_id = $1', [parseId('acc', accountId)])
  t.is((await tokenize(vault.app, admin, { ...CARD, account_id: accountId })).status, 201)
})
