import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs'

/** @returns The texts of each page in the order in which they were drawn, one string a drawn text, read by a foreign PDF reader. */
export async function textsOf(pdf: Uint8Array): Promise<string[][]> {
  const task = getDocument({ data: Uint8Array.from(pdf), verbosity: 0, useSystemFonts: false })
  const file = await task.promise
  const pages: string[][] = []
  for (let number = 1; number <= file.numPages; number++) {
    const page = await file.getPage(number)
    const { items } = await page.getTextContent({ disableNormalization: true })
    pages.push(items.flatMap((item) => ('str' in item && item.str.trim() !== '' ? [item.str] : [])))
  }
  await task.destroy()
  return pages
}

/** @returns The drawing operators of each page of an uncompressed file, without what repeats on every page: the fonts' bytes. */
export function operatorsOf(pdf: Buffer): string[] {
  const source = pdf.toString('latin1')
  return [...source.matchAll(/stream\n([\s\S]*?)\nendstream/g)]
    .map(([, stream = '']) => stream)
    .filter((stream) => / Tf\n/.test(stream))
}
