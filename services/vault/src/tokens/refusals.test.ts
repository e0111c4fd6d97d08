import { connect } from 'node:net'
import test from 'ava'
import fc from 'fast-check'
import {
  CARD,
  call,
  IBAN_ACCOUNT,
  newIntent,
  PAYPAL_ACCOUNT,
  type TestVault,
  testVault,
  tokenize,
  US_ACCOUNT,
} from '../../test/test-vault.ts'

let vault: TestVault
let admin: string
let live: string

test.before(async () => {
  vault = await testVault()
  admin = await vault.newKey({ role: 'admin', scopes: ['token.reveal'], purposes: ['charge'] })
  live = await vault.newKey({ mode: 'live' })
})
test.after.always(() => vault?.close())

// After each: nothing that was refused may have left a row.
test.afterEach.always(async (t) => {
  for (const table of ['token', 'event', 'data_subject', 'instrument_claim', 'intent_answer']) {
    const { rows } = await vault.vaultAdmin.query(`select count(*)::int as count from ${table}`)
    t.is(rows[0].count, 0, table)
  }
  const { rows } = await vault.keysAdmin.query('select count(*)::int as count from dek')
  t.is(rows[0].count, 0, 'dek')
})

/** A number that every test looks for in what comes back and in what is logged. */
const PAN = '5555555555554444'
const SPACED = '5555 5555 5555 4444'

const isClean = (text: string) => !text.includes(PAN) && !text.includes(SPACED) && !text.includes('5554444')

const card = (fields: object) => ({ ...CARD, card: { ...CARD.card, ...fields } })
const bank = (fields: object) => ({ ...IBAN_ACCOUNT, bank_account: { ...IBAN_ACCOUNT.bank_account, ...fields } })
const us = (fields: object) => ({ ...US_ACCOUNT, bank_account: { ...US_ACCOUNT.bank_account, ...fields } })
const paypal = (fields: object) => ({
  ...PAYPAL_ACCOUNT,
  paypal_account: { ...PAYPAL_ACCOUNT.paypal_account, ...fields },
})

const breaksRule = test.macro({
  exec: async (t, body: object, code: string, path: string) => {
    const answer = await tokenize(vault.app, admin, body)
    t.is(answer.status, 422, answer.text)
    t.is(answer.headers['content-type'], 'application/problem+json')
    t.is(answer.json().code, code)
    t.deepEqual(
      answer.json().errors.map((error: { path: string; code: string }) => [error.path, error.code]),
      [[path, code]],
    )
  },
  title: (_given, body, code, path) => `${code} at ${path}: ${JSON.stringify(body)}`,
})

test(breaksRule, { ...CARD, on_duplicate: 'reject' }, 'account_required', '/account_id')
test(breaksRule, { ...CARD, expires_at: '2026-11-23T09:59:59Z' }, 'invalid_expires_at', '/expires_at')
test(breaksRule, { ...CARD, expires_at: '9999-12-31T23:59:59-12:00' }, 'invalid_expires_at', '/expires_at')
test(breaksRule, card({ number: '4242424242424241' }), 'invalid_pan', '/card/number')
test(breaksRule, card({ number: '4242x' }), 'invalid_pan', '/card/number')
test(breaksRule, card({ expiry_year: 2025 }), 'card_expired', '/card/expiry_month')
test(breaksRule, card({ expiry_month: 10, expiry_year: 2026 }), 'card_expired', '/card/expiry_month')
test(breaksRule, card({ expiry_year: 2190 }), 'invalid_expiry', '/card/expiry_month')
test(breaksRule, card({ cvc: '12' }), 'invalid_cvc', '/card/cvc')
test(breaksRule, card({ cvc: '1234' }), 'invalid_cvc', '/card/cvc')
test(breaksRule, bank({ iban: 'DE89370400440532013001' }), 'invalid_iban', '/bank_account/iban')
test(breaksRule, bank({ bic: 'X' }), 'invalid_bic', '/bank_account/bic')
test(breaksRule, us({ routing_number: '021000022' }), 'invalid_routing_number', '/bank_account/routing_number')
test(breaksRule, us({ account_number: '12' }), 'invalid_account_number', '/bank_account/account_number')
test(breaksRule, paypal({ email: 'nobody' }), 'invalid_email', '/paypal_account/email')
test(breaksRule, paypal({ payer_id: 'abc' }), 'invalid_payer_id', '/paypal_account/payer_id')
test(breaksRule, { ...CARD, holder: { name: '  ' } }, 'invalid_holder_name', '/holder/name')
test(breaksRule, { ...CARD, holder: { name: `Ada ${SPACED}` } }, 'invalid_holder_name', '/holder/name')
test(breaksRule, { ...CARD, metadata: { note: `card ${SPACED}` } }, 'sensitive_text', '/metadata')
test(breaksRule, { ...CARD, metadata: { [PAN]: 'x' } }, 'sensitive_text', '/metadata')
test(breaksRule, { ...CARD, metadata: { cvc: '123' } }, 'sensitive_text', '/metadata')
test(breaksRule, { ...CARD, metadata: { 'CVV-2': '123' } }, 'sensitive_text', '/metadata')
test(breaksRule, { ...CARD, metadata: { note: 'DE89 3704 0044 0532 0130 00' } }, 'sensitive_text', '/metadata')

test('a card is good to the last day of its month, everywhere', async (t) => {
  const other = await testVault()
  const key = await other.newKey({})
  const november = card({ expiry_month: 11, expiry_year: 2026 })
  other.clock.now = new Date('2026-12-01T11:59:59.000Z')
  t.is((await tokenize(other.app, key, november)).status, 201)
  other.clock.now = new Date('2026-12-01T12:00:00.000Z')
  t.is((await tokenize(other.app, key, november)).json().code, 'card_expired')
  await other.close()
})

test('a published test number is refused in live mode', async (t) => {
  for (const number of ['4242424242424242', '5555 5555 5555 4444', '378282246310005']) {
    const answer = await tokenize(vault.app, live, card({ number, cvc: undefined }))
    t.is(answer.status, 422)
    t.is(answer.json().code, 'test_number_in_live_mode')
    t.is(answer.json().errors[0].path, '/card/number')
  }
})

const malformed = test.macro({
  exec: async (t, body: object | string, errors: [path: string, code: string][] | undefined) => {
    const answer = await tokenize(vault.app, admin, body)
    t.is(answer.status, 400, answer.text)
    t.true(isClean(answer.text))
    if (!errors) return
    t.is(answer.json().code, 'malformed_request')
    t.deepEqual(
      answer.json().errors.map(({ path, code }: { path: string; code: string }) => [path, code]),
      errors,
    )
  },
  title: (_given, body) => `malformed: ${JSON.stringify(body).slice(0, 400)}`,
})

test(malformed, {}, [['/type', 'missing_field']])
test(malformed, { type: 'cheque' }, [['/type', 'not_allowed_value']])
test(malformed, { type: PAN }, [['/type', 'not_allowed_value']])
test(malformed, [], undefined)
test(malformed, '', undefined)
test(malformed, 'null', undefined)
test(malformed, { ...CARD, holder: undefined }, [['/holder', 'missing_field']])
test(malformed, { ...CARD, [PAN]: 1 }, [['', 'unknown_field']])
test(malformed, card({ [PAN]: 1 }), [['/card', 'unknown_field']])
test(malformed, card({ number: Number(PAN) }), [['/card/number', 'wrong_type']])
test(malformed, card({ number: '4'.repeat(41) }), [['/card/number', 'too_long']])
test(malformed, card({ expiry_month: '12' }), [['/card/expiry_month', 'wrong_type']])
test(malformed, card({ expiry_month: 13 }), [['/card/expiry_month', 'too_large']])
test(malformed, card({ expiry_month: 1.5 }), [['/card/expiry_month', 'wrong_type']])
test(malformed, { ...CARD, bank_account: {} }, [['', 'unknown_field']])
test(malformed, { ...CARD, account_id: PAN }, [['/account_id', 'wrong_format']])
test(malformed, { ...CARD, on_duplicate: PAN }, [['/on_duplicate', 'not_allowed_value']])
test(malformed, { ...CARD, dedup_scope: PAN }, [['/dedup_scope', 'not_allowed_value']])
test(malformed, { ...CARD, expires_at: Number(PAN) }, [['/expires_at', 'wrong_type']])
test(malformed, { ...CARD, account_id: null }, [['/account_id', 'wrong_type']])
test(malformed, bank({ routing_number: '021000021' }), [['/bank_account', 'unknown_field']])
test(malformed, { ...IBAN_ACCOUNT, bank_account: {} }, [['/bank_account/iban', 'missing_field']])
test(malformed, us({ account_type: 'secret' }), [['/bank_account/account_type', 'not_allowed_value']])
test(malformed, { ...CARD, metadata: { 'a b': 'x' } }, [['/metadata', 'wrong_format']])
test(malformed, { ...CARD, metadata: { a: 'x'.repeat(501) } }, [['/metadata/a', 'too_long']])
test(malformed, { ...CARD, metadata: { a: 1 } }, [['/metadata/a', 'wrong_type']])
test(malformed, { ...CARD, metadata: { a: 'nul\u0000' } }, [['/metadata/a', 'wrong_format']])
test(malformed, { ...CARD, metadata: { a: '\ud800' } }, undefined)
test(malformed, { ...CARD, metadata: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`n${n}`, 'x'])) }, [
  ['/metadata', 'too_many'],
])

test('a body that is not JSON answers a fixed sentence', async (t) => {
  for (const body of [`{"number": "${PAN}`, PAN, `${PAN} x`, `{"type":"card","__proto__":{"${PAN}":1}}`, '\ud800']) {
    const answer = await tokenize(vault.app, admin, body)
    t.is(answer.status, 400, body)
    t.true(isClean(answer.text))
    if (body === PAN) continue
    t.is(answer.json().code, 'malformed_json', body)
    t.is(answer.json().detail, 'the body could not be read as JSON (RFC 8259)')
  }
})

test('another media type and a body beyond the limit are refused', async (t) => {
  const headers = { 'idempotency-key': newIntent() }
  const form = await call(vault.app, {
    key: admin,
    method: 'POST',
    url: '/v1/tokens',
    body: `number=${PAN}`,
    headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
  })
  t.is(form.status, 415)
  t.true(isClean(form.text))
  const large = await tokenize(vault.app, admin, { ...CARD, metadata: { a: 'x'.repeat(300_000) } })
  t.is(large.status, 413)
  t.is(large.json().code, 'body_too_large')
})

test('a POST without a good Idempotency-Key is refused', async (t) => {
  const post = (intent: string | undefined) =>
    call(vault.app, {
      key: admin,
      method: 'POST',
      url: '/v1/tokens',
      body: CARD,
      ...(intent === undefined ? {} : { headers: { 'idempotency-key': intent } }),
    })
  t.is((await post(undefined)).json().code, 'idempotency_key_required')
  for (const intent of ['short', 'with space 1', 'x'.repeat(129), PAN, `order-${PAN}`, 'DE89370400440532013000']) {
    const answer = await post(intent)
    t.is(answer.status, 400)
    t.is(answer.json().code, 'idempotency_key_invalid', intent)
    t.false(answer.text.includes(intent))
  }
})

test('a card number in path, query or headers comes back nowhere and is not logged', async (t) => {
  const requests = [
    { method: 'GET', url: `/v1/tokens/${PAN}` },
    { method: 'GET', url: `/v1/tokens/${encodeURIComponent(SPACED)}` },
    { method: 'GET', url: `/v1/${PAN}/x` },
    { method: 'GET', url: `/v1/tokens?account_id=${PAN}` },
    { method: 'GET', url: `/v1/tokens?${PAN}=1` },
    { method: 'GET', url: `/v1/tokens/%E0%A4%A${PAN}` },
    { method: 'DELETE', url: `/v1/tokens/${PAN}` },
    { method: 'POST', url: `/v1/tokens/${PAN}/reveal`, body: { fields: ['number'], purpose: 'charge' } },
    { method: 'POST', url: `/v1/tokens/tok_${'0'.repeat(26)}/reveal`, body: { fields: ['number'], purpose: PAN } },
    {
      method: 'POST',
      url: `/v1/tokens/tok_${'0'.repeat(26)}/reveal`,
      body: { fields: ['number'], purpose: 'charge', [PAN]: PAN },
    },
    { method: 'POST', url: `/v1/tokens/tok_${'0'.repeat(26)}/reveal`, body: { fields: [PAN], purpose: 'charge' } },
    { method: 'GET', url: '/v1/tokens', headers: { authorization: `Bearer ${PAN}` } },
    { method: 'GET', url: '/v1/tokens', headers: { 'kontor-tenant': PAN } },
    { method: 'GET', url: '/v1/tokens', headers: { [`x-${PAN}`]: PAN, 'user-agent': PAN } },
  ] as const
  for (const request of requests) {
    const answer = await call(vault.app, { key: admin, ...request })
    t.true(answer.status >= 400 && answer.status < 500, `${request.method} ${request.url} ${answer.status}`)
    t.true(isClean(answer.text), answer.text)
    t.true(isClean(JSON.stringify(answer.headers)))
  }
  t.true(vault.log.length > 0)
  t.true(isClean(vault.log.join('\n')))
})

test('what is not HTTP gets 400 and nothing back', async (t) => {
  const other = await vault.newApp()
  await other.listen({ port: 0, host: '127.0.0.1' })
  const { port } = other.server.address() as { port: number }
  const answer = await new Promise<string>((resolve, reject) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(`${PAN} nonsense\r\n\r\n`))
    socket.on('data', (chunk) => (text += chunk))
    socket.on('close', () => resolve(text))
    socket.on('error', reject)
  })
  t.regex(answer, /^HTTP\/1\.1 400 /)
  t.true(isClean(answer))
})

test('whatever JSON is sent, the answer is a documented refusal', async (t) => {
  const json = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.record({
      type: fc.constantFrom('card', 'bank_account', 'paypal_account'),
      card: fc.jsonValue(),
      holder: fc.jsonValue(),
    }),
    fc.record({
      type: fc.constant('card'),
      card: fc.record({ number: fc.string(), expiry_month: fc.integer(), expiry_year: fc.integer(), cvc: fc.string() }),
      holder: fc.record({ name: fc.string({ unit: 'binary' }) }),
      metadata: fc.dictionary(fc.string(), fc.string({ unit: 'binary' })),
    }),
  )
  await fc.assert(
    fc.asyncProperty(json, async (body) => {
      const answer = await tokenize(vault.app, admin, JSON.stringify(body))
      return [400, 422].includes(answer.status) && answer.headers['content-type'] === 'application/problem+json'
    }),
    { numRuns: 100 },
  )
  t.pass()
})

test('an Idempotency-Key of any form either names an intent or is refused', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: fc.constantFrom(...'aZ09_.:-'), minLength: 8, maxLength: 128 }),
      async (intent) => {
        const answer = await tokenize(vault.app, admin, {}, intent)
        return answer.status === 400 && ['malformed_request', 'idempotency_key_invalid'].includes(answer.json().code)
      },
    ),
    { numRuns: 50 },
  )
  t.pass()
})
