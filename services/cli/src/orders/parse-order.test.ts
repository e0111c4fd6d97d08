import { readdirSync, readFileSync } from 'node:fs'
import type { DomainError } from '@kontor/problem'
import test from 'ava'
import { orderHash } from './canonical.ts'
import { InvalidOrder, UnreadableOrder, UnsupportedDocument } from './errors.ts'
import { parseOrder } from './parse-order.ts'

const fixtures = new URL('../../../../test/fixtures/', import.meta.url)
const published = readdirSync(new URL('orders/', fixtures)).filter((name) => name.endsWith('.json'))
const read = (path: string) => readFileSync(new URL(path, fixtures), 'utf8')

test('every published order is of the form, and no two are the same', (t) => {
  t.is(published.length, 28)
  const hashes = published.map((name) => orderHash(parseOrder(read(`orders/${name}`))))
  t.is(new Set(hashes).size, published.length)
  t.true(hashes.every((hash) => /^[0-9a-f]{64}$/.test(hash)))
})

const refuses = test.macro<[text: string, kind: new (...args: never[]) => DomainError, error?: object]>({
  exec(t, text, kind, error) {
    const refusal = t.throws(() => parseOrder(text), { instanceOf: kind }) as DomainError
    if (error) t.like(refusal.errors?.[0], error)
  },
  title: (given) => `an order file is refused: ${given}`,
})

const order = JSON.parse(read('broken-orders/date-in-future.json')) as Record<string, unknown>
const broken = (change: object) => JSON.stringify({ ...order, ...change })
const line = { id: '1', name: 'Papier', quantity: '1', unit: 'C62', price: '1', vat_category: 'S', vat_rate: '19' }

test('nothing in it', refuses, ' \n', UnreadableOrder)
test('cut off', refuses, '{"document": "inv', UnreadableOrder)
test('not an object', refuses, '[1]', InvalidOrder, { path: '', code: 'wrong_type' })
test('no seller', refuses, broken({ seller: undefined }), InvalidOrder, { path: '/seller', code: 'missing_field' })
test('unknown field', refuses, broken({ colour: 1 }), InvalidOrder, { path: '/colour', code: 'unknown_field' })
test('no lines', refuses, broken({ lines: [] }), InvalidOrder, { path: '/lines' })
test('a number for a decimal', refuses, broken({ lines: [{ ...line, quantity: 1 }] }), InvalidOrder, {
  path: '/lines/0/quantity',
  code: 'wrong_type',
})
test('an exponent', refuses, broken({ lines: [{ ...line, quantity: '1e5' }] }), InvalidOrder, {
  path: '/lines/0/quantity',
  code: 'wrong_format',
})
test(
  'another document, whatever else it has',
  refuses,
  broken({ document: 'dispatch_note', parcels: 'x' }),
  UnsupportedDocument,
)
const fault = (path: string) => ({ path, code: 'not_allowed' })
const credit = { document: 'credit_note', type_code: '381' }
test('a credit note by its code alone', refuses, broken({ type_code: '381' }), InvalidOrder, fault('/type_code'))
test('a credit note by its name alone', refuses, broken({ document: 'credit_note' }), InvalidOrder, fault('/type_code'))
test(
  'a credit note that charges something',
  refuses,
  broken({ ...credit, instrument: { type: 'card', holder: {} } }),
  InvalidOrder,
  fault('/instrument'),
)
test(
  'an invoice that names another',
  refuses,
  broken({ preceding_invoice: { number: '1' } }),
  InvalidOrder,
  fault('/preceding_invoice'),
)
test('an invoice that credits for a reason', refuses, broken({ reason: 'x' }), InvalidOrder, fault('/reason'))

test('a credit note names an invoice and says why', (t) => {
  const read = parseOrder(
    broken({ ...credit, preceding_invoice: { number: '1', issued_on: '2026-01-01' }, reason: 'x' }),
  )
  t.like(read, { document: 'credit_note', preceding_invoice: { number: '1' } })
})
test('no document', refuses, broken({ document: undefined }), InvalidOrder, {
  path: '/document',
  code: 'missing_field',
})
test(
  'an account beside the instrument',
  refuses,
  broken({ instrument: { type: 'card', holder: {}, account_id: 'x' } }),
  InvalidOrder,
  {
    path: '/instrument/account_id',
    code: 'unknown_field',
  },
)

test('a refusal never repeats a field name that could be a card number', (t) => {
  const error = t.throws(() => parseOrder(broken({ '4242424242424242': 1 })), {
    instanceOf: InvalidOrder,
  }) as InvalidOrder
  t.deepEqual(error.errors[0]?.path, '/*')
  t.false(JSON.stringify([error.message, error.errors]).includes('4242'))
})

test('a text that is not Unicode has no canonical form', (t) => {
  const read = parseOrder(broken({ buyer_reference: 'x' }).replace('"x"', '"\\ud800"'))
  t.throws(() => orderHash(read), { instanceOf: InvalidOrder })
})
