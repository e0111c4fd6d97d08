import { readFile, stat } from 'node:fs/promises'
import test from 'ava'
import fc from 'fast-check'
import { openFace, openFonts } from './fonts.ts'

const FONTS = new URL('../fonts/', import.meta.url)
const FILES = ['KontorSans-Regular.ttf', 'KontorSans-SemiBold.ttf']
const DIGITS = [...'0123456789']

test('the fonts are parsed once per process', async (t) => {
  t.is(await openFonts(), await openFonts())
})

test('figures are tabular and are not kerned, so that columns of amounts align', async (t) => {
  const { regular, bold } = await openFonts()
  for (const face of [regular, bold]) {
    for (const digit of DIGITS) {
      t.is(face.width(digit, 10), face.width('0', 10))
      for (const other of [...DIGITS, '.', ',', '’']) {
        t.true(Math.abs(face.width(digit + other, 1000) - face.width(digit, 1000) - face.width(other, 1000)) < 1e-6)
      }
    }
  }
})

test('a text is as wide as its words and the spaces between them', async (t) => {
  const { regular } = await openFonts()
  t.is(regular.width('', 10), 0)
  const parts = regular.width('Zürich ', 10) + regular.width('1’234.50', 10)
  t.true(Math.abs(regular.width('Zürich 1’234.50', 10) - parts) < 1e-9)
  t.true(Math.abs(regular.width('Zürich', 20) - 2 * regular.width('Zürich', 10)) < 1e-9)
})

test('a font says the same of each glyph whatever was set in it before', async (t) => {
  const bytes = await readFile(new URL(FILES[0] ?? '', FONTS))
  const untouched = openFace(bytes)
  const used = openFace(bytes)
  const codePoints = fc.array(fc.constantFrom(...used.font.characterSet), { maxLength: 20 })
  fc.assert(
    fc.property(codePoints, (text) => {
      used.width(String.fromCodePoint(...text), 10)
      for (const codePoint of text) {
        const { codePoints: remembered } = used.font.glyphForCodePoint(codePoint)
        t.deepEqual(remembered, untouched.font.glyphForCodePoint(codePoint).codePoints)
      }
    }),
  )
})

test('scaling a layout in place, as pdfkit does, leaves the next one alone', async (t) => {
  const { regular } = await openFonts()
  const before = regular.font.layout('Rechnung').advanceWidth
  const run = regular.font.layout('Rechnung')
  for (const position of run.positions) position.xAdvance *= 0.001
  t.is(regular.font.layout('Rechnung').advanceWidth, before)
  t.true(run.advanceWidth < before / 100, 'a copy computes its width from its own positions')
})

test('the fonts are small, carry their licence, and do not use the reserved name', async (t) => {
  for (const file of FILES) t.true((await stat(new URL(file, FONTS))).size <= 120_000, file)
  t.regex(await readFile(new URL('OFL.txt', FONTS), 'utf8'), /SIL OPEN FONT LICENSE Version 1\.1/)
  const { regular, bold } = await openFonts()
  t.is(regular.font.postscriptName, 'KontorSans-Regular')
  t.is(bold.font.postscriptName, 'KontorSans-SemiBold')
})
