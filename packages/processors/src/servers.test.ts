import test from 'ava'
import { processorServers } from './servers.ts'

test('unless it is told otherwise, a process asks the processors themselves, PayPal’s sandbox for tests', (t) => {
  const own = {
    stripe: 'https://api.stripe.com',
    paypal: { test: 'https://api-m.sandbox.paypal.com', live: 'https://api-m.paypal.com' },
  }
  t.deepEqual(processorServers({}), own)
  t.deepEqual(processorServers({ stripe: '', paypal: '' }), own)
})

test('a mock server stands in for both modes, and a server of PayPal’s own only for the one it has', (t) => {
  const mock = 'http://127.0.0.1:8080/mock'
  t.deepEqual(processorServers({ stripe: `${mock}/`, paypal: mock }), {
    stripe: mock,
    paypal: { test: mock, live: mock },
  })
  t.deepEqual(processorServers({ paypal: 'https://api.paypal.com' }).paypal, {
    test: 'https://api-m.sandbox.paypal.com',
    live: 'https://api.paypal.com',
  })
})

test('a server that would be reached in the open is refused, and not repeated', (t) => {
  for (const given of [{ stripe: 'http://stripe.example' }, { paypal: 'ftp://paypal.example' }, { stripe: 'stripe' }]) {
    const error = t.throws(() => processorServers(given), { instanceOf: TypeError })
    t.false(/\.example/.test(error.message.replace('api.example.com', '')))
  }
})
