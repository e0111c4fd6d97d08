import test from 'ava'
import { BACK, MANDATE, registeringShop } from '../../test/registering.ts'
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

/** What must be found nowhere: a value, and how else it may be written. */
const MARKED = {
  pan: '4111111145551142',
  cvc: '739',
  holder: 'Wilhelmina Marker',
  iban: 'DE89370400440532013000',
  bic: 'MARKDEFF',
  account: '000987612345',
  email: 'marker.person@example.com',
  payerId: 'MARKERPAYERID',
  intent: 'marked-intent-0001',
}

let vault: TestVault
test.before(async () => {
  vault = await testVault()
})
test.after.always(() => vault?.close())

/** Every row of every table of a database, as text, JSON and raw bytes in hexadecimal. */
async function dump(admin: TestVault['vaultAdmin']): Promise<string> {
  const { rows } = await admin.query(`select table_name from information_schema.tables where table_schema = 'public'`)
  let text = ''
  for (const { table_name } of rows) {
    const table = await admin.query(`select to_jsonb(t)::text as row from "${table_name}" as t`)
    text += table.rows.map(({ row }) => `${table_name} ${row}\n`).join('')
  }
  return text
}

/** @returns Which of the marked values stand in `text`, also in base64url or hexadecimal. */
function leaksIn(text: string): string[] {
  const lower = text.toLowerCase()
  return Object.entries(MARKED)
    .filter(([name, value]) => {
      // Three digits stand in many a number, and three letters in sealed text: a CVC is looked for as a field or its value.
      if (name === 'cvc') return /cvc["'\\]*\s*[:=]/i.test(text) || text.includes(`"${value}"`)
      const coded = [Buffer.from(value).toString('hex'), Buffer.from(value).toString('base64url').slice(0, -1)]
      return lower.includes(value.toLowerCase()) || coded.some((form) => text.includes(form))
    })
    .map(([name]) => name)
}

test('what was tokenized, revealed and deleted is in no table, log line or masked answer', async (t) => {
  const key = await vault.newKey({ scopes: ['token.reveal'], purposes: ['charge'] })
  const holder = { name: MARKED.holder }
  const bodies = [
    { ...CARD, card: { ...CARD.card, number: MARKED.pan, cvc: MARKED.cvc }, holder },
    { ...IBAN_ACCOUNT, bank_account: { iban: MARKED.iban, bic: MARKED.bic }, holder },
    { ...US_ACCOUNT, bank_account: { ...US_ACCOUNT.bank_account, account_number: MARKED.account }, holder },
    { ...PAYPAL_ACCOUNT, paypal_account: { email: MARKED.email, payer_id: MARKED.payerId }, holder },
  ]
  const masked: string[] = []
  for (const body of bodies) {
    for (const account of [{}, { account_id: newAccountId() }]) {
      const made = await tokenize(vault.app, key, { ...body, ...account }, MARKED.intent + newIntent())
      t.is(made.status, 201, made.text)
      const url = `/v1/tokens/${made.json().id}`
      masked.push(made.text, (await call(vault.app, { key, method: 'GET', url })).text)
      const asked = { fields: ['holder_name'], purpose: 'charge' }
      const revealed = await call(vault.app, { key, method: 'POST', url: `${url}/reveal`, body: asked })
      t.is(revealed.status, 200, revealed.text)
      t.true(revealed.text.includes(MARKED.holder))
      t.false(/cvc/i.test(revealed.text))
      const refused = await call(vault.app, {
        key,
        method: 'POST',
        url: `${url}/reveal`,
        body: { ...asked, purpose: 'x' },
      })
      // Sent again, changed, attached: what is stored for later answers is masked as well.
      const accountId = 'account_id' in account ? account.account_id : undefined
      const again = { ...body, ...account, on_duplicate: accountId ? 'update' : 'create', metadata: { order: '1' } }
      const updated = await tokenize(vault.app, key, again, MARKED.intent + newIntent())
      const version = updated.json().version
      const changes = { metadata: { order: '2' }, expires_at: '2030-01-01T00:00:00Z' }
      const headers = { 'if-match': `"${version}"` }
      const target = `/v1/tokens/${updated.json().id}`
      const changed = await call(vault.app, { key, method: 'PATCH', url: target, body: changes, headers })
      t.is(changed.status, 200, changed.text)
      const moved = await call(vault.app, {
        key,
        method: 'POST',
        url: `${target}/attach`,
        body: { account_id: newAccountId() },
        headers: { 'idempotency-key': MARKED.intent + newIntent() },
      })
      t.is(moved.status, accountId ? 409 : 201)
      masked.push(refused.text, updated.text, changed.text, moved.text)
    }
  }
  const dumped = (await dump(vault.vaultAdmin)) + (await dump(vault.keysAdmin))
  t.true(dumped.includes('"record": "ey'), 'the dump holds the sealed records')
  for (const table of ['instrument_claim', 'intent_answer', 'reveal_count'])
    t.true(dumped.includes(`${table} {`), table)
  t.deepEqual(leaksIn(dumped), [])
  t.deepEqual(leaksIn(masked.join('\n')), [])
  t.true(vault.log.length > 0)
  t.deepEqual(leaksIn(vault.log.join('\n')), [])
})

test('what was registered is with the processor, and in no table, log line or answer', async (t) => {
  const shop = await registeringShop(vault, 'leak')
  const holder = { name: MARKED.holder }
  const card = { ...CARD, card: { ...CARD.card, number: MARKED.pan, cvc: undefined }, holder }
  const iban = { ...IBAN_ACCOUNT, bank_account: { iban: MARKED.iban }, holder }
  const paypal = { ...PAYPAL_ACCOUNT, paypal_account: { email: MARKED.email, payer_id: MARKED.payerId }, holder }
  const withCode = { processor: 'stripe', cvc: MARKED.cvc }
  const mandate = { ...MANDATE, user_agent: `Browser of ${MARKED.holder}` }
  const answers: string[] = []
  const mishaps = [[], [undefined, undefined, 'reset after'], ['garbage'], [{ status: 429 }], ['lost in 500']] as const
  for (const each of mishaps) {
    for (const [instrument, body] of [
      [card, withCode],
      [iban, { processor: 'stripe', email: MARKED.email, mandate }],
      [paypal, { processor: 'paypal', ...BACK }],
    ] as const) {
      const id = await shop.token(instrument)
      shop.stripe.mishaps.push(...each)
      const intent = MARKED.intent + newIntent()
      for (let tries = 0; tries < 2; tries++) answers.push((await shop.register(id, { body, intent })).text)
      answers.push((await shop.finish(id, 'paypal')).text, (await shop.list(id)).text)
      shop.stripe.mishaps.length = 0
      shop.paypal.mishaps.length = 0
    }
  }
  shop.stripe.setupVerdicts.push({ decline_code: 'incorrect_cvc' })
  const declined = await shop.token(card)
  answers.push((await shop.register(declined, { body: withCode })).text)
  answers.push((await shop.register(declined, { body: { ...withCode, cvc: `${MARKED.cvc}9` } })).text)

  const sent = shop.stripe.received.map(({ body }) => decodeURIComponent(body.replaceAll('+', ' '))).join('\n')
  for (const name of ['pan', 'cvc', 'holder', 'iban', 'email'] as const) t.true(sent.includes(MARKED[name]), name)
  const dumped = (await dump(vault.vaultAdmin)) + (await dump(vault.keysAdmin))
  t.true(dumped.includes('registration {') && dumped.includes('processor_credential {'))
  t.deepEqual(leaksIn(dumped), [])
  t.deepEqual(leaksIn(answers.join('\n')), [])
  t.deepEqual(leaksIn(vault.log.join('\n')), [])
  for (const secret of [shop.stripe.secretKey, shop.paypal.clientSecret, 'whsec_', 'A21AAFake'])
    t.false(dumped.includes(secret) || vault.log.join('').includes(secret) || answers.join('').includes(secret), secret)
  await shop.close()
})

test('the search finds a planted leak', async (t) => {
  const planted = await testVault()
  const key = await planted.newKey({})
  await tokenize(planted.app, key, CARD)
  await planted.vaultAdmin.query('update token set metadata = $1', [
    { a: MARKED.pan, b: Buffer.from(MARKED.holder).toString('base64url'), cvc: MARKED.cvc },
  ])
  t.deepEqual(leaksIn(await dump(planted.vaultAdmin)), ['pan', 'cvc', 'holder'])
  await planted.close()
})

test('in clear stands no more than the rules for each type allow', async (t) => {
  const key = await vault.newKey({})
  for (const body of [CARD, IBAN_ACCOUNT, US_ACCOUNT, PAYPAL_ACCOUNT]) await tokenize(vault.app, key, body)
  const { rows } = await vault.vaultAdmin.query('select * from token')
  const clear = [
    'brand',
    'bin',
    'last_four',
    'expiry_month',
    'expiry_year',
    'bank_country',
    'routing_number',
    'bank_account_type',
    'masked_email',
  ]
  const allowed: Record<string, string[]> = {
    card: clear.slice(0, 5),
    bank_account: ['last_four', 'bank_country', 'routing_number', 'bank_account_type'],
    paypal_account: ['masked_email'],
  }
  for (const row of rows) {
    for (const column of clear) {
      if (row[column] !== null) t.true(allowed[row.type]?.includes(column), `${row.type}.${column}`)
    }
  }
})
