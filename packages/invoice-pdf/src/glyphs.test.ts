import test from 'ava'
import fc from 'fast-check'
import { catalogueFor } from './catalogue.ts'
import { openFonts } from './fonts.ts'
import { findMissingGlyph, GlyphMissing } from './glyphs.ts'

const find = (text: string) => findMissingGlyph([{ field: 'lines[0].name', text }])

test('the languages of Europe that are written in Latin, Greek and Cyrillic letters can be printed', (t) => {
  for (const text of [
    'Größenwahn, Übermut, Ärger, Maß',
    'Où ça? Cœur, naïve, Ÿ',
    'Łódź, Kraków, gęślą jaźń',
    'Příliš žluťoučký kůň, ďábelské ódy',
    'Árvíztűrő tükörfúrógép',
    'București, Țăndărică, Ștefan',
    'Þórður, Ðagur, Ærø, Åbo',
    'İstanbul, Iğdır, Şişli',
    'Ħamrun, Ġgantija, Żabbar',
    'Tiếng Việt',
    'Αθήνα, Ελλάδα',
    'София, Україна, Ґудзь, Београд',
    '• … – — ‘’“”„‚‹›«» € £ ¥ ₣ ₺ ₽ ¹²³ ½ ¼ × − ° µ ≤ ≥ ≠ ± Ω § © ® ™ ✓ →',
  ]) {
    t.is(find(text), undefined, text)
  }
})

test('a character that no font of ours has is named with its field', (t) => {
  t.deepEqual(find('東京'), { field: 'lines[0].name', codepoint: 'U+6771' })
  t.deepEqual(find('ok \u{1f600}'), { field: 'lines[0].name', codepoint: 'U+1F600' })
  t.deepEqual(find('שלום'), { field: 'lines[0].name', codepoint: 'U+05E9' })
  t.deepEqual(find('half a pair: \ud800'), { field: 'lines[0].name', codepoint: 'U+D800' })
})

test('the first missing character of several texts is the one that is named', (t) => {
  const texts = [
    { field: 'buyer.name', text: 'Zürich' },
    { field: 'buyer.city', text: '北京' },
    { field: 'notes[0]', text: '東京' },
  ]
  t.deepEqual(findMissingGlyph(texts), { field: 'buyer.city', codepoint: 'U+5317' })
})

test('what never reaches the page is not missed', (t) => {
  t.is(find('a\u0000\u200d\u00ad\ufe0f\tb\r\nc'), undefined)
})

test('the list of what is covered is what the fonts contain', async (t) => {
  const { regular, bold } = await openFonts()
  const [inRegular, inBold] = [new Set(regular.font.characterSet), new Set(bold.font.characterSet)]
  for (let codePoint = 0x20; codePoint < 0x3000; codePoint++) {
    const text = String.fromCodePoint(codePoint)
    const printable = [...text.normalize('NFC')].every(
      (c) => inRegular.has(c.codePointAt(0) ?? 0) && inBold.has(c.codePointAt(0) ?? 0),
    )
    if (find(text) === undefined && !/[\p{Cc}\p{Cf}\p{Zs}\p{Zl}\p{Zp}]|\u034f/u.test(text))
      t.true(printable, `U+${codePoint.toString(16)}`)
    if (printable) t.is(find(text), undefined, `U+${codePoint.toString(16)}`)
  }
})

test('every word of the catalogues can be printed', (t) => {
  for (const country of ['DE', 'AT', 'CH']) {
    for (const language of ['de', 'en'] as const) {
      const { words, titles, invoiceTitles, units, vatCategories, countries } = catalogueFor(language, country)
      t.is(find(JSON.stringify([words, titles, invoiceTitles, units, vatCategories, countries])), undefined)
      t.is(find(JSON.stringify(countries).toUpperCase()), undefined)
    }
  }
})

test('the refusal names the character and the field, as a problem document carries them', (t) => {
  const refusal = new GlyphMissing({ field: 'buyer.name', codepoint: 'U+6771' })
  t.is(refusal.status, 422)
  t.is(refusal.code, 'glyph_missing')
  t.deepEqual(refusal.extensions, { codepoint: 'U+6771', field: 'buyer.name' })
})

test('looking for a missing glyph never fails, whatever the text', (t) => {
  fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void find(text)))
  t.pass()
})
