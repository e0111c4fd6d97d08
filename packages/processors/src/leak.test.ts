// The number stands in what was sent, and nowhere else: not in an outcome, not in an error, not in what either prints.
import { inspect } from 'node:util'
import { parseIban, parsePan } from '@kontor/payment-data'
import test from 'ava'
import fc from 'fast-check'
import type { ClearInstrument } from './instrument.ts'
import type { Processor } from './processor.ts'
import type { Mishap } from './testing/mishap.ts'
import {
  aBankAccount,
  aCard,
  atPaypal,
  atStripe,
  CVC,
  EMAIL,
  eur,
  HOLDER,
  IBAN,
  PAN,
  PAYPAL_ACCOUNT,
  WEBHOOK_SECRET,
} from './testing/processors.ts'

function shown(value: unknown): string {
  const json = JSON.stringify(value, (_, member) => (typeof member === 'bigint' ? String(member) : member)) ?? ''
  const printed = inspect(value, { depth: 20, showHidden: true, getters: true })
  const error = value instanceof Error ? `${value.message} ${value.stack} ${inspect(value.cause, { depth: 20 })}` : ''
  return `${json}\n${printed}\n${error}`.replaceAll(/[ -]/g, '').toLowerCase()
}

const bare = (text: string) => text.replaceAll(/[ -]/g, '').toLowerCase()

/** Whatever a promise comes to. */
const settled = (promise: Promise<unknown>) => promise.catch((error: unknown) => error)

const MISHAPS: (Mishap | undefined)[] = [
  undefined,
  'reset before',
  'reset after',
  'garbage',
  'not json',
  'unknown type',
  'broken gzip',
  'lost in 500',
  { status: 400 },
  { status: 401 },
  { status: 402 },
  { status: 403 },
  { status: 409 },
  { status: 429 },
  { status: 500 },
  { bare: 400 },
  { redirect: 'http://127.0.0.1:9/' },
]

const instruments = (pan: string): readonly ClearInstrument[] => [
  {
    type: 'card',
    open: () => ({ pan: parsePan(pan).reveal(), expiryMonth: 12, expiryYear: 2030, cvc: CVC, holderName: HOLDER }),
  },
  aBankAccount(),
]

test('whatever Stripe does to a registration, no outcome and no error shows what was registered, or the key', async (t) => {
  const { fake, processor } = await atStripe(t)
  const mishaps = fc.array(fc.constantFrom(...MISHAPS), { minLength: 1, maxLength: 3 })
  const decline = fc.constantFrom(undefined, { decline_code: 'incorrect_number' }, { decline_code: `${PAN} ${IBAN}` })
  let run = 0
  await fc.assert(
    fc.asyncProperty(mishaps, decline, fc.boolean(), async (planned, verdict, isCard) => {
      fake.mishaps.splice(0, fake.mishaps.length, ...planned)
      fake.setupVerdicts.splice(0, fake.setupVerdicts.length, verdict)
      const [card, bank] = instruments(PAN)
      const instrument = (isCard ? card : bank) as ClearInstrument
      const outcome = await settled(processor.register({ idempotencyKey: `register-${++run}`, instrument }))
      const text = shown(outcome)
      for (const secret of [PAN, IBAN, HOLDER, EMAIL, fake.secretKey]) t.false(text.includes(bare(secret)), text)
      t.notRegex(text, new RegExp(`cvc.{0,20}${CVC}`))
    }),
    { numRuns: 60 },
  )
  t.true(
    fake.received.some(({ body }) => body.includes(PAN)),
    'the number was sent',
  )
})

test('whatever PayPal does, no outcome and no error shows the secret or an access token', async (t) => {
  const { fake, processor } = await atPaypal(t)
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...MISHAPS), { minLength: 1, maxLength: 3 }), async (planned) => {
      fake.mishaps.splice(0, fake.mishaps.length, ...planned)
      const key = `charge-${++run}`
      const request = { amount: eur(1n), capture: 'automatic', instrument: PAYPAL_ACCOUNT, ourReference: key } as const
      const outcome = await settled(processor.create({ idempotencyKey: key, ...request }))
      const text = shown(outcome)
      for (const secret of [fake.clientSecret, fake.clientId, 'A21AAFake']) t.false(text.includes(bare(secret)), text)
    }),
    { numRuns: 60 },
  )
})

test('a request and a processor that are printed show neither numbers nor credentials', async (t) => {
  const stripe = await atStripe(t)
  const paypal = await atPaypal(t)
  const request = { idempotencyKey: 'register-1', instrument: aCard() }
  await stripe.processor.register(request)
  for (const printed of [request, aBankAccount(), stripe.processor, paypal.processor] as (Processor | object)[]) {
    const text = shown(printed)
    for (const secret of [PAN, IBAN, HOLDER, EMAIL, stripe.fake.secretKey, paypal.fake.clientSecret, WEBHOOK_SECRET])
      t.false(text.includes(bare(secret)), text)
  }
})

test('an answer that quotes what was sent is not quoted', async (t) => {
  const { fake, processor } = await atStripe(t)
  fake.setupVerdicts.push({ decline_code: PAN, code: `No such card: ${PAN}`, advice_code: IBAN })
  const outcome = await processor.register({ idempotencyKey: 'register-1', instrument: aCard() })
  t.deepEqual(outcome, { outcome: 'declined', reason: 'declined', soft: true, reference: 'seti_fake00000003' })
})

test('what is refused before it is sent does not repeat it', async (t) => {
  const { processor } = await atPaypal(t)
  const text = shown(await settled(processor.register({ idempotencyKey: 'register-1', instrument: aCard() })))
  t.false(text.includes(PAN))
  const key = shown(
    await settled(
      processor.create({
        idempotencyKey: `${PAN} ${IBAN}`,
        amount: eur(1n),
        capture: 'manual',
        instrument: PAYPAL_ACCOUNT,
        ourReference: 'c',
      }),
    ),
  )
  t.false(key.includes(PAN))
  t.is(parseIban(IBAN).reveal(), IBAN as never)
})
