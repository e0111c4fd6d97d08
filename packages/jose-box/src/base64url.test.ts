import test from 'ava'
import fc from 'fast-check'
import { decodeBase64url } from './base64url.ts'

test('what is written as base64url is read back', (t) => {
  const bytes = fc.uint8Array({ maxLength: 64 })
  t.notThrows(() =>
    fc.assert(fc.property(bytes, (b) => decodeBase64url(Buffer.from(b).toString('base64url'))?.equals(b) === true)),
  )
})

const refuses = test.macro<[text: string, because: string]>({
  exec: (t, text) => t.is(decodeBase64url(text), undefined),
  title: (_given, text, because) => `base64url ${JSON.stringify(text)} is refused: ${because}`,
})
test(refuses, 'AA==', 'padding')
test(refuses, 'AB', 'its four trailing bits are not zero, so it would be a second spelling of AA')
test(refuses, 'AAB', 'its two trailing bits are not zero')
test(refuses, 'A', 'one character is six bits, not a byte')
test(refuses, 'AA+A', 'plus belongs to base64')
test(refuses, 'AA/A', 'slash belongs to base64')
test(refuses, 'AA A', 'white space')
test(refuses, 'AA\n', 'line end')
test(refuses, 'ÁA', 'a character outside ASCII')

test('no two texts are read as the same bytes', (t) => {
  const text = fc.string({ unit: fc.constantFrom(...'ABCDwxyz0189-_=+/'), maxLength: 8 })
  t.notThrows(() =>
    fc.assert(
      fc.property(text, (s) => {
        const bytes = decodeBase64url(s)
        return bytes === undefined || bytes.toString('base64url') === s
      }),
    ),
  )
})
