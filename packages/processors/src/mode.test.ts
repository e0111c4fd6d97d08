import test from 'ava'
import { checkPaypalHost, checkStripeKey, stripeKeyMode } from './mode.ts'
import { paypalProcessor } from './paypal/paypal-processor.ts'
import { stripeProcessor } from './stripe/stripe-processor.ts'

test('a key of Stripe is taken in its own mode alone, and is not repeated', (t) => {
  t.notThrows(() => checkStripeKey('sk_test_4eC39HqLyjWDarjtT1zdp7dc', 'test'))
  t.notThrows(() => checkStripeKey('rk_live_4eC39HqLyjWDarjtT1zdp7dc', 'live'))
  for (const [key, mode] of [
    ['sk_live_4eC39HqLyjWDarjtT1zdp7dc', 'test'],
    ['sk_test_4eC39HqLyjWDarjtT1zdp7dc', 'live'],
    ['pk_test_4eC39HqLyjWDarjtT1zdp7dc', 'test'],
    ['sk_test_4eC39HqLyj\nWDarjtT1zdp7dc', 'test'],
    ['4eC39HqLyjWDarjtT1zdp7dc', 'test'],
  ] as const) {
    const error = t.throws(() => checkStripeKey(key, mode), { instanceOf: TypeError })
    t.false(error.message.includes('4eC39'))
  }
  t.is(stripeKeyMode('rk_live_4eC39HqLyjWDarjtT1zdp7dc'), 'live')
  t.is(stripeKeyMode('pk_live_4eC39HqLyjWDarjtT1zdp7dc'), undefined)
})

test('PayPal’s sandbox is for tests, its other server is not, and a mock server is for either', (t) => {
  t.notThrows(() => checkPaypalHost('https://api-m.paypal.com', 'live'))
  t.notThrows(() => checkPaypalHost('https://api-m.sandbox.paypal.com', 'test'))
  t.notThrows(() => checkPaypalHost('http://127.0.0.1:8080/mock', 'live'))
  t.throws(() => checkPaypalHost('https://api-m.paypal.com', 'test'), { instanceOf: TypeError })
  t.throws(() => checkPaypalHost('https://api.sandbox.paypal.com', 'live'), { instanceOf: TypeError })
})

test('a processor of the wrong mode is never made', (t) => {
  const timing = { timeoutMs: 1000, nowMs: () => 0 }
  const stripe = { secretKey: 'sk_live_1', baseUrl: 'https://api.stripe.com', webhookSecrets: [] }
  t.throws(() => stripeProcessor({ ...stripe, ...timing, mode: 'test' }), { instanceOf: TypeError })
  const paypal = { clientId: 'a', clientSecret: 'b', webhookId: 'c', baseUrl: 'https://api-m.paypal.com' }
  t.throws(() => paypalProcessor({ ...paypal, ...timing, mode: 'test' }), { instanceOf: TypeError })
})
