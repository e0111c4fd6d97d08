import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import test from 'ava'
import fc from 'fast-check'
import type { PdfDocument } from './document.ts'
import { openFonts, openFreshFonts } from './fonts.ts'
import { findMissingGlyph, GlyphMissing } from './glyphs.ts'
import { renderPdf, TEMPLATE_VERSION } from './render-pdf.ts'
import { arbitraryDocument, withTexts } from './testing/arbitrary-document.ts'
import { operatorsOf, textsOf } from './testing/pdf-text.ts'
import { GERMAN_INVOICE, SWISS_INVOICE, withLines } from './testing/sample-documents.ts'

const fonts = await openFonts()
const plain = (document: PdfDocument) => renderPdf(document, fonts, { compress: false })
const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

test('an invoice reads from top to bottom', async (t) => {
  const pages = await textsOf(await renderPdf(GERMAN_INVOICE, fonts))
  t.is(pages.length, 1)
  const text = (pages[0] ?? []).join('|').replaceAll('\u00a0', ' ')
  const inOrder = [
    'Nordlicht Energietechnik',
    'Bäckerei Sørensen & Söhne OHG',
    'Herrn Łukasz Wiśniewski',
    'Große Bergstraße 231',
    '22767 Hamburg',
    'Rechnungsnummer',
    '10482-0017',
    'Rechnungsdatum',
    '12.11.2026',
    'Kundennummer',
    'Leistungszeitraum',
    '01.10.2026 – 31.10.2026',
    'Fällig am',
    '12.12.2026',
    'Rechnung',
    'Bezeichnung',
    'Wartung der Photovoltaikanlage',
    '480,00',
    '19 %',
    'Netzstrom, Tarif Gewerbe Basis',
    '1.842',
    'kWh',
    '23,45',
    '431,95',
    'je 100 kWh',
    'Nachlass 10 % (Rahmenvertrag): −129,00 EUR',
    'Umsatzsteuer nach Sätzen',
    '2.533,20',
    '481,31',
    'Summe der Positionen',
    '2.657,90',
    'Nettobetrag',
    '2.607,90',
    '486,54',
    'Zu zahlen',
    '2.594,44 EUR',
    'Zahlung',
    'DE75 5121 0800 1245 1261 99',
    'Zahlungsbedingungen',
    'Vielen Dank',
    'Rechnung 10482-0017 · Seite 1 von 1',
    'USt-IdNr. DE287654321',
  ]
  let at = 0
  for (const expected of inOrder) {
    const found = text.indexOf(expected, at)
    t.true(found >= 0, `"${expected}" in its place`)
    at = Math.max(at, found)
  }
})

test('text that is copied out is the text that was put in', async (t) => {
  const note = 'Ærøskøbing – ½ × „Žluťoučký kůň“ \u00b5\u03a9 Ещё Αθήνα fi fl ffi x\u0302'
  const pages = await textsOf(await renderPdf({ ...GERMAN_INVOICE, notes: [note] }, fonts))
  t.true(pages.flat().join('').includes(note), pages.flat().join('|'))
})

test('controls of the text never reach the page', async (t) => {
  const notes = ['a\u0000b\u001b[31mc\u202ed\u200be']
  t.true((await textsOf(await renderPdf({ ...GERMAN_INVOICE, notes }, fonts))).flat().includes('ab[31mcde'))
})

test('a character that cannot be printed is refused, with its field', async (t) => {
  const buyer = { ...GERMAN_INVOICE.buyer, name: '株式会社' }
  const refusal = await t.throwsAsync(renderPdf({ ...GERMAN_INVOICE, buyer }, fonts), { instanceOf: GlyphMissing })
  t.deepEqual(refusal?.extensions, { codepoint: 'U+682A', field: 'buyer.name' })
})

for (const [name, document] of Object.entries({
  'the German invoice': GERMAN_INVOICE,
  'the Swiss invoice': SWISS_INVOICE,
  'a quote of one line in English': {
    ...withLines(GERMAN_INVOICE, GERMAN_INVOICE.lines.slice(0, 1)),
    kind: 'quote',
    typeCode: '310',
    language: 'en',
    validUntil: '2026-12-31',
    dueOn: undefined,
  } satisfies PdfDocument,
})) {
  test(`${name} is drawn with the same operators as before`, async (t) => {
    t.snapshot(operatorsOf(await plain(document)))
  })
}

test('the bytes of a template version do not change: raise TEMPLATE_VERSION when this fails', async (t) => {
  t.snapshot({
    version: TEMPLATE_VERSION,
    german: hash(await plain(GERMAN_INVOICE)),
    swiss: hash(await plain(SWISS_INVOICE)),
  })
})

test('the same document gives the same bytes, whatever the fonts have printed before', async (t) => {
  const printable = fonts.regular.font.characterSet
    .map((codePoint) => String.fromCodePoint(codePoint))
    .filter((text) => findMissingGlyph([{ field: '', text }]) === undefined)
  const texts = fc.string({ unit: fc.constantFrom(...printable), maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(arbitraryDocument, texts, async (other, text) => {
      const document = withTexts(`Kontor ${text}`)
      await renderPdf(other, fonts)
      await renderPdf(withTexts([...text].toReversed().join('')), fonts)
      const expected = await renderPdf(document, await openFreshFonts())
      t.true(expected.equals(await renderPdf(document, fonts)))
    }),
    { numRuns: 25 },
  )
})

test('another process that rendered other documents before gives the same bytes', async (t) => {
  // Each of these shares its glyph with another character.
  const document = withTexts('Rechnung \u00b5 \u03a9 \u0394 \u03c6')
  await renderPdf(withTexts('\u00a0 \u03bc \u2126 \u2206 \u03d5'), fonts)
  const here = hash(await renderPdf(document, fonts))
  const program = `
    import { createHash } from 'node:crypto'
    const { renderPdf } = await import(${JSON.stringify(new URL('./render-pdf.ts', import.meta.url).href)})
    const { withTexts } = await import(${JSON.stringify(new URL('./testing/arbitrary-document.ts', import.meta.url).href)})
    console.log(createHash('sha256').update(await renderPdf(withTexts(${JSON.stringify(document.buyer.name)}))).digest('hex'))`
  t.is(execFileSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' }).trim(), here)
})

test('the file says that it is PDF/A-3b, in which language it is, and when it was issued', async (t) => {
  const source = (await plain(SWISS_INVOICE)).toString('latin1')
  t.true(source.startsWith('%PDF-1.7'))
  t.regex(source, /<pdfaid:part>3<\/pdfaid:part>\s*<pdfaid:conformance>B<\/pdfaid:conformance>/)
  t.regex(source, /\/Lang \(de-CH\)/)
  t.regex(source, /\/DisplayDocTitle true/)
  t.regex(source, /\(D:20261112000000Z\)/)
  t.regex(source, /<xmp:CreateDate>2026-11-12T00:00:00Z<\/xmp:CreateDate>/)
})

test('names with & and < do not break the XML metadata', async (t) => {
  const issuer = { ...GERMAN_INVOICE.issuer, name: 'Müller & Söhne <Berlin>' }
  const source = (await plain({ ...GERMAN_INVOICE, number: 'A&B<7>', issuer })).toString('utf8')
  t.true(source.includes('<rdf:li>Müller &amp; Söhne &lt;Berlin&gt;</rdf:li>'))
  t.true(source.includes('>Rechnung A&amp;B&lt;7&gt;</rdf:li>'))
})

test('only our two fonts are in the file, both embedded', async (t) => {
  const source = (await plain(GERMAN_INVOICE)).toString('latin1')
  const names = new Set([...source.matchAll(/\/BaseFont \/[A-Z]{6}\+(\S+)/g)].map(([, name]) => name))
  t.deepEqual([...names].sort(), ['KontorSans-Regular', 'KontorSans-SemiBold'])
  t.notRegex(source, /Helvetica/)
  t.is([...source.matchAll(/\/FontFile2 /g)].length, 2)
})

test('any document that the type allows can be rendered', async (t) => {
  await fc.assert(
    fc.asyncProperty(arbitraryDocument, async (document) => {
      t.true((await renderPdf(document, fonts)).length > 5_000)
    }),
    { numRuns: 20 },
  )
})
