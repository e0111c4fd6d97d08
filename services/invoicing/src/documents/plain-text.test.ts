import { findMissingGlyph } from '@kontor/invoice-pdf'
import test from 'ava'
import fc from 'fast-check'
import { isPlain } from './plain-text.ts'

const everywhere = fc.string({ unit: 'binary' })
const latin = fc.string({ unit: fc.constantFrom(...'abcäöüßéèçñøåłşžő ŒœĦſ “„‘’–—•€"\\/\n\t\u00ad\u00a0\u0301\u0001') })
const texts = fc.array(fc.oneof(everywhere, latin, fc.constantFrom('中', '\u{1f600}', '\ud800', 'ﬁ', '\ufffd')))

test('what is plain can be printed, whatever the text', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(texts, (values) => {
        const printed = values.map((text, index) => ({ field: String(index), text }))
        return !isPlain(JSON.stringify(values)) || findMissingGlyph(printed) === undefined
      }),
      { numRuns: 1_000 },
    ),
  )
})

test('the letters of the languages that documents are written in are plain', (t) => {
  t.true(
    isPlain(JSON.stringify({ name: 'Bäckerei Sørensen & Söhne „Łódź“, Straße 1 – 5 € • Visa •••• 4242\nMünchen' })),
  )
  t.true(isPlain(''))
})

test('what no font of ours has is not plain', (t) => {
  for (const text of ['中', '\u{1f600}', '\ufb01\ufb02', '\u0001', '\ud800', 'e\u0301'])
    t.false(isPlain(JSON.stringify([text])), text)
})
