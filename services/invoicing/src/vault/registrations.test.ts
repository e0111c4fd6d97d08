import { randomBytes } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { formatId, newUuid, toBucket } from '@kontor/ids'
import { containsPan } from '@kontor/payment-data'
import test, { type ExecutionContext } from 'ava'
import { fakeVault, json } from '../testing/fake-vault.ts'
import { NotRegistered } from './registration-errors.ts'
import { registrationKey, vaultRegistrations } from './registrations.ts'

const uuid = () => newUuid(toBucket(7), 0, randomBytes)
const OWNER = { tenantId: uuid(), mode: 'test' } as const
const TOKEN = uuid()

const CARD = { type: 'card', instrument: 'pm_1', customer: 'cus_1' }
const entry = (changes: object = {}) => ({
  token_id: formatId('tok', TOKEN),
  processor: 'stripe',
  state: 'registered',
  reference: CARD,
  action: null,
  decline: null,
  ...changes,
})

/** Lists what is given, and registers as is given. */
const registrations = async (t: ExecutionContext, listed: readonly object[], registering: RequestListener) =>
  vaultRegistrations(
    await fakeVault(t, (request, response) => {
      t.is(request.url, `/v1/tokens/${formatId('tok', TOKEN)}/registrations`)
      t.is(request.headers['kontor-tenant'], formatId('ten', OWNER.tenantId))
      const answer = request.method === 'GET' ? json(200, { data: listed }) : registering
      answer(request, response)
    }),
  )

test('what is registered is not registered again', async (t) => {
  const registrationOf = await registrations(t, [entry({ processor: 'paypal' }), entry()], () => t.fail('registers'))
  t.deepEqual(await registrationOf(OWNER, TOKEN, 'stripe'), { type: 'card', instrument: 'pm_1', customer: 'cus_1' })
})

test('whoever has the list already asks for nothing that is in it', async (t) => {
  const nobody = vaultRegistrations(await fakeVault(t, () => t.fail('asks')))
  t.is((await nobody(OWNER, TOKEN, 'stripe', [entry()])).instrument, 'pm_1')
  const registrationOf = await registrations(
    t,
    [entry({ reference: { ...CARD, instrument: 'pm_old' } })],
    json(201, entry()),
  )
  t.is((await registrationOf(OWNER, TOKEN, 'stripe', [])).instrument, 'pm_1', 'registered, and not listed again')
})

test('what is not is registered, under a key that follows from token and processor', async (t) => {
  const keys: unknown[] = []
  const registrationOf = await registrations(t, [entry({ state: 'declined' })], (request, response) => {
    keys.push(request.headers['idempotency-key'])
    const chunks: Buffer[] = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      t.deepEqual(JSON.parse(Buffer.concat(chunks).toString()), { processor: 'stripe' })
      json(201, entry({ reference: { type: 'sepa_debit', instrument: 'pm_2', mandate: 'mandate_1' } }))(
        request,
        response,
      )
    })
  })
  for (let times = 0; times < 2; times++) {
    t.deepEqual(await registrationOf(OWNER, TOKEN, 'stripe'), {
      type: 'sepa_debit',
      instrument: 'pm_2',
      mandate: 'mandate_1',
    })
  }
  t.deepEqual(keys, [registrationKey(TOKEN, 'stripe'), registrationKey(TOKEN, 'stripe')])
  t.not(registrationKey(TOKEN, 'stripe'), registrationKey(TOKEN, 'paypal'))
})

test('what the vault cannot find out any more is a new intent, whose key follows as well', async (t) => {
  for (const code of ['registration_key_expired', 'registration_superseded']) {
    const keys: unknown[] = []
    const registrationOf = await registrations(t, [], (request, response) => {
      keys.push(request.headers['idempotency-key'])
      json(keys.length < 3 ? 409 : 201, keys.length < 3 ? { code } : entry())(request, response)
    })
    t.is((await registrationOf(OWNER, TOKEN, 'stripe')).instrument, 'pm_1')
    t.deepEqual(
      keys,
      [1, 2, 3].map((intent) => registrationKey(TOKEN, 'stripe', { intent })),
    )
    t.is(new Set(keys).size, 3)
  }
  const never = await registrations(t, [], json(409, { code: 'registration_superseded' }))
  t.like(await t.throwsAsync(never(OWNER, TOKEN, 'stripe')), { code: 'vault_unavailable', status: 503 })
})

test('a card that was changed, or declined for the moment, is registered anew, under a key that lasts until that came to something', async (t) => {
  const soft = { reason: 'issuer_unavailable', soft: true }
  for (const [changes, after] of [
    [{ attempt: 3, outdated: true }, 3],
    [{ attempt: 2, outdated: false, state: 'declined', reference: null, decline: soft }, 2],
    [{ attempt: 4, outdated: true, state: 'declined', reference: null, decline: { ...soft, soft: false } }, 4],
  ] as const) {
    const keys: unknown[] = []
    const registrationOf = await registrations(t, [entry(changes)], (request, response) => {
      keys.push(request.headers['idempotency-key'])
      json(201, entry({ reference: { type: 'card', instrument: 'pm_2' } }))(request, response)
    })
    for (let times = 0; times < 2; times++) {
      t.deepEqual(await registrationOf(OWNER, TOKEN, 'stripe'), { type: 'card', instrument: 'pm_2' })
    }
    t.deepEqual(keys, [registrationKey(TOKEN, 'stripe', { after }), registrationKey(TOKEN, 'stripe', { after })])
  }
  const all = [undefined, 1, 2, 3].map((after) => registrationKey(TOKEN, 'stripe', { after }))
  t.is(new Set([...all, registrationKey(TOKEN, 'stripe', { intent: 2 })]).size, 5)
})

test('what was declined for good is not asked again as long as the card is the same', async (t) => {
  const declined = entry({ attempt: 1, outdated: false, state: 'declined', reference: null })
  const decline = { reason: 'card_expired', soft: false }
  const registrationOf = await registrations(t, [{ ...declined, decline }], () => t.fail('registers'))
  const error = await t.throwsAsync(registrationOf(OWNER, TOKEN, 'stripe'), { instanceOf: NotRegistered })
  t.deepEqual((error as NotRegistered).extensions, { state: 'declined', reason: 'card_expired' })
})

test('a token that rests after many declines says so', async (t) => {
  const registrationOf = await registrations(t, [], json(429, { code: 'too_many_declines' }))
  const error = await t.throwsAsync(registrationOf(OWNER, TOKEN, 'stripe'), { instanceOf: NotRegistered })
  t.deepEqual((error as NotRegistered).extensions, { state: 'declined', reason: 'too_many_declines' })
})

test('no such key looks like a card number', (t) => {
  for (let times = 0; times < 1_000; times++) {
    const key = registrationKey(uuid(), 'stripe', { intent: (times % 3) + 1, after: times })
    t.regex(key, /^register-[a-p]{64}$/)
    t.false(containsPan(key))
  }
})

for (const [status, body, code] of [
  [404, { code: 'not_found' }, 'not_found'],
  [410, { code: 'token_erased' }, 'token_gone'],
  [422, { code: 'processor_not_configured' }, 'processor_not_configured'],
  [422, { code: 'mandate_required' }, 'mandate_required'],
  [422, { code: 'something_else' }, 'instrument_not_accepted'],
  [502, { code: 'processor_not_reached' }, 'processor_not_reached'],
  [504, { code: 'outcome_unknown' }, 'outcome_unknown'],
  [500, {}, 'vault_unavailable'],
  [403, {}, 'vault_unavailable'],
  [200, entry({ processor: 'test' }), 'vault_unavailable'],
  [200, entry({ reference: null }), 'vault_unavailable'],
  [200, entry({ reference: { type: 'gold', instrument: 'x' } }), 'vault_unavailable'],
  [200, entry({ reference: { type: 'card', instrument: 'a b' } }), 'vault_unavailable'],
] as const) {
  test(`registering, ${status} ${JSON.stringify(body).slice(0, 150)} is ${code}`, async (t) => {
    const registrationOf = await registrations(t, [], json(status, body))
    const error = await t.throwsAsync(registrationOf(OWNER, TOKEN, 'stripe'))
    t.is((error as { code?: string }).code, code)
  })
}

test('an instrument that is not there yet says how far it is', async (t) => {
  for (const [changes, extensions] of [
    [
      { state: 'requires_action', reference: null },
      { state: 'requires_action', reason: null },
    ],
    [
      { state: 'declined', reference: null, decline: { reason: 'expired_card', soft: false } },
      { state: 'declined', reason: 'expired_card' },
    ],
  ] as const) {
    const registrationOf = await registrations(t, [], json(201, entry(changes)))
    t.like(await t.throwsAsync(registrationOf(OWNER, TOKEN, 'stripe')), {
      code: 'instrument_not_registered',
      status: 409,
      extensions,
    })
  }
})

test('a list that is none cannot be believed', async (t) => {
  const registrationOf = vaultRegistrations(await fakeVault(t, json(200, null)))
  t.like(await t.throwsAsync(registrationOf(OWNER, TOKEN, 'stripe')), { code: 'vault_unavailable' })
})
