import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inflateSync } from 'node:zlib'
import { pdfPages } from '../e2e/pdf-text.ts'

/** Collects PDFs from wherever they come by, each once, to be read when all are there. */
export function pdfCollection(folder: string) {
  const files = new Map<string, { where: string; bytes: Buffer }>()
  return {
    /** Takes what is a PDF, or an answer of HTTP that brings one. */
    offer(where: string, content: Buffer): void {
      const from = content.indexOf('%PDF-')
      const isPdf = from === 0 || (from > 0 && content.subarray(0, from).toString('latin1').endsWith('\r\n\r\n'))
      if (!isPdf) return
      const bytes = content.subarray(from)
      const hash = createHash('sha256').update(bytes).digest('hex')
      if (!files.has(hash)) files.set(hash, { where, bytes })
    },
    /** Hands on the text of the pages as a reader would copy it, also without blanks, and every inflated stream. */
    async read(look: (where: string, content: Buffer | string) => void): Promise<number> {
      mkdirSync(folder, { recursive: true })
      for (const [hash, { where, bytes }] of files) {
        const file = join(folder, `${hash}.pdf`)
        writeFileSync(file, bytes)
        for (const page of await pdfPages(file)) {
          look(`${where} (text)`, page)
          look(`${where} (text)`, page.replace(/\s/g, ''))
        }
        for (const stream of streams(bytes)) look(`${where} (streams)`, stream)
      }
      return files.size
    },
  }
}

/** What follows the word `stream` in a PDF and can be inflated (ISO 32000-1, 7.3.8 and 7.4.4). */
function streams(bytes: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (const { index, 0: word } of bytes.toString('latin1').matchAll(/(?<!end)stream\r?\n/g)) {
    try {
      found.push(inflateSync(bytes.subarray(index + word.length)))
    } catch {
      // Not deflated: then it stands in the file as it is, which is searched as well.
    }
  }
  return found
}
