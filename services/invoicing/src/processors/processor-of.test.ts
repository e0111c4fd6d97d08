import { stripeFake } from '@kontor/processors/testing'
import test from 'ava'
import { type InvoicingUnderTest, invoicingUnderTest } from '../../../../test/support/invoicing.ts'
import type { CredentialsOf, ProcessorCredentials } from '../vault/credentials.ts'
import { processorsOf } from './processor-of.ts'

let kontor: InvoicingUnderTest
test.before(async () => {
  kontor = await invoicingUnderTest()
})
test.after.always(() => kontor.close())

const OWNER = () => ({ tenantId: kontor.tenantId, mode: 'test' }) as const
const STRIPE: ProcessorCredentials = {
  processor: 'stripe',
  mode: 'test',
  version: 1,
  secretKey: 'sk_test_fake',
  webhookSecrets: ['whsec_fake'],
}
const PAYPAL: ProcessorCredentials = {
  processor: 'paypal',
  mode: 'test',
  version: 1,
  clientId: 'id',
  clientSecret: 'secret',
  webhookId: 'hook',
}

function processors(credentialsOf: CredentialsOf, baseUrls: { stripe?: string; paypal?: string } = {}) {
  const clock = { ms: 0 }
  const { database } = kontor
  const { nowMs } = kontor.clock
  return { clock, processorOf: processorsOf({ database, credentialsOf, baseUrls, nowMs, monotonicMs: () => clock.ms }) }
}

test('credentials are kept for a minute, and asked for once by all that need them at once', async (t) => {
  let asked = 0
  let version = 1
  const { clock, processorOf } = processors(async (_owner, name) => {
    asked++
    return name === 'stripe' ? { ...STRIPE, version } : PAYPAL
  })
  const ask = () => processorOf(OWNER(), 'stripe')
  const [first, ...others] = await Promise.all([ask(), ask(), ask()])
  t.true(others.every((other) => other === first))
  clock.ms = 59_999
  t.is(await processorOf(OWNER(), 'stripe'), first)
  t.is(asked, 1)
  clock.ms = 60_000
  t.is(await processorOf(OWNER(), 'stripe'), first, 'what has not changed is kept as it is')
  t.is(asked, 2)
  version = 2
  clock.ms = 120_000
  t.not(await processorOf(OWNER(), 'stripe'), first)
  t.is((await processorOf(OWNER(), 'paypal')).name, 'paypal')
  await processorOf({ ...OWNER(), tenantId: kontor.tenantId.replace(/.$/, 'f') }, 'stripe')
  t.is(asked, 5, 'each tenant and processor has its own')
})

test('what could not be had is asked for anew', async (t) => {
  let there = false
  const { processorOf } = processors(async () => (there ? STRIPE : undefined))
  t.like(await t.throwsAsync(processorOf(OWNER(), 'stripe')), { code: 'processor_not_configured', status: 422 })
  there = true
  t.is((await processorOf(OWNER(), 'stripe')).name, 'stripe')
})

test('credentials of the other mode, or of no mode, are refused', async (t) => {
  const other = processors(async () => ({ ...STRIPE, mode: 'live' }))
  t.like(await t.throwsAsync(other.processorOf(OWNER(), 'stripe')), { code: 'mode_mismatch', status: 422 })
  const live = processors(async () => ({ ...STRIPE, secretKey: 'sk_live_never_here' }))
  const error = await t.throwsAsync(live.processorOf(OWNER(), 'stripe'))
  t.like(error, { code: 'processor_not_configured', status: 422 })
  t.false(`${error?.stack}${String((error?.cause as Error | undefined)?.stack)}`.includes('sk_live_never_here'))
  const sandbox = processors(async () => ({ ...PAYPAL, mode: 'live' }), { paypal: 'https://api-m.sandbox.paypal.com' })
  const wrong = await t.throwsAsync(sandbox.processorOf({ ...OWNER(), mode: 'live' }, 'paypal'))
  t.like(wrong, { code: 'processor_not_configured' })
})

test('a processor is where the process says that it is', async (t) => {
  const fake = await stripeFake()
  t.teardown(() => fake.close())
  const { processorOf } = processors(async () => ({ ...STRIPE, secretKey: fake.secretKey }), { stripe: fake.baseUrl })
  const processor = await processorOf(OWNER(), 'stripe')
  t.like(await processor.retrieve('pi_unknown'), { outcome: 'declined', reason: 'not_found' })
  t.is(fake.received.length, 1)
})

test('the test processor needs no credentials, remembers for every process, and is none where money is real', async (t) => {
  const { processorOf } = processors(() => Promise.reject(new Error('nobody asks')))
  const request = {
    idempotencyKey: 'charge-1:create',
    amount: { minor: 100n, currency: 'CHF' },
    capture: 'automatic',
    instrument: { type: 'card', instrument: 'test_instrument_1' },
    ourReference: 'chg_1',
  } as const
  const made = await (await processorOf(OWNER(), 'test')).create(request)
  if (made.outcome !== 'created') return t.fail(made.outcome)
  const other = processors(() => Promise.reject(new Error('nobody asks'))).processorOf
  t.like(await (await other(OWNER(), 'test')).retrieve(made.reference), { outcome: 'created' })
  const elsewhere = await other({ ...OWNER(), tenantId: kontor.tenantId.replace(/.$/, 'f') }, 'test')
  t.like(await elsewhere.retrieve(made.reference), { outcome: 'declined', reason: 'not_found' })
  t.like(await t.throwsAsync(processorOf({ ...OWNER(), mode: 'live' }, 'test')), { code: 'mode_mismatch' })
})
