import { Unavailable } from '@kontor/http-api'
import { bucketOf, parseId } from '@kontor/ids'
import test from 'ava'
import { type CallOptions, callApp, tokenOf } from '../../../../test/support/invoicing.ts'
import { type Chargeable, type ChargeStage, chargeStage } from '../testing/charge-stage.ts'
import { TokenGone } from '../vault/client.ts'
import { NotRegistered, ProcessorNotReached, RegistrationRefused } from '../vault/registration-errors.ts'

/** What the vault says when it is asked to register, by token. */
const registrations = new Map<string, Error>()
let stage: ChargeStage
test.before(async () => {
  stage = await chargeStage({
    registrationOf: async (_owner, tokenId) => {
      const error = registrations.get(tokenId)
      if (error) throw error
      return { type: 'card', instrument: `test_instrument_${tokenId}` }
    },
  })
})
test.after.always(() => stage.kontor.close())

const refusal = test.macro({
  async exec(
    t,
    changesOf: (of: Chargeable) => object | Promise<object>,
    status: number,
    code: string,
    options?: () => Promise<CallOptions>,
  ) {
    const of = await stage.chargeable()
    const changes = await changesOf(of)
    const before = await stage.kontor.state()
    const reply = await stage.charge(of, changes, await options?.())
    t.like(reply, { status, body: { code } }, reply.bytes.toString())
    t.deepEqual(await stage.kontor.state(), before, 'nothing is left')
  },
  title: (given) => `${given}`,
})

const fails = (error: Error) => () => {
  throw error
}

test.serial('a draft is not charged', refusal, draftOf, 409, 'not_issued')
test.serial('a void invoice is not charged', refusal, voidOf, 409, 'invalid_transition')
test.serial('more than is open is not charged', refusal, () => ({ amount_minor: 216_201 }), 409, 'over_allocation')
test.serial('an invoice that is paid is not charged', refusal, paid, 409, 'over_allocation')
test.serial(
  'an invoice of another tenant is not there',
  refusal,
  () => ({ invoice_id: 'inv_01k0000000e4c9p5q2r8s3t6v7' }),
  404,
  'not_found',
)
test.serial(
  'a token that nobody knows is not there',
  refusal,
  (of) => ({ token_id: stage.token(of.invoice.account_id, () => undefined) }),
  404,
  'not_found',
)
test.serial(
  'a token of another bucket is not even asked for',
  refusal,
  ({ invoice }) => ({ token_id: tokenOf((bucketOf(parseId('acc', invoice.account_id)) + 1) % 4096) }),
  404,
  'not_found',
)
test.serial(
  'a token of another account is not there',
  refusal,
  async (of) => {
    const other = parseId('acc', (await stage.chargeable()).invoice.account_id)
    return { token_id: stage.token(of.invoice.account_id, () => ({ type: 'card', display: 'x', accountId: other })) }
  },
  404,
  'not_found',
)
test.serial(
  'an erased token is gone',
  refusal,
  (of) => ({ token_id: stage.token(of.invoice.account_id, fails(new TokenGone())) }),
  410,
  'token_gone',
)
test.serial(
  'while the vault is down nothing is charged',
  refusal,
  (of) => ({ token_id: stage.token(of.invoice.account_id, fails(new Unavailable('vault_unavailable', 'the vault'))) }),
  503,
  'vault_unavailable',
)
test.serial(
  'a processor that is not configured charges nothing',
  refusal,
  () => ({ processor: 'stripe' }),
  422,
  'processor_not_configured',
)
test.serial(
  'without a name the processor follows from the instrument',
  refusal,
  () => ({ processor: undefined }),
  422,
  'processor_not_configured',
)
test.serial(
  'a card number in the address is refused',
  refusal,
  () => ({ return_url: 'https://a.example/4242424242424242' }),
  422,
  'sensitive_text',
)
test.serial(
  'an address without https is refused',
  refusal,
  () => ({ return_url: 'http://a.example/' }),
  400,
  'malformed_request',
)

for (const [what, error, status, code] of [
  ['the payer has to agree to first', new NotRegistered('requires_action', null), 409, 'instrument_not_registered'],
  ['the processor does not take', new RegistrationRefused('mandate_required'), 422, 'mandate_required'],
  ['the processor did not hear of', new ProcessorNotReached(), 502, 'processor_not_reached'],
] as const) {
  test.serial(
    `an instrument that ${what} is not charged`,
    refusal,
    ({ token_id }) => registering(token_id, error),
    status,
    code,
  )
}

test.serial('the test processor moves no money, so that it is refused where money is real', async (t) => {
  const key = await stage.kontor.apiKey('admin', { mode: 'live' })
  const call = (url: string, body?: object) => callApp(stage.kontor.app, key, 'POST', url, body)
  const { ISSUER, ACCOUNT, LINE } = await import('../../../../test/support/invoicing.ts')
  const [issuer, account] = [await call('/v1/issuers', ISSUER), await call('/v1/accounts', ACCOUNT)]
  const order = { account_id: account.body.id, issuer_id: issuer.body.id, currency: 'CHF', lines: [LINE] }
  const draft = await call('/v1/invoices', order)
  await call(`/v1/invoices/${draft.body.id}/issue`)
  const accountId = parseId('acc', account.body.id)
  const token_id = stage.token(account.body.id, () => ({ type: 'card', display: 'x', accountId }))
  const reply = await call('/v1/charges', { invoice_id: draft.body.id, token_id, processor: 'test' })
  t.like(reply, { status: 422, body: { code: 'mode_mismatch' } })
})

test.serial('what is another tenant’s, or of the other mode, is not there', async (t) => {
  const { body } = await stage.charge(await stage.chargeable())
  const live = await stage.kontor.apiKey('admin', { mode: 'live' })
  for (const [method, url] of [
    ['GET', `/v1/charges/${body.id}`],
    ['GET', `/v1/charges/${body.id}/steps`],
    ['POST', `/v1/charges/${body.id}/confirm`],
  ] as const) {
    t.like(await callApp(stage.kontor.app, live, method, url), { status: 404, body: { code: 'not_found' } })
  }
})

async function draftOf({ invoice }: Chargeable): Promise<object> {
  const { LINE } = await import('../../../../test/support/invoicing.ts')
  const { account_id, issuer_id } = invoice
  const draft = await stage.kontor.call('POST', '/v1/invoices', {
    account_id,
    issuer_id,
    currency: 'CHF',
    lines: [LINE],
  })
  return { invoice_id: draft.body.id }
}

async function voidOf({ invoice }: Chargeable): Promise<object> {
  await stage.kontor.call('POST', `/v1/invoices/${invoice.id}/void`, { reason: 'a mistake' })
  return {}
}

async function paid(of: Chargeable): Promise<object> {
  await stage.charge(of)
  return { amount_minor: 1 }
}

function registering(token: string, error: Error): object {
  registrations.set(parseId('tok', token), error)
  return {}
}
