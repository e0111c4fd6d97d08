import test, { type ExecutionContext } from 'ava'
import { type InvoicingUnderTest, invoicingUnderTest, type Reply } from '../../../../test/support/invoicing.ts'
import { type ChargeRules, NO_RULES, nextRetryAt, ruleFor } from './rules.ts'

let kontor: InvoicingUnderTest
test.before(async () => {
  kontor = await invoicingUnderTest()
})
test.after.always(() => kontor.close())

const put = (body: unknown, version: number, as?: string): Promise<Reply> =>
  kontor.call('PUT', '/v1/charge-rules', body, {
    headers: { 'if-match': `"${version}"` },
    ...(as === undefined ? {} : { as }),
  })
const show = (as?: string) => kontor.call('GET', '/v1/charge-rules', undefined, as === undefined ? {} : { as })

test.serial('rules are none at first, are replaced as a whole, and tell their version', async (t) => {
  const before = await show()
  t.deepEqual(before.body, { mode: 'test', rules: [], retry_after_hours: [], version: 1, updated_at: null })
  t.is(before.headers.etag, '"1"')
  const rules = [
    {
      instrument_types: ['card'],
      currencies: ['CHF'],
      min_amount_minor: 0,
      max_amount_minor: 99_999,
      processors: ['stripe', 'test'],
    },
    { processors: ['paypal'] },
  ]
  const made = await put({ rules, retry_after_hours: [24, 72, 168] }, 1)
  t.like(made, { status: 200, body: { rules, retry_after_hours: [24, 72, 168], version: 2 } })
  t.is(made.headers.etag, '"2"')
  t.deepEqual((await show()).body, made.body)
  const emptied = await put({ rules: [] }, 2)
  t.like(emptied.body, { rules: [], retry_after_hours: [], version: 3 })
  const events = await kontor.sql(
    `select type, object_version from event where type like 'charge_rules.%' order by object_version`,
  )
  t.deepEqual(
    events,
    [2, 3].map((object_version) => ({ type: 'charge_rules.changed', object_version })),
  )
})

test.serial('rules are changed by whoever has read them, and by one of two at once', async (t) => {
  const { version } = (await show()).body
  t.like(await kontor.call('PUT', '/v1/charge-rules', { rules: [] }), { status: 428 })
  t.like(await put({ rules: [] }, version + 1), { status: 412, body: { code: 'version_conflict' } })
  for (const as of [undefined, await kontor.apiKey('admin', { mode: 'live' })]) {
    const from = (await show(as)).body.version
    const replies = await Promise.all([1, 2, 3].map(() => put({ rules: [{ processors: ['stripe'] }] }, from, as)))
    t.deepEqual(replies.map(({ status }) => status).toSorted(), [200, 412, 412])
  }
})

test.serial('test and live mode, and each tenant, have rules of their own', async (t) => {
  const live = await kontor.apiKey('admin', { mode: 'live' })
  const { version } = (await show()).body
  await put({ rules: [{ processors: ['test'] }] }, version)
  t.deepEqual((await show(live)).body.mode, 'live')
  t.notDeepEqual((await show(live)).body.rules, [{ processors: ['test'] }])
})

const card = ['card']
const REFUSED: readonly (readonly [what: string, rule: object, code: string, path: string])[] = [
  [
    'Stripe for a PayPal account',
    { instrument_types: ['paypal_account'], processors: ['stripe'] },
    'processor_cannot_take',
    'processors/0',
  ],
  [
    'PayPal behind Stripe for a card',
    { instrument_types: card, processors: ['stripe', 'paypal'] },
    'processor_cannot_take',
    'processors/1',
  ],
  ['two that take nothing in common', { processors: ['stripe', 'paypal'] }, 'processor_cannot_take', 'processors'],
  [
    'an amount without a currency',
    { min_amount_minor: 1, processors: ['stripe'] },
    'limit_needs_currency',
    'currencies',
  ],
  [
    'an amount in two currencies',
    { max_amount_minor: 1, currencies: ['CHF', 'EUR'], processors: ['stripe'] },
    'limit_needs_currency',
    'currencies',
  ],
  [
    'limits in the wrong order',
    { min_amount_minor: 2, max_amount_minor: 1, currencies: ['CHF'], processors: ['stripe'] },
    'limits_reversed',
    'max_amount_minor',
  ],
]

for (const [what, rule, code, path] of REFUSED) {
  test.serial(`a rule with ${what} is refused, and says where`, async (t) => {
    const { version } = (await show()).body
    const before = await kontor.state()
    const reply = await put({ rules: [{ processors: ['paypal'] }, rule] }, version)
    t.like(reply, { status: 422, body: { code, errors: [{ path: `/rules/1/${path}` }] } })
    t.deepEqual(await kontor.state(), before)
  })
}

test.serial('the test processor is none for live mode', async (t) => {
  const live = await kontor.apiKey('admin', { mode: 'live' })
  const reply = await put({ rules: [{ processors: ['test'] }] }, (await show(live)).body.version, live)
  t.like(reply, { status: 422, body: { code: 'mode_mismatch', errors: [{ path: '/rules/0/processors/0' }] } })
})

test.serial('retries come one after the other, eight at most, within thirty days', async (t) => {
  const { version } = (await show()).body
  for (const retry_after_hours of [
    [24, 24],
    [72, 24],
  ]) {
    t.like(await put({ rules: [], retry_after_hours }, version), {
      status: 422,
      body: { code: 'retries_not_ascending' },
    })
  }
  for (const retry_after_hours of [[0], [721], [1, 2, 3, 4, 5, 6, 7, 8, 9], [1.5], ['24']]) {
    t.is((await put({ rules: [], retry_after_hours }, version)).status, 400, JSON.stringify(retry_after_hours))
  }
})

test.serial('what is not of the documented form is refused', async (t) => {
  const { version } = (await show()).body
  for (const rules of [
    [{ processors: [] }],
    [{ processors: ['stripe', 'stripe'] }],
    [{ processors: ['adyen'] }],
    [{ processors: ['stripe'], instrument_types: [] }],
    [{ processors: ['stripe'], currencies: ['chf'] }],
    [{ processors: ['stripe'], note: '4242 4242 4242 4242' }],
    Array(51).fill({ processors: ['stripe'] }),
  ]) {
    t.is((await put({ rules }, version)).status, 400, JSON.stringify(rules))
  }
})

const chosen = (
  t: ExecutionContext,
  rules: ChargeRules,
  type: 'card' | 'paypal_account',
  currency: string,
  minor: bigint,
  name?: string,
) => t.is(ruleFor(rules, { type, currency, amountMinor: minor })?.processors[0], name as never)

test('the first rule that fits decides', (t) => {
  const rules: ChargeRules = {
    rules: [
      { currencies: ['CHF'], min_amount_minor: 100, max_amount_minor: 200, processors: ['test'] },
      { instrument_types: ['card'], currencies: ['EUR'], processors: ['test', 'stripe'] },
      { processors: ['stripe'] },
    ],
    retry_after_hours: [],
  }
  chosen(t, rules, 'card', 'CHF', 100n, 'test')
  chosen(t, rules, 'card', 'CHF', 200n, 'test')
  chosen(t, rules, 'card', 'CHF', 99n, 'stripe')
  chosen(t, rules, 'card', 'CHF', 201n, 'stripe')
  chosen(t, rules, 'card', 'EUR', 100n, 'test')
  chosen(t, rules, 'paypal_account', 'CHF', 150n, 'test')
  // Stripe takes none, so that its rule is not for one.
  chosen(t, rules, 'paypal_account', 'EUR', 100n)
  chosen(t, NO_RULES, 'card', 'CHF', 1n)
})

test('a retry is at the next hour that is not over, counted from the first attempt', (t) => {
  const rules = { ...NO_RULES, retry_after_hours: [24, 72] }
  const at = (hours: number) => new Date(Date.UTC(2026, 10, 1) + hours * 3_600_000)
  t.deepEqual(nextRetryAt(rules, at(0), at(0)), at(24))
  t.deepEqual(nextRetryAt(rules, at(0), at(24)), at(72))
  t.deepEqual(nextRetryAt(rules, at(0), at(50)), at(72))
  t.is(nextRetryAt(rules, at(0), at(72)), undefined)
  t.is(nextRetryAt(NO_RULES, at(0), at(0)), undefined)
})
