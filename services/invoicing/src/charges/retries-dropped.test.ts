import { parseId } from '@kontor/ids'
import test from 'ava'
import { ledger as book } from '../balances/ledger.ts'
import { choosing } from '../charge-rules/choose.ts'
import { receiving } from '../payments/receive.ts'
import { ProcessorNotConfigured } from '../processors/errors.ts'
import { settling } from '../proformas/settle.ts'
import { type Chargeable, type ChargeStage, chargeStage } from '../testing/charge-stage.ts'
import { eventsOf, HARD, NOT_SENT, SOFT } from '../testing/obedient-processor.ts'
import { retrying } from '../testing/retrying.ts'
import { TokenGone } from '../vault/client.ts'
import { charging } from './charging.ts'
import { learning } from './learn.ts'

let stage: ChargeStage
const { processing, reset, whole, told, faults, rules, declined, pass, inHours, list, pay } = retrying(() => stage)
test.before(async () => {
  stage = await chargeStage(processing)
})
test.beforeEach(reset)
test.after.always(() => stage.kontor.close())

const DROPPED: readonly (readonly [what: string, happens: (of: Chargeable) => Promise<unknown>, because: string])[] = [
  ['the invoice is paid otherwise', (of) => pay(of, 216_200), 'nothing_open'],
  [
    'the invoice is void',
    (of) => stage.kontor.call('POST', `/v1/invoices/${of.invoice.id}/void`, { reason: 'a mistake' }),
    'nothing_open',
  ],
  ['nothing is tried again any more', () => rules({ rules: [{ processors: ['test'] }] }), 'rules_changed'],
  [
    'the instrument was erased',
    async () => {
      faults.refused = new TokenGone()
    },
    'token_gone',
  ],
  [
    'the credentials are gone',
    async () => {
      faults.refused = new ProcessorNotConfigured()
    },
    'processor_not_configured',
  ],
]
for (const [what, happens, because] of DROPPED) {
  test.serial(`where ${what} meanwhile, the retry is dropped, and says so`, async (t) => {
    const of = await stage.chargeable()
    const first = await declined(of)
    await happens(of)
    await pass(24)
    t.deepEqual(told.asked, [])
    t.like(await stage.show(first.id), { state: 'declined', retry_at: null, retry_dropped: because, retried_by: null })
    t.is((await eventsOf(stage, first.id)).at(-1), 'charge.retry_dropped')
    faults.refused = undefined
    await pass(100)
    t.is((await list(of)).length, 1)
  })
}

test.serial('where the token is of nobody any more, the retry is dropped', async (t) => {
  const of = await stage.chargeable()
  let known = true
  const accountId = parseId('acc', of.invoice.account_id)
  const token_id = stage.token(of.invoice.account_id, () =>
    known ? { type: 'card', display: 'Visa •••• 4242', accountId } : undefined,
  )
  const first = await declined({ ...of, token_id })
  known = false
  await pass(24)
  t.like(await stage.show(first.id), { retry_dropped: 'token_gone' })
})

test.serial('a retry is cancelled with its charge, once and for all', async (t) => {
  const of = await stage.chargeable()
  const first = await declined(of)
  const cancel = () => stage.kontor.call('POST', `/v1/charges/${first.id}/cancel`)
  const reply = await cancel()
  t.like(reply, { status: 200, body: { state: 'declined', retry_at: null, retry_dropped: 'cancelled' } })
  t.deepEqual((await cancel()).body, reply.body)
  await pass(24)
  t.is((await list(of)).length, 1)
  told.does = { confirm: HARD }
  const hard = await stage.charge(of)
  const refusal = await stage.kontor.call('POST', `/v1/charges/${hard.body.id}/cancel`)
  t.like(refusal, { status: 409, body: { code: 'invalid_transition' } })
})

test.serial('a retry that was made is cancelled no more', async (t) => {
  const of = await stage.chargeable()
  const first = await declined(of)
  await pass(24)
  t.like(await stage.kontor.call('POST', `/v1/charges/${first.id}/cancel`), { status: 409 })
})

test.serial('a retry that could not be sent is cancelled with what waits after it', async (t) => {
  const of = await stage.chargeable()
  await declined(of)
  told.does = { create: NOT_SENT }
  await pass(24)
  told.does = {}
  const { id } = (await list(of))[1]
  t.like(await stage.kontor.call('POST', `/v1/charges/${id}/cancel`), {
    status: 200,
    body: { state: 'cancelled', retry_at: null, retry_dropped: 'cancelled' },
  })
  await pass(48)
  t.is((await list(of)).length, 2)
})

test.serial('money of the first attempt that comes after all drops the retry', async (t) => {
  const of = await stage.chargeable()
  // The answer says declined, and the processor takes the money all the same.
  told.does = {
    async confirm(request) {
      await whole.confirm(request)
      return SOFT()
    },
  }
  const { body } = await stage.charge(of, { processor: undefined, off_session: true })
  told.does = {}
  t.like(body, { state: 'declined', retry_at: inHours(24) })
  const { deps } = stage.kontor
  const receive = receiving(deps, book(deps, settling(deps)))
  const { ledger } = charging(deps, receive, choosing(deps))
  const learn = learning(deps, ledger)
  const owner = { tenantId: stage.kontor.tenantId, mode: 'test' } as const
  await learn(owner, 'test', body.reference, await whole.retrieve(body.reference))
  t.like(await stage.show(body.id), { state: 'succeeded', retry_at: null, retry_dropped: 'succeeded' })
  await pass(24)
  t.is((await list(of)).length, 1)
})
