import { createHash } from 'node:crypto'
import test from 'ava'
import fc from 'fast-check'
import { accountExternalId, inLetters, instrumentHash, issuerExternalId, orderHash } from './canonical.ts'
import type { OrderForm } from './order-form.ts'

const seller = { name: 'Papierhaus Muster GmbH', country: 'DE' }
const buyer = { name: 'Erika Mustermann', country: 'DE' }
const order: OrderForm = {
  document: 'invoice',
  type_code: '380',
  issue_date: '2026-03-02',
  currency: 'EUR',
  seller,
  buyer,
  lines: [{ id: '1', name: 'Papier', quantity: '1', unit: 'C62', price: '1', vat_category: 'S', vat_rate: '19' }],
}

test('the hash of an order is SHA-256 of its canonical form (RFC 8785)', (t) => {
  const canonical =
    '{"buyer":{"country":"DE","name":"Erika Mustermann"},"currency":"EUR","document":"invoice","issue_date":"2026-03-02",' +
    '"lines":[{"id":"1","name":"Papier","price":"1","quantity":"1","unit":"C62","vat_category":"S","vat_rate":"19"}],' +
    '"seller":{"country":"DE","name":"Papierhaus Muster GmbH"},"type_code":"380"}'
  t.is(orderHash(order), createHash('sha256').update(canonical).digest('hex'))
})

test('layout, source and printed totals do not make another order; anything else does', (t) => {
  const reordered = Object.fromEntries(Object.entries(order).reverse()) as OrderForm
  t.is(orderHash(reordered), orderHash(order))
  t.is(orderHash({ ...order, source: 'somebody', expected: { payable: '1.19' } }), orderHash(order))
  t.not(orderHash({ ...order, number_printed: '7' }), orderHash(order))
})

test('the hash of an order says nothing of its instrument but what a token shows', (t) => {
  const card = (number: string, cvc: string, name: string): OrderForm => ({
    ...order,
    instrument: { type: 'card', card: { number, expiry_month: 12, expiry_year: 2030, cvc }, holder: { name } },
  })
  const hash = orderHash(card('4242424242424242', '123', 'Erika Mustermann'))
  t.is(
    orderHash(card('4000 0566 5566 4242', '999', 'Max Mustermann')),
    hash,
    'whoever tries all numbers learns nothing',
  )
  t.not(orderHash(card('5555555555554444', '123', 'Erika Mustermann')), hash, 'other last digits are another order')
  t.not(orderHash(order), hash)
  const payer = { means_code: '59', payer_iban: 'DE89370400440532013000' }
  t.is(orderHash({ ...order, payment: [payer] }), orderHash({ ...order, payment: [{ means_code: '59' }] }))
})

test('an instrument of a wrong form has a hash too, without its digits: to refuse it is for the vault', (t) => {
  const holder = { name: 'Erika Mustermann' }
  for (const [type, one, other] of [
    ['card', { number: 4242424242424242 }, { number: 5555555555554444 }],
    ['bank_account', { iban: 42 }, { iban: { is: 43 } }],
    ['bank_account', { account_number: [6789] }, { account_number: true }],
  ] as const) {
    t.is(
      orderHash({ ...order, instrument: { type, [type]: one, holder } }),
      orderHash({ ...order, instrument: { type, [type]: other, holder } }),
    )
  }
  for (const none of [null, 'text', 4]) {
    t.notThrows(() => orderHash({ ...order, instrument: { type: 'card', card: none, bank_account: none, holder } }))
  }
})

test('the name of a registration changes with everything of the instrument', (t) => {
  const paypal = (payer_id: string): OrderForm => ({
    ...order,
    instrument: { type: 'paypal_account', paypal_account: { email: 'a@example.com', payer_id }, holder: { name: 'A' } },
  })
  t.is(orderHash(paypal('QYR5Z8XDVJNXQ')), orderHash(paypal('QYR5Z8XDVJNXA')))
  t.not(instrumentHash(paypal('QYR5Z8XDVJNXQ')), instrumentHash(paypal('QYR5Z8XDVJNXA')))
})

test('a seller is one issuer, and an account belongs to a seller and a buyer', (t) => {
  t.is(issuerExternalId({ ...seller }), issuerExternalId(seller))
  t.not(issuerExternalId({ ...seller, city: 'Köln' }), issuerExternalId(seller))
  t.not(accountExternalId(seller, buyer), accountExternalId(buyer, seller))
})

test('an Idempotency-Key made of a hash has no digit that could be taken for a card number', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9a-f]{64}$/), (hash) => {
        const letters = inLetters(hash)
        return /^[a-p]{64}$/.test(letters) && inLetters(hash) === letters
      }),
    ),
  )
  t.is(inLetters('0f9a'), 'apjk')
})
