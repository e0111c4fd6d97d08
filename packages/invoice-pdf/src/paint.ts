import { setImmediate as nextTurn } from 'node:timers/promises'
import PDFDocument, { type Options } from 'pdfkit'
import type { Fonts } from './fonts.ts'
import type { Logo } from './logo.ts'
import type { Mark } from './page.ts'

export interface FileProperties {
  readonly title: string
  readonly author: string
  /** BCP 47. */
  readonly locale: string
  readonly createdAt: Date
  readonly compress: boolean
}

/** Pages painted before others get their turn: a long document must not keep the process from everything else. */
const PAGES_IN_A_TURN = 8

/** pdfkit puts the document information into the XMP metadata without escaping it: a title with `&` would not be PDF/A. */
class PdfFile extends PDFDocument {
  /** The colour that text is set in, as far as this page has said: it is not said again with each text. */
  color = ''

  override _addInfo(): void {
    const plain = this.info
    this.info = { ...plain, Title: escapeXml(plain.Title), Author: escapeXml(plain.Author) }
    super._addInfo()
    this.info = plain
  }
}

/** Writes pages into a PDF/A-3b file (ISO 19005-3). The same input gives the same bytes. */
export async function paint(
  pages: readonly Mark[][],
  fonts: Fonts,
  logo: Logo | undefined,
  properties: FileProperties,
): Promise<Buffer> {
  const file = new PdfFile(optionsOf(properties))
  file.registerFont('regular', fonts.regular.font)
  file.registerFont('bold', fonts.bold.font)
  for (const [index, marks] of pages.entries()) {
    if (index > 0 && index % PAGES_IN_A_TURN === 0) await nextTurn()
    file.addPage()
    file.color = ''
    for (const mark of marks) draw(file, mark, logo)
  }
  return bytesOf(file)
}

function draw(file: PdfFile, mark: Mark, logo: Logo | undefined): void {
  switch (mark.kind) {
    case 'text': {
      if (mark.text === '') return
      const { face, size, color } = mark.style
      const options = { lineBreak: false, baseline: 'alphabetic', textWidth: mark.width, wordCount: 1 } as const
      if (file.color !== color) file.fillColor(color)
      file.color = color
      file.font(face).fontSize(size).text(mark.text, round(mark.x), round(mark.y), options)
      return
    }
    case 'rule':
      file.lineWidth(mark.thickness).strokeColor(mark.color)
      file
        .moveTo(round(mark.x), round(mark.y))
        .lineTo(round(mark.x + mark.width), round(mark.y))
        .stroke()
      return
    case 'logo':
      if (logo)
        file.image(logo.open(), mark.x, mark.y, { fit: [mark.width, mark.height], align: 'left', valign: 'center' })
  }
}

/** A hundredth of a point is finer than any printer, and keeps the drawing operators short. */
function round(length: number): number {
  return Math.round(length * 100) / 100
}

function optionsOf({ title, author, locale, createdAt, compress }: FileProperties): Options {
  return {
    size: 'A4',
    margin: 0,
    // Without this, pdfkit opens Helvetica, which it does not embed.
    font: null,
    compress,
    pdfVersion: '1.7',
    subset: 'PDF/A-3b',
    lang: locale,
    displayTitle: true,
    autoFirstPage: false,
    info: { Title: title, Author: author, Creator: 'Kontor', Producer: 'Kontor', CreationDate: createdAt },
  }
}

function bytesOf(file: PdfFile): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    file.on('data', (chunk: Uint8Array) => chunks.push(chunk))
    file.on('end', () => resolve(Buffer.concat(chunks)))
    file.on('error', reject)
    file.end()
  })
}

function escapeXml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}
