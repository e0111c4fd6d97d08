import { setTimeout as pause } from 'node:timers/promises'
import { parseId } from '@kontor/ids'
import test, { type ExecutionContext } from 'ava'
import { BACK, refused, shopFor } from '../../test/registering.ts'
import { sweepOf } from '../../test/sweep.ts'
import { newAccountId, newIntent, type TestVault, testVault } from '../../test/test-vault.ts'

let vault: TestVault
test.before(async () => {
  vault = await testVault()
})
test.after.always(() => vault?.close())

const shop = (t: ExecutionContext) => shopFor(t, vault)
const CARD_BODY = { processor: 'stripe', cvc: '737' }

async function rowsOf(...tokens: string[]): Promise<string[]> {
  const ids = tokens.map((id) => parseId('tok', id))
  const { rows } = await vault.vaultAdmin.query(
    'select state from registration where token_id = any($1) order by ord',
    [ids],
  )
  return rows.map(({ state }) => state)
}

test('a deleted token leaves no reference, and an event says that the processor has to be told', async (t) => {
  const { card, register, list, send, events } = await shop(t)
  const id = await card()
  const registered = await register(id, { body: CARD_BODY, intent: 'before-the-end' })
  t.is((await send('DELETE', `/v1/tokens/${id}`)).status, 204)
  t.deepEqual(await rowsOf(id), [])
  refused(t, await list(id), 410, 'token_deleted')
  refused(t, await register(id, { body: CARD_BODY, intent: 'before-the-end' }), 410, 'token_deleted')
  t.deepEqual((await events()).slice(2), ['registration.orphaned stripe deleted'])
  const { rows } = await vault.vaultAdmin.query('select to_jsonb(e)::text as row from event e')
  t.false(rows.some(({ row }) => row.includes(registered.json().reference.instrument)))
})

test('an erased customer leaves no reference at any processor, and nothing is registered for them again', async (t) => {
  const { stripe, card, paypalAccount, register, send, events } = await shop(t)
  const account_id = newAccountId()
  const [one, two, three] = [
    await card({ account_id }),
    await paypalAccount({ account_id }),
    await card({ account_id }),
  ]
  await register(one, { body: CARD_BODY })
  await register(two, { body: { processor: 'paypal', ...BACK } })
  stripe.mishaps.push('reset after')
  refused(t, await register(three, { body: CARD_BODY }), 504, 'outcome_unknown')
  t.is((await send('DELETE', `/v1/accounts/${account_id}/data`)).status, 200)
  t.deepEqual(await rowsOf(one, two, three), [])
  refused(t, await register(one, { body: CARD_BODY }), 410, 'subject_erased')
  t.deepEqual((await events()).filter((event) => event.includes('orphaned')).sort(), [
    'registration.orphaned paypal erased',
    'registration.orphaned stripe erased',
    'registration.orphaned stripe erased',
  ])
})

test('a token whose time has come is registered no more, and the sweep takes its references', async (t) => {
  const { card, register, events } = await shop(t)
  const id = await card({ expires_at: '2026-11-23T11:00:00Z' })
  await register(id, { body: CARD_BODY })
  const start = vault.clock.now
  vault.clock.now = new Date('2026-11-23T11:00:00Z')
  try {
    refused(t, await register(id, { body: CARD_BODY }), 410, 'token_expired')
    // A sweep leaves to the next one what somebody else holds, such as the number of the card in another test.
    const sweep = sweepOf(vault.deps)
    do await sweep()
    while ((await rowsOf(id)).length > 0)
  } finally {
    vault.clock.now = start
  }
  t.deepEqual(await rowsOf(id), [])
  t.true((await events()).includes('registration.orphaned stripe expired'))
})

test('what processors keep goes with an instrument that is attached to an account', async (t) => {
  const { stripe, paypal, card, paypalAccount, register, finish, list, send, events, app, admin } = await shop(t)
  const id = await card()
  stripe.mishaps.push('reset after')
  refused(t, await register(id, { body: CARD_BODY }), 504, 'outcome_unknown')
  const registered = await register(id, { body: CARD_BODY })
  await register(id, { body: { processor: 'test' } })
  const moved = await send('POST', `/v1/tokens/${id}/attach`, { account_id: newAccountId() })
  t.is(moved.status, 201, moved.text)
  const to = moved.json().id
  const listed = (await list(to)).json().data
  t.deepEqual(listed[0], { ...registered.json(), token_id: to, attempt: 2, outdated: false })
  t.is(listed.length, 2)
  t.is((await register(to, { body: CARD_BODY })).status, 200)
  const headers = { authorization: `Bearer ${admin}`, 'if-match': '"1"' }
  await app.inject({ method: 'PATCH', url: `/v1/tokens/${to}`, headers, payload: { card: { expiry_year: 2041 } } })
  t.true((await list(to)).json().data[0].outdated, 'with which expiry it was sent goes along')
  refused(t, await list(id), 410, 'token_moved')
  t.deepEqual(await rowsOf(id), [])

  // The payer is at PayPal while their account is made.
  const guests = await paypalAccount()
  await register(guests, { body: { processor: 'paypal', ...BACK } })
  const waiting = await send('POST', `/v1/tokens/${guests}/attach`, { account_id: newAccountId() })
  const setup = paypal.received.find(({ path }) => path === '/v3/vault/setup-tokens')?.answer as { id: string }
  paypal.engine.approve(setup.id)
  t.is((await finish(waiting.json().id, 'paypal')).json().state, 'registered')

  // Nobody knows what became of this one, so nothing of it can go along.
  const lost = await card()
  stripe.mishaps.push('reset after')
  refused(t, await register(lost, { body: CARD_BODY }), 504, 'outcome_unknown')
  const bare = await send('POST', `/v1/tokens/${lost}/attach`, { account_id: newAccountId() })
  t.deepEqual((await list(bare.json().id)).json().data, [])
  t.deepEqual(
    (await events()).filter((event) => event.includes('orphaned')),
    ['registration.orphaned stripe superseded', 'registration.orphaned stripe moved'],
  )
})

for (const [ending, code] of [
  ['deleted', 'token_deleted'],
  ['erased', 'subject_erased'],
  ['moved', 'token_moved'],
] as const) {
  test(`of an instrument that was ${ending} while the processor took it, nothing is kept`, async (t) => {
    const { stripe, card, register, send, events } = await shop(t)
    const account_id = newAccountId()
    const id = await card(ending === 'moved' ? {} : { account_id })
    stripe.mishaps.push(undefined, undefined, { late: 5_000 })
    const registering = register(id, { body: CARD_BODY })
    while (stripe.received.length < 3) await pause(20)
    const ended = await {
      deleted: () => send('DELETE', `/v1/tokens/${id}`),
      erased: () => send('DELETE', `/v1/accounts/${account_id}/data`),
      moved: () => send('POST', `/v1/tokens/${id}/attach`, { account_id }),
    }[ending]()
    t.true(ended.status < 300, ended.text)
    refused(t, await registering, 410, code)
    t.deepEqual(await rowsOf(id), [])
    t.deepEqual(await events(), ['token.registration_begun stripe', `registration.orphaned stripe ${ending}`])
  })
}

test('a token that was changed while it was registered stays registered', async (t) => {
  const { stripe, card, register, list, app, admin } = await shop(t)
  const id = await card()
  stripe.mishaps.push({ late: 5_000 })
  const registering = register(id, { body: CARD_BODY })
  while (stripe.received.length < 1) await pause(20)
  const changed = await app.inject({
    method: 'PATCH',
    url: `/v1/tokens/${id}`,
    headers: { authorization: `Bearer ${admin}`, 'if-match': '"1"' },
    payload: { metadata: { order: '1' } },
  })
  t.is(changed.statusCode, 200, changed.body)
  t.is((await registering).json().state, 'registered')
  t.is((await list(id)).json().data.length, 1)
})

test('a reference in the row of another token, or a state that nobody wrote, is noticed', async (t) => {
  const { stripe, card, register, list } = await shop(t)
  const [one, two] = [await card(), await card()]
  await register(one, { body: CARD_BODY })
  await register(two, { body: CARD_BODY })
  const uuid = (id: string) => parseId('tok', id)
  const put = (sql: string) => vault.vaultAdmin.query(`update registration set ${sql} where token_id = $1`, [uuid(one)])
  const { rows } = await vault.vaultAdmin.query(
    'select instrument, customer, mac from registration where token_id = $1',
    [uuid(one)],
  )
  const other = `(select instrument from registration where token_id = '${uuid(two)}')`
  for (const change of [
    `instrument = ${other}`,
    `instrument = ${other}, mac = (select mac from registration where token_id = '${uuid(two)}')`,
    `customer = null`,
    `reference_type = 'sepa_debit'`,
    `state = 'pending', instrument = null, reference_type = null, customer = null, waiting_as = 'seti_1'`,
  ]) {
    await put(change)
    refused(t, await list(one), 500, 'integrity_violation')
    refused(t, await register(one, { body: CARD_BODY }), 500, 'integrity_violation')
    await vault.vaultAdmin.query(
      `update registration set state = 'registered', waiting_as = null, reference_type = 'card', instrument = $2, customer = $3, mac = $4
       where token_id = $1`,
      [uuid(one), rows[0].instrument, rows[0].customer, rows[0].mac],
    )
  }
  t.is((await list(one)).json().data.length, 1)
  t.is(stripe.received.length, 6)
})

test('a record that does not open is sent nowhere, and its registration begins anew once it does', async (t) => {
  const { stripe, card, register } = await shop(t)
  const [id, intent] = [await card(), newIntent()]
  const { rows } = await vault.vaultAdmin.query('select record from token where id = $1', [parseId('tok', id)])
  const put = (record: string) =>
    vault.vaultAdmin.query('update token set record = $1 where id = $2', [record, parseId('tok', id)])
  await put(`${rows[0].record.slice(0, -4)}AAAA`)
  refused(t, await register(id, { body: CARD_BODY, intent }), 500, 'integrity_violation')
  t.is(stripe.received.length, 0)
  t.deepEqual(await rowsOf(id), ['not_sent'])
  await put(rows[0].record)
  t.is((await register(id, { body: CARD_BODY, intent })).json().state, 'registered')
})
