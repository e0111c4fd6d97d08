import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { contentOf, printedTexts } from './content.ts'
import type { PdfDocument } from './document.ts'
import { openFonts } from './fonts.ts'
import { layOut } from './layout.ts'
import { type Mark, MM, PAGE_HEIGHT, PAGE_WIDTH } from './page.ts'
import { arbitraryDocument } from './testing/arbitrary-document.ts'
import { GERMAN_INVOICE, SWISS_INVOICE, sampleLine, withLines } from './testing/sample-documents.ts'

const fonts = await openFonts()
const pagesOf = (document: PdfDocument): Mark[][] =>
  layOut(contentOf(document), fonts, { country: document.issuer.country, hasLogo: false })

type TextMark = Extract<Mark, { kind: 'text' }>
const textsOf = (marks: readonly Mark[]): TextMark[] => marks.filter((mark) => mark.kind === 'text')

/** Where the ink of a text is, a little smaller than its letters may be: between x-height and baseline. */
const inkOf = ({ x, y, width, style }: TextMark) => ({
  left: x,
  right: x + width,
  top: y - style.size * 0.5,
  bottom: y,
})

function assertTidy(t: ExecutionContext, pages: readonly Mark[][]): void {
  for (const marks of pages) {
    const texts = textsOf(marks)
    for (const [i, mark] of texts.entries()) {
      const ink = inkOf(mark)
      t.true(ink.left >= 24 * MM && ink.right <= PAGE_WIDTH - 11 * MM, `beyond the margin: ${mark.text}`)
      t.true(ink.top >= 5 * MM && ink.bottom <= PAGE_HEIGHT - 5 * MM, `beyond the page: ${mark.text}`)
      for (const other of texts.slice(i + 1)) {
        const beside = inkOf(other)
        const apart = ink.right <= beside.left + 0.1 || beside.right <= ink.left + 0.1
        const stacked = ink.bottom <= beside.top + 0.1 || beside.bottom <= ink.top + 0.1
        t.true(apart || stacked, `"${mark.text}" and "${other.text}" overlap`)
      }
    }
  }
}

test('no text leaves the page and no two texts overlap, however odd the document', (t) => {
  fc.assert(
    fc.property(arbitraryDocument, (document) => assertTidy(t, pagesOf(document))),
    { numRuns: 40 },
  )
})

test('everything that is drawn is among the texts that were announced as printed', (t) => {
  fc.assert(
    fc.property(arbitraryDocument, (document) => {
      const announced = [...printedTexts(document)].map(({ text }) => text.replace(/\s/g, '')).join('\n')
      for (const mark of pagesOf(document).flatMap(textsOf)) {
        if (/ \d+ (von|of) \d+$/.test(mark.text)) continue
        const drawn = mark.text.replace(/\s/g, '').replace(/:$/, '')
        t.true(
          announced.includes(drawn) || drawn.startsWith(contentOf(document).heading.text.replace(/\s/g, '')),
          mark.text,
        )
      }
    }),
    { numRuns: 25 },
  )
})

test('large amounts and unbroken words keep to their places', (t) => {
  const lines = [
    sampleLine('1', 'x'.repeat(300), '12345678901.123456789', 'KWH', '123456789012.123456789', 99999999999999n, '19'),
    sampleLine('2', 'Netz', '1', 'C62', '12829687.50', 1282968750n, '19'),
    sampleLine('3', 'Rücknahme', '-1', 'ANYTHING', '90071992547409.91', -9007199254740991n, '19'),
  ]
  const pages = pagesOf(withLines(GERMAN_INVOICE, lines))
  assertTidy(t, pages)
  const texts = pages.flatMap(textsOf).map(({ text }) => text)
  for (const amount of ['12.829.687,50', '999.999.999.999,99', '−90.071.992.547.409,91'])
    t.true(texts.includes(amount), amount)
})

test('one line makes one page', (t) => {
  const [first, ...others] = pagesOf(withLines(GERMAN_INVOICE, GERMAN_INVOICE.lines.slice(0, 1)))
  t.is(others.length, 0)
  t.true(textsOf(first ?? []).some(({ text }) => text === 'Rechnung 10482-0017 · Seite 1 von 1'))
})

test('sixty lines repeat the head, carry the sum over, and number their pages', (t) => {
  const line = (i: number) => sampleLine(String(i + 1), `Arbeitspaket ${i + 1}`, '1', 'HUR', '1', 100n, '19')
  const pages = pagesOf(
    withLines(
      GERMAN_INVOICE,
      Array.from({ length: 60 }, (_, i) => line(i)),
    ),
  )
  t.true(pages.length > 1)
  let linesBefore = 0
  for (const [i, marks] of pages.entries()) {
    const texts = textsOf(marks).map(({ text }) => text)
    t.true(texts.includes(`Rechnung 10482-0017 · Seite ${i + 1} von ${pages.length}`))
    t.true(texts.includes('Bezeichnung'))
    if (i > 0) t.is(texts[texts.indexOf('Übertrag') + 1], `${linesBefore},00`, 'brought forward')
    linesBefore += texts.filter((text) => text.startsWith('Arbeitspaket')).length
    t.is(texts.filter((text) => text === 'Übertrag').length, (i > 0 ? 1 : 0) + (i < pages.length - 1 ? 1 : 0))
  }
  t.is(linesBefore, 60)
  const last = textsOf(pages.at(-1) ?? []).map(({ text }) => text)
  t.true(last.includes('Arbeitspaket 60') && last.includes('Zu zahlen'), 'totals stand with the last row')
})

test('totals never stand alone, whatever the number of lines', (t) => {
  for (let count = 1; count <= 45; count++) {
    const lines = Array.from({ length: count }, (_, i) =>
      sampleLine(String(i + 1), `Paket ${i + 1}`, '1', 'C62', '1', 100n, '19'),
    )
    for (const marks of pagesOf(withLines(SWISS_INVOICE, lines))) {
      const texts = textsOf(marks).map(({ text }) => text)
      if (texts.includes('Zu zahlen')) t.true(texts.includes(`Paket ${count}`), `${count} lines`)
    }
  }
})

test('a description longer than a page is broken over pages', (t) => {
  const [line] = GERMAN_INVOICE.lines
  const description = Array.from({ length: 150 }, (_, i) => `Schritt ${i + 1}`).join('\n')
  const pages = pagesOf(withLines(GERMAN_INVOICE, line ? [{ ...line, description }] : []))
  t.true(pages.length >= 3)
  assertTidy(t, pages)
  const steps = pages.flatMap(textsOf).filter(({ text }) => text.startsWith('Schritt'))
  t.is(steps.length, 150)
  t.true(
    textsOf(pages.at(-1) ?? []).some(({ text }) => text === 'Schritt 150'),
    'totals do not stand without the row',
  )
})

test('white space gives way before one page becomes two', (t) => {
  t.is(pagesOf(GERMAN_INVOICE).length, 1)
})

test('the address stands in the window: on the left by DIN 5008, on the right in Switzerland', (t) => {
  const find = (document: PdfDocument) =>
    pagesOf(document)
      .flatMap(textsOf)
      .find(({ text }) => text === document.buyer.name)
  const [german, swiss] = [find(GERMAN_INVOICE), find(SWISS_INVOICE)]
  t.is(german?.x, 25 * MM)
  t.is(swiss?.x, 118 * MM)
  for (const mark of [german, swiss]) t.true(mark !== undefined && mark.y > 62.7 * MM && mark.y < 90 * MM)
})
