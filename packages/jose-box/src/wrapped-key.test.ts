import { createHash } from 'node:crypto'
import test from 'ava'
import fc from 'fast-check'
import { IntegrityViolation } from './errors.ts'
import { openRecord, sealRecord } from './record.ts'
import { unwrapKey, wrapKey } from './wrapped-key.ts'

const dek = createHash('sha256').update('a DEK').digest()
const kek = createHash('sha256').update('a KEK').digest()
const header = { typ: 'dek', tenant: 'ten_1', subject: 'acc_1', version: 1, kid: 'key_1' }

test('a wrapped key is unwrapped under the same KEK and header', (t) => {
  const keys = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes))
  t.notThrows(() => fc.assert(fc.property(keys, keys, (d, k) => unwrapKey(wrapKey(d, k, header), k, header).equals(d))))
})

test('one key wrapped twice looks different each time', (t) => {
  t.not(wrapKey(dek, kek, header), wrapKey(dek, kek, header))
})

for (const [member, value] of Object.entries({
  typ: 'kek',
  tenant: 'ten_2',
  subject: 'acc_2',
  version: 2,
  kid: 'key_2',
})) {
  test(`a wrapped key moved to a row with another ${member} is refused`, (t) => {
    t.throws(() => unwrapKey(wrapKey(dek, kek, header), kek, { ...header, [member]: value }), {
      instanceOf: IntegrityViolation,
    })
  })
}

test('a key wrapped under another KEK is refused', (t) => {
  t.throws(() => unwrapKey(wrapKey(dek, dek, header), kek, header), { instanceOf: IntegrityViolation })
})

test('a record sealed under the KEK is no key, unless it has 32 bytes and says so in its header', (t) => {
  for (const size of [0, 16, 31, 33, 64]) {
    const record = sealRecord(Buffer.alloc(size), kek, header)
    t.is(openRecord(record, kek, header).length, size)
    t.throws(() => unwrapKey(record, kek, header), { instanceOf: IntegrityViolation })
  }
})

test('only keys of 32 bytes are wrapped, and only under KEKs of 32 bytes', (t) => {
  for (const size of [0, 16, 31, 33]) {
    t.throws(() => wrapKey(Buffer.alloc(size), kek, header), { instanceOf: TypeError })
    t.throws(() => wrapKey(dek, Buffer.alloc(size), header), { instanceOf: TypeError })
  }
})
