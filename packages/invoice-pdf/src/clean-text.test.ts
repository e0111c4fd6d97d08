import test from 'ava'
import fc from 'fast-check'
import { cleanLine, cleanText } from './clean-text.ts'

const cleans = test.macro<[given: string, cleaned: string]>({
  exec: (t, given, cleaned) => t.is(cleanText(given), cleaned),
  title: (because) => because ?? '',
})
test('every kind of line break becomes a line feed', cleans, 'a\r\nb\rc\u2028d\u0085e\ff', 'a\nb\nc\nd\ne\nf')
test('a tab becomes a space', cleans, 'a\tb', 'a b')
test('controls disappear', cleans, 'a\u0000\u0007\u001b[31mb\u007f\u009fc', 'a[31mbc')
test(
  'soft hyphens, joiners and direction marks disappear',
  cleans,
  'Rech\u00adnung\u200b \u202eevil\u2066\ufeff',
  'Rechnung evil',
)
test('variation selectors disappear', cleans, '\u2713\ufe0f', '\u2713')
test('a letter and its accent become one', cleans, 'Zu\u0308rich', 'Zürich')
test('the ohm sign becomes the omega that the font has', cleans, '\u2126', '\u03a9')
test('thin spaces become spaces, those that do not break stay so', cleans, '1\u2009000\u202f000', '1 000\u00a0000')
test('the hyphens of Unicode become the one everybody types', cleans, 'a\u2010b\u2011c', 'a-b-c')

test('a text on one line keeps no line break and no space around it', (t) => {
  t.is(cleanLine('  Müller\n & \r\n Söhne '), 'Müller & Söhne')
})

test('what is clean stays as it is, and no control is left in it', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
      const cleaned = cleanText(text)
      t.is(cleanText(cleaned), cleaned)
      t.notRegex(cleaned.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u)
    }),
  )
  t.pass()
})
