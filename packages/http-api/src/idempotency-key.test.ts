import test from 'ava'
import { readIdempotencyKey } from './idempotency-key.ts'

const refuses = test.macro({
  exec(t, header: string | string[] | undefined, code: string) {
    const error = t.throws(() => readIdempotencyKey(header))
    t.like(error, { code, status: 400 })
    if (typeof header === 'string' && header) t.false(error?.message.includes(header))
  },
  title: (given, header) => given ?? `no key: ${JSON.stringify(header)}`,
})

test(refuses, undefined, 'idempotency_key_required')
test(refuses, '', 'idempotency_key_required')
test(refuses, ['order-0001', 'order-0002'], 'idempotency_key_invalid')
test(refuses, 'seven-7', 'idempotency_key_invalid')
test('a key of 129 characters', refuses, 'k'.repeat(129), 'idempotency_key_invalid')
test(refuses, 'order 0001', 'idempotency_key_invalid')
test(refuses, 'order-0001, order-0001', 'idempotency_key_invalid')
test(refuses, 'auftrag-ü-1', 'idempotency_key_invalid')
test('a card number', refuses, '4242424242424242', 'idempotency_key_invalid')
test('a card number with hyphens', refuses, 'pay-4242-4242-4242-4242', 'idempotency_key_invalid')
test('an IBAN with separators', refuses, 'refund:DE89_3704_0044_0532_0130_00', 'idempotency_key_invalid')
test('an IBAN', refuses, 'refund:DE89370400440532013000', 'idempotency_key_invalid')

test('what a client would make up is taken as it is', (t) => {
  const keys = [
    'order-001',
    'k'.repeat(128),
    '8e03978e-40d5-43e8-bc93-6894a57f9324',
    'run:2026-11-23:0001',
    'A_b.c:d-9',
  ]
  for (const key of keys) t.is(readIdempotencyKey(key), key)
})
