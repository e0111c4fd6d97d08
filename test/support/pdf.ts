import { getDocument } from 'pdfjs-dist/legacy/build/pdf.mjs'

/** @returns The title of a PDF, and the text of each page as a reader would copy it. */
export async function readPdf(bytes: Buffer): Promise<{ title: string; pages: string[] }> {
  const task = getDocument({ data: new Uint8Array(bytes), verbosity: 0 })
  const pdf = await task.promise
  const { info } = await pdf.getMetadata()
  const pages: string[] = []
  for (let number = 1; number <= pdf.numPages; number += 1) {
    const { items } = await (await pdf.getPage(number)).getTextContent()
    pages.push(
      items
        .map((item) => ('str' in item ? item.str : ''))
        .join(' ')
        .replace(/\s+/g, ' '),
    )
  }
  await task.destroy()
  return { title: (info as { Title: string }).Title, pages }
}
