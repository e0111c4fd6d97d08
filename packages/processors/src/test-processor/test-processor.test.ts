import { readFileSync } from 'node:fs'
import { parseIban, parsePan } from '@kontor/payment-data'
import test from 'ava'
import { AmountNotAccepted, InstrumentNotAccepted } from '../errors.ts'
import type { ConfirmRequest } from '../processor.ts'
import { AN_APPROVAL, aBankAccount, aCard, aPaypalAccount, created, eur, registered } from '../testing/processors.ts'
import { memoryTestStore } from './store.ts'
import { SCRIPTS } from './table.ts'
import { testProcessor } from './test-processor.ts'

async function stage(minor: bigint, capture: 'automatic' | 'manual' = 'automatic') {
  const processor = testProcessor({ store: memoryTestStore() })
  const instrument = await registered(processor)
  const reference = await created(processor, instrument, eur(minor), capture)
  const request: ConfirmRequest = { idempotencyKey: 'confirm-1', reference, instrument, capture, offSession: true }
  return { processor, instrument, reference, request }
}

test('an amount of no meaning is paid at once, once, and can be refunded', async (t) => {
  const { processor, reference, request } = await stage(1050n)
  t.like(await processor.retrieve(reference), { outcome: 'created', amount: eur(1050n) })
  const paid = await processor.confirm(request)
  t.like(paid, { outcome: 'succeeded', reference, amount: eur(1050n) })
  t.deepEqual(await processor.confirm(request), paid)
  t.deepEqual(await processor.confirm({ ...request, idempotencyKey: 'confirm-2' }), paid)
  const part = await processor.refund({ idempotencyKey: 'refund-1', reference, amount: eur(50n) })
  t.like(part, { outcome: 'succeeded', amount: eur(50n) })
  t.deepEqual(await processor.refund({ idempotencyKey: 'refund-1', reference, amount: eur(50n) }), part)
  t.like(await processor.refund({ idempotencyKey: 'refund-2', reference, amount: eur(1001n) }), { outcome: 'declined' })
  t.like(await processor.refund({ idempotencyKey: 'refund-3', reference }), {
    outcome: 'succeeded',
    amount: eur(1000n),
  })
  t.like(await processor.refund({ idempotencyKey: 'refund-4', reference }), { reason: 'not_refundable' })
})

test('the same key makes the same charge, in another process as well, and never another one', async (t) => {
  const store = memoryTestStore()
  const [one, other] = [testProcessor({ store }), testProcessor({ store })]
  const instrument = await registered(one)
  t.is(await created(one, instrument), await created(other, instrument))
  const request = {
    idempotencyKey: 'charge-1-create',
    capture: 'automatic',
    instrument,
    ourReference: 'chg_1',
  } as const
  t.deepEqual(await other.create({ ...request, amount: eur(1n) }), { outcome: 'unknown', because: 'key_conflict' })
  await t.throwsAsync(other.create({ ...request, amount: eur(0n) }), { instanceOf: AmountNotAccepted })
})

const declines = test.macro<[minor: bigint, reason: string, soft: boolean]>({
  async exec(t, minor, reason, soft) {
    const { processor, reference, request } = await stage(minor)
    t.like(await processor.confirm(request), { outcome: 'declined', reason, soft, reference })
    t.like(await processor.retrieve(reference), { outcome: 'declined', reason, soft })
  },
  title: (_, minor, reason) => `${minor} is declined: ${reason}`,
})
test(declines, 66_601n, 'insufficient_funds', true)
test(declines, 66_602n, 'expired_card', false)
test(declines, 66_603n, 'fraud_suspected', false)
test(declines, 66_604n, 'issuer_unavailable', true)
test(declines, 66_605n, 'authentication_required', false)

test('66606 is declined at first, and the next charge of the same instrument is paid', async (t) => {
  const { processor, instrument, reference, request } = await stage(66_606n)
  for (const idempotencyKey of ['confirm-1', 'confirm-2']) {
    const outcome = await processor.confirm({ ...request, idempotencyKey })
    t.like(outcome, { outcome: 'declined', reason: 'insufficient_funds', soft: true })
  }
  const asked = { amount: eur(66_606n), capture: 'automatic', instrument, ourReference: 'chg_2' } as const
  const next = await processor.create({ idempotencyKey: 'charge-2', ...asked })
  if (next.outcome !== 'created') return t.fail(next.outcome)
  const { reference: other } = next
  t.like(await processor.confirm({ ...request, reference: other, idempotencyKey: 'confirm-3' }), {
    outcome: 'succeeded',
  })
  t.like(await processor.retrieve(reference), { outcome: 'declined' })
})

test('66611 needs the payer, and is paid when it is confirmed again', async (t) => {
  const { processor, reference, request } = await stage(66_611n)
  t.like(await processor.confirm(request), { outcome: 'requires_action', action: { type: 'redirect' } })
  t.like(await processor.retrieve(reference), { outcome: 'requires_action' })
  t.like(await processor.confirm({ ...request, idempotencyKey: 'confirm-2' }), { outcome: 'succeeded' })
})

test('a payer without an instrument agrees first, whatever the amount', async (t) => {
  const processor = testProcessor({ store: memoryTestStore() })
  const reference = await created(processor, AN_APPROVAL)
  const step = { reference, capture: 'automatic', instrument: AN_APPROVAL, offSession: false } as const
  t.like(await processor.confirm({ ...step, idempotencyKey: 'confirm-1' }), { outcome: 'requires_action' })
  t.like(await processor.confirm({ ...step, idempotencyKey: 'confirm-2' }), { outcome: 'succeeded' })
})

test('66612 and 66613 are pending, and end well and badly', async (t) => {
  const well = await stage(66_612n)
  t.like(await well.processor.confirm(well.request), { outcome: 'pending' })
  t.like(await well.processor.retrieve(well.reference), { outcome: 'succeeded' })
  const badly = await stage(66_613n)
  t.like(await badly.processor.confirm(badly.request), { outcome: 'pending' })
  t.like(await badly.processor.retrieve(badly.reference), { outcome: 'declined', reason: 'revoked' })
})

test('66621 is never sent, and 66625 not even made', async (t) => {
  const { processor, instrument, reference, request } = await stage(66_621n)
  t.deepEqual(await processor.confirm(request), { outcome: 'not_sent', because: 'unreachable' })
  t.like(await processor.retrieve(reference), { outcome: 'created' })
  const other = { amount: eur(66_625n), capture: 'automatic', instrument, ourReference: 'chg_1' } as const
  t.like(await processor.create({ idempotencyKey: 'charge-2', ...other }), { outcome: 'not_sent' })
})

test('66622 is paid and 66623 is not, and nobody hears of it until somebody asks', async (t) => {
  const paid = await stage(66_622n)
  t.like(await paid.processor.confirm(paid.request), { outcome: 'unknown', because: 'timeout' })
  t.like(await paid.processor.retrieve(paid.reference), { outcome: 'succeeded' })
  const lost = await stage(66_623n)
  t.like(await lost.processor.confirm(lost.request), { outcome: 'unknown', because: 'connection_lost' })
  t.like(await lost.processor.retrieve(lost.reference), { outcome: 'created' })
  t.like(await lost.processor.confirm(lost.request), { outcome: 'succeeded' })
})

test('66624 is made, and nobody hears of it until it is made again under its key', async (t) => {
  const processor = testProcessor({ store: memoryTestStore() })
  const instrument = await registered(processor)
  const request = {
    idempotencyKey: 'charge-1',
    amount: eur(66_624n),
    capture: 'automatic',
    instrument,
    ourReference: 'c',
  } as const
  t.deepEqual(await processor.create(request), { outcome: 'unknown', because: 'timeout' })
  t.like(await processor.create(request), { outcome: 'created' })
})

test('66631 cannot be refunded, and 66632 not at once', async (t) => {
  const declined = await stage(66_631n)
  await declined.processor.confirm(declined.request)
  const refund = { idempotencyKey: 'refund-1', reference: declined.reference }
  t.like(await declined.processor.refund(refund), { outcome: 'declined', reason: 'not_refundable' })
  const slow = await stage(66_632n)
  await slow.processor.confirm(slow.request)
  const pending = await slow.processor.refund({ ...refund, reference: slow.reference })
  if (pending.outcome !== 'pending') return t.fail(pending.outcome)
  t.like(await slow.processor.retrieveRefund(pending.reference), { outcome: 'succeeded' })
})

test('money that is authorized is captured in part or let go', async (t) => {
  const { processor, reference, request } = await stage(1000n, 'manual')
  t.like(await processor.confirm(request), { outcome: 'authorized' })
  t.like(await processor.capture({ idempotencyKey: 'capture-1', reference, amount: eur(1001n) }), {
    outcome: 'authorized',
  })
  t.like(await processor.capture({ idempotencyKey: 'capture-2', reference, amount: eur(400n) }), {
    outcome: 'succeeded',
    amount: eur(400n),
  })
  t.like(await processor.cancel({ idempotencyKey: 'cancel-1', reference }), { outcome: 'succeeded' })
  const held = await stage(1000n, 'manual')
  await held.processor.confirm(held.request)
  t.like(await held.processor.cancel({ idempotencyKey: 'cancel-1', reference: held.reference }), {
    outcome: 'cancelled',
  })
})

test('published test numbers are taken, and nobody’s own', async (t) => {
  const processor = testProcessor({ store: memoryTestStore() })
  t.is((await registered(processor, aCard())).type, 'card')
  t.is((await registered(processor, aBankAccount())).type, 'sepa_debit')
  const card = { pan: parsePan('4539578763621486').reveal(), expiryMonth: 1, expiryYear: 2030 }
  const bank = { iban: parseIban('GB82WEST12345698765432').reveal(), holderName: 'A', email: 'a@example.com' }
  for (const instrument of [
    { type: 'card', open: () => card },
    { type: 'sepa_debit', open: () => bank, mandate: { acceptedAt: new Date(0) } },
  ] as const)
    await t.throwsAsync(processor.register({ idempotencyKey: 'register-9', instrument }), {
      instanceOf: InstrumentNotAccepted,
    })
})

test('a PayPal account is agreed to in two steps, as at PayPal', async (t) => {
  const processor = testProcessor({ store: memoryTestStore() })
  const asked = await processor.register({ idempotencyKey: 'register-1', instrument: aPaypalAccount() })
  if (asked.outcome !== 'requires_action') return t.fail(asked.outcome)
  const finish = { idempotencyKey: 'register-1', registration: asked.registration }
  t.like(await processor.finishRegistration(finish), { outcome: 'registered', reference: { type: 'paypal' } })
})

test('what was never made is not found, and no webhook is ever its own', async (t) => {
  const processor = testProcessor({ store: memoryTestStore() })
  const keyed = { idempotencyKey: 'whatever-1', reference: 'test_charge_1' }
  for (const outcome of [
    await processor.retrieve('test_charge_1'),
    await processor.retrieveRefund('test_refund_1'),
    await processor.capture(keyed),
    await processor.refund(keyed),
  ])
    t.like(outcome, { outcome: 'declined', reason: 'not_found' })
  t.like(await processor.verifyWebhook({ rawBody: Buffer.from('{}'), headers: {} }), { outcome: 'refused' })
})

test('the table of amounts stands in the documentation, whole', (t) => {
  const text = readFileSync(new URL('../../../../docs/processors.md', import.meta.url), 'utf8')
  const documented = [...text.matchAll(/^\| (\d{5}) \|/gm)].map((match) => BigInt(match[1] as string))
  t.deepEqual(documented, [...SCRIPTS.keys()])
})
