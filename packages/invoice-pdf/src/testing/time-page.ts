// Times a page of ours beside a bare one of pdfkit with the same fonts, already opened, and the same texts, set one below the
// other without any layout. Run by the benchmarks, as a process of its own; prints the pages a second of each round as JSON.
import PDFDocument from 'pdfkit'
import { timeCalls } from '../../../../test/support/timing.ts'
import { printedTexts } from '../content.ts'
import type { PdfDocument } from '../document.ts'
import { openFonts } from '../fonts.ts'
import { renderPdf } from '../render-pdf.ts'
import { GERMAN_INVOICE } from './sample-documents.ts'

const MARGIN = 40
const LEADING = 11
const PAGES = 30

const fonts = await openFonts()
let documents = 0

/** Each document has a number of its own, so that nothing can be remembered of the one before. */
function nextDocument(): PdfDocument {
  documents++
  return { ...GERMAN_INVOICE, number: `10482-${documents}` }
}

function barePage(document: PdfDocument): Promise<Buffer> {
  const file = new PDFDocument({
    size: 'A4',
    margin: 0,
    font: null,
    compress: true,
    pdfVersion: '1.7',
    subset: 'PDF/A-3b',
    lang: 'de',
    displayTitle: true,
    autoFirstPage: false,
    info: { Title: document.number, Author: 'A', Creator: 'B', Producer: 'B', CreationDate: new Date(0) },
  })
  file.registerFont('regular', fonts.regular.font)
  file.registerFont('bold', fonts.bold.font)
  file.addPage()
  let line = 0
  for (const { field, text } of printedTexts(document)) {
    const face = field === 'number' ? 'bold' : 'regular'
    for (const words of text.split('\n')) {
      const y = MARGIN + (line++ % 70) * LEADING
      const options = { lineBreak: false, baseline: 'alphabetic', textWidth: 100, wordCount: 1 } as const
      file.font(face).fontSize(9).text(words, MARGIN, y, options)
    }
  }
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    file.on('data', (chunk: Uint8Array) => chunks.push(chunk))
    file.on('end', () => resolve(Buffer.concat(chunks)))
    file.on('error', reject)
    file.end()
  })
}

const rate = (micros: readonly number[]) => ({ perSecond: 1_000_000 / (micros[0] as number) })
const pairs: { ours: { perSecond: number }; bare: { perSecond: number } }[] = []
for (let round = 0; round < Number(process.argv[2]); round++) {
  const ours = await timeCalls(() => renderPdf(nextDocument(), fonts), { rounds: 1, calls: PAGES })
  const bare = await timeCalls(() => barePage(nextDocument()), { rounds: 1, calls: PAGES })
  pairs.push({ ours: rate(ours), bare: rate(bare) })
}
console.log(JSON.stringify(pairs))
