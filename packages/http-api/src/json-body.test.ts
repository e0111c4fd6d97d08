import test from 'ava'
import fc from 'fast-check'
import { readJson } from './json-body.ts'

const read = (text: string) => readJson(Buffer.from(text))

const unreadable = test.macro({
  exec(t, body: string | Uint8Array) {
    const error = t.throws(() => readJson(Buffer.from(body as string)), { message: /RFC 8259/ })
    t.like(error, { code: 'malformed_json', status: 400 })
    t.false(String(error?.message).includes('4242'), 'the sentence never quotes the body')
  },
  title: (given, body) => `not read: ${given ?? JSON.stringify(body)}`,
})

test(unreadable, '{"pan": 4242424242424242')
test(unreadable, "{'pan': '4242'}")
test(unreadable, '{"__proto__": {"pan": "4242"}}')
test(unreadable, '{"constructor": {"prototype": {"admin": true}}}')
test('half of a surrogate pair', unreadable, '{"name": "\\ud83d"}')
test('the other half', unreadable, '{"name": "\\ude00 4242"}')
test('two first halves', unreadable, '"\\ud83d\\ud83d\\ude00"')
test('a pair the wrong way round', unreadable, '"\\ude00\\ud83d"')
test('a half, and the other behind a letter', unreadable, '"\\ud83dx\\ude00"')
test('half of a pair as a name', unreadable, '{"\\uDBFF": 1}')
test('a byte that is no UTF-8', unreadable, Uint8Array.of(0x22, 0x4d, 0xfc, 0x22))
test('a surrogate written in three bytes', unreadable, Uint8Array.of(0x22, 0xed, 0xa0, 0xbd, 0x22))

test('a pair in escapes is one character, and an escaped backslash before u is no escape', (t) => {
  t.is(read('"\\ud83d\\ude00"'), '😀')
  t.is(read('"\\\\ud83d"'), '\\ud83d')
  t.is(read('"\\\\\\ud83d\\ude00"'), '\\😀')
})

test('no bytes are no body', (t) => {
  t.is(readJson(new Uint8Array()), undefined)
})

test('a byte order mark is no part of the value', (t) => {
  t.deepEqual(read('\ufeff{"a": 1}'), { a: 1 })
})

test('whatever JSON.stringify writes of whole characters is read back as it was', (t) => {
  const value = fc.jsonValue({ stringUnit: 'binary' }).filter((made) => !JSON.stringify(made).includes('__proto__'))
  t.notThrows(() =>
    fc.assert(fc.property(value, (made) => JSON.stringify(read(JSON.stringify(made))) === JSON.stringify(made))),
  )
})
