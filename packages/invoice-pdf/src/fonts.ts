import { readFile } from 'node:fs/promises'
import { create, type Font, type GlyphRun } from 'fontkit'

export type FaceName = 'regular' | 'bold'

/** A parsed font file and what was measured with it. */
export interface Face {
  readonly font: Font
  /** @returns The width of one line of text in points. */
  width(text: string, size: number): number
}

export type Fonts = Readonly<Record<FaceName, Face>>

const FILES: Readonly<Record<FaceName, URL>> = {
  regular: new URL('../fonts/KontorSans-Regular.ttf', import.meta.url),
  bold: new URL('../fonts/KontorSans-SemiBold.ttf', import.meta.url),
}

/** Words kept per face. 20,000 laid-out words are some 10 MB; real documents repeat a few thousand. */
const CACHED_WORDS_MAX = 20_000

let opened: Promise<Fonts> | undefined

/** Parses the fonts once per process (about 20 ms), so that each document costs only its own words. */
export function openFonts(): Promise<Fonts> {
  opened ??= openFreshFonts()
  return opened
}

/** Parses the fonts anew, with nothing remembered. */
export async function openFreshFonts(): Promise<Fonts> {
  const [regular, bold] = await Promise.all([readFile(FILES.regular), readFile(FILES.bold)])
  return { regular: openFace(regular), bold: openFace(bold) }
}

/** @param bytes A font without GSUB, so that a code point has one glyph whatever stands beside it. */
export function openFace(bytes: Uint8Array): Face {
  const font = create(bytes)
  pinCodePoints(font)
  const layoutOnce = memoryOf(font)
  // pdfkit scales the positions it is given in place, so each document gets a copy.
  font.layout = (text) => copyOf(layoutOnce(text).run)
  const scale = 1 / font.unitsPerEm
  return {
    font,
    width: (text, size) => {
      let units = 0
      for (const word of wordsOf(text)) units += layoutOnce(word).advance
      return units * scale * size
    },
  }
}

/**
 * fontkit remembers with each glyph the code points of its first use, and pdfkit writes those into the ToUnicode map: a no-break
 * space in one document would change what a plain space is in the next. Using every code point once, in ascending order, decides
 * it for the life of the process.
 */
function pinCodePoints(font: Font): void {
  for (const codePoint of font.characterSet.toSorted((a, b) => a - b)) font.glyphForCodePoint(codePoint)
}

/** @returns The font's layout of a word and its advance in font units, remembered for all documents of the process. */
function memoryOf(font: Font): (word: string) => { readonly run: GlyphRun; readonly advance: number } {
  const layout = font.layout.bind(font)
  const cache = new Map<string, { run: GlyphRun; advance: number }>()
  return (word) => {
    const known = cache.get(word)
    if (known) return known
    const run = layout(word)
    const laidOut = { run, advance: run.advanceWidth }
    if (cache.size >= CACHED_WORDS_MAX) cache.clear()
    cache.set(word, laidOut)
    return laidOut
  }
}

function copyOf(run: GlyphRun): GlyphRun {
  const positions = run.positions.map(({ xAdvance, yAdvance, xOffset, yOffset }) => ({
    xAdvance,
    yAdvance,
    xOffset,
    yOffset,
  }))
  return {
    glyphs: run.glyphs,
    positions,
    get advanceWidth() {
      let width = 0
      for (const position of positions) width += position.xAdvance
      return width
    },
  }
}

/** Cuts as pdfkit does, behind each space, so that what is measured here is what is drawn there. */
function* wordsOf(text: string): Iterable<string> {
  let start = 0
  while (start < text.length) {
    const space = text.indexOf(' ', start)
    const end = space === -1 ? text.length : space + 1
    yield text.slice(start, end)
    start = end
  }
}
