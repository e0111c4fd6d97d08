import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { DECLINE_REASONS, isSoft } from '../decline.ts'
import { declined, STRIPE_DECLINES } from './declines.ts'

/** What banks say through Stripe; the package types it as any text (docs.stripe.com/declines/codes). */
const DECLINE_CODES = `approve_with_id authentication_not_handled call_issuer card_not_supported card_velocity_exceeded
  currency_not_supported do_not_honor duplicate_transaction generic_decline incorrect_pin invalid_account invalid_amount invalid_pin
  issuer_not_available lost_card merchant_blacklist new_account_information_available no_action_taken not_permitted
  offline_pin_required online_or_offline_pin_required pickup_card pin_try_exceeded reenter_transaction restricted_card
  revocation_of_all_authorizations revocation_of_authorization security_violation service_not_allowed stolen_card
  stop_payment_order testmode_decline transaction_not_allowed withdrawal_count_limit_exceeded`.split(/\s+/)

test('every code that we know is one of the package’s types, or one that banks say', (t) => {
  const resources = join(fileURLToPath(import.meta.resolve('stripe')), '..', 'resources')
  const typed = ['PaymentIntents', 'SetupIntents', 'Charges']
    .map((name) => readFileSync(join(resources, `${name}.d.ts`), 'utf8'))
    .join('\n')
  const others = [...STRIPE_DECLINES.keys()].filter((code) => !typed.includes(`'${code}'`))
  t.deepEqual(others.sort(), DECLINE_CODES.toSorted())
})

test('every reason is soft or hard, and a decline says which', (t) => {
  for (const [code, reason] of STRIPE_DECLINES) {
    t.like(declined({ decline_code: code }), { outcome: 'declined', reason, soft: isSoft(reason), code })
    t.true(reason in DECLINE_REASONS)
  }
})

test('what the bank says counts before what Stripe says, and what nobody knows is a plain no', (t) => {
  t.like(declined({ code: 'card_declined', decline_code: 'lost_card' }, 'pi_1'), {
    reason: 'lost_or_stolen',
    reference: 'pi_1',
  })
  t.like(declined({ code: 'expired_card', decline_code: 'of_tomorrow' }), {
    reason: 'expired_card',
    code: 'of_tomorrow',
  })
  t.deepEqual(declined({}), { outcome: 'declined', reason: 'declined', soft: true })
  t.deepEqual(declined({ code: 7, decline_code: 'not a code' }), {
    outcome: 'declined',
    reason: 'declined',
    soft: true,
  })
})
