import type { ChargeOutcome } from '@kontor/processors'
import test from 'ava'
import fc from 'fast-check'
import { ledger } from '../balances/ledger.ts'
import { choosing } from '../charge-rules/choose.ts'
import { receiving } from '../payments/receive.ts'
import { settling } from '../proformas/settle.ts'
import { type ChargeStage, chargeStage } from '../testing/charge-stage.ts'
import { charging } from './charging.ts'
import { type LearnOfCharge, learning } from './learn.ts'

let stage: ChargeStage
let learn: LearnOfCharge
test.before(async () => {
  stage = await chargeStage()
  const { deps } = stage.kontor
  learn = learning(deps, charging(deps, receiving(deps, ledger(deps, settling(deps))), choosing(deps)).ledger)
})
test.after.always(() => stage.kontor.close())

const owner = () => ({ tenantId: stage.kontor.tenantId, mode: 'test' }) as const
const pendingCharge = async () => {
  const of = await stage.chargeable()
  const { body } = await stage.charge(of, { amount_minor: 66_612 })
  return { of, id: body.id as string, reference: body.reference as string }
}
const amount = { minor: 66_612n, currency: 'CHF' }

test.serial('what a webhook tells is written down once, in whatever order it comes', async (t) => {
  const kinds = ['pending', 'succeeded', 'created', 'unknown'] as const
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 6 }), async (told) => {
      const { id, reference } = await pendingCharge()
      await Promise.all(
        told.map((outcome) =>
          learn(
            owner(),
            'test',
            reference,
            (outcome === 'unknown' ? { outcome, because: 'timeout' } : { outcome, reference, amount }) as ChargeOutcome,
          ),
        ),
      )
      const isPaid = told.includes('succeeded')
      t.is((await stage.show(id)).state, isPaid ? 'succeeded' : 'pending')
      t.is((await stage.paymentsOf(id)).length, isPaid ? 1 : 0)
    }),
    { numRuns: 8 },
  )
})

test.serial('money that was taken after all is a payment, also where it was given up', async (t) => {
  for (const first of ['declined', 'cancelled'] as const) {
    const { of, id, reference } = await pendingCharge()
    const given = first === 'declined' ? { reason: 'revoked', soft: false } : {}
    await learn(owner(), 'test', reference, { outcome: first, reference, ...given } as ChargeOutcome)
    t.like(await stage.show(id), { state: first, next_check_at: null })
    // Somebody else has paid what was free again.
    t.like(await stage.charge(of), { status: 201, body: { amount_minor: 216_200 } })
    await learn(owner(), 'test', reference, { outcome: 'pending', reference })
    t.like(await stage.show(id), { state: first })
    await learn(owner(), 'test', reference, { outcome: 'succeeded', reference, movement: 'late', amount })
    const shown = await stage.show(id)
    t.like(shown, { state: 'succeeded', decline: null })
    const payment = await stage.kontor.call('GET', `/v1/payments/${shown.payment_id}`)
    t.like(payment.body, { amount_minor: 66_612, credit_minor: 66_612, allocated_minor: 0, reference: 'late' })
  }
})

test.serial('money for an invoice that is void by then is the account’s credit', async (t) => {
  const { of, id, reference } = await pendingCharge()
  const given = { outcome: 'declined', reason: 'revoked', soft: false, reference } as const
  await learn(owner(), 'test', reference, given)
  const voided = await stage.kontor.call('POST', `/v1/invoices/${of.invoice.id}/void`, { reason: 'a mistake' })
  t.is(voided.status, 201, voided.bytes.toString())
  await learn(owner(), 'test', reference, { outcome: 'succeeded', reference, amount })
  const { payment_id } = await stage.show(id)
  t.like((await stage.kontor.call('GET', `/v1/payments/${payment_id}`)).body, { credit_minor: 66_612 })
})

test.serial('less than was asked for is what is paid; more, or another currency, is nobody’s word', async (t) => {
  const { id, reference } = await pendingCharge()
  for (const wrong of [
    { minor: 66_613n, currency: 'CHF' },
    { minor: 66_612n, currency: 'EUR' },
  ]) {
    await learn(owner(), 'test', reference, { outcome: 'succeeded', reference, amount: wrong })
    t.is((await stage.show(id)).state, 'pending')
  }
  await learn(owner(), 'test', reference, { outcome: 'succeeded', reference, amount: { minor: 1n, currency: 'CHF' } })
  t.deepEqual(
    (await stage.paymentsOf(id)).map(({ amount_minor }) => amount_minor),
    [1n],
  )
})

test.serial('a charge that is not ours, or another tenant’s, changes nothing', async (t) => {
  const { id, reference } = await pendingCharge()
  const outcome = { outcome: 'succeeded', reference, amount } as const
  const before = await stage.kontor.state()
  await learn(owner(), 'stripe', reference, outcome)
  await learn(owner(), 'test', 'pi_of_somebody', outcome)
  await learn({ ...owner(), mode: 'live' }, 'test', reference, outcome)
  await learn(
    { tenantId: stage.kontor.tenantId.replace(/.$/, (last) => (last === '0' ? '1' : '0')), mode: 'test' },
    'test',
    reference,
    outcome,
  )
  t.deepEqual(await stage.kontor.state(), before)
  t.is((await stage.show(id)).state, 'pending')
})
