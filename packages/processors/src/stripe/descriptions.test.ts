// Holds the fake's objects against Stripe's own example of each, which are read where they lie; the types of the package are held
// against them by the compiler.
import { join } from 'node:path'
import test from 'ava'
import { readJson, sharedData } from '../testing/descriptions.ts'
import { aBankAccount, atStripe, created, eur, registered } from '../testing/processors.ts'
import { aCustomer, aPaymentIntent, aPaymentMethod, aRefund, aSetupIntent } from '../testing/stripe-objects.ts'

const data = sharedData()
const here = data === undefined ? 'skipped, ../shared/data is not here: ' : ''

/**
 * The examples are of an older version of the API than the types (docs.stripe.com/changelog), and show some members that only others
 * get. What is only on one side is listed, so that more than that is noticed.
 */
const ONLY_THEIRS: Readonly<Record<string, readonly string[]>> = {
  payment_intent: ['amount_details'],
  setup_intent: [],
  payment_method: ['allow_redisplay', 'card'],
  customer: [
    'address',
    'currency',
    'delinquent',
    'discount',
    'invoice_prefix',
    'name',
    'next_invoice_sequence',
    'phone',
    'preferred_locales',
    'tax_exempt',
    'test_clock',
  ],
  refund: ['destination_details'],
}
const ONLY_OURS: Readonly<Record<string, readonly string[]>> = {
  payment_intent: ['allowed_payment_method_types', 'payment_record'],
  setup_intent: ['allowed_payment_method_types', 'customer_account', 'managed_payments'],
  payment_method: [],
  customer: ['customer_account'],
  refund: ['balance_transaction'],
}

const ours: Readonly<Record<string, object>> = {
  payment_intent: aPaymentIntent('pi_1', {}),
  setup_intent: aSetupIntent('seti_1', {}),
  payment_method: aPaymentMethod('pm_1', {}),
  customer: aCustomer('cus_1'),
  refund: aRefund('re_1', {}),
}

for (const [name, object] of Object.entries(ours)) {
  test(`${here}the fake's ${name} has the members of Stripe's example, of the same kinds`, (t) => {
    if (data === undefined) {
      t.pass()
      return
    }
    const examples = readJson(join(data, 'stripe', 'fixtures3.json')).resources as Record<
      string,
      Record<string, unknown>
    >
    const example = examples[name] ?? {}
    const mine = object as Record<string, unknown>
    const onlyTheirs = Object.keys(example).filter((key) => !(key in mine))
    const onlyOurs = Object.keys(mine).filter((key) => !(key in example))
    t.deepEqual(
      onlyTheirs.filter((key) => !ONLY_THEIRS[name]?.includes(key)),
      [],
    )
    t.deepEqual(
      onlyOurs.filter((key) => !ONLY_OURS[name]?.includes(key)),
      [],
    )
    for (const key of Object.keys(mine)) {
      if (mine[key] === null || example[key] === null || !(key in example)) continue
      t.is(typeof mine[key], typeof example[key], key)
      t.is(Array.isArray(mine[key]), Array.isArray(example[key]), key)
    }
  })
}

test(`${here}what the fake answers in the course of a charge is of the same members`, async (t) => {
  if (data === undefined) {
    t.pass()
    return
  }
  const { fake, processor } = await atStripe(t)
  const instrument = await registered(processor, aBankAccount())
  const reference = await created(processor, instrument, eur(1000n))
  await processor.confirm({
    idempotencyKey: 'confirm-1',
    capture: 'automatic',
    offSession: true,
    reference,
    instrument,
  })
  await processor.refund({ idempotencyKey: 'refund-1', reference })
  for (const { answer } of fake.received) {
    const { object, ...rest } = answer as { object: string }
    t.deepEqual(
      Object.keys(rest).sort(),
      Object.keys(ours[object] ?? {})
        .filter((key) => key !== 'object')
        .sort(),
    )
  }
})
