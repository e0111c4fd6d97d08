/** Writes the sample documents as PDF files into a folder, to look at: `node scripts/print-samples.ts FOLDER`. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { renderPdf } from '../src/index.ts'
import { GERMAN_INVOICE, SWISS_INVOICE } from '../src/testing/sample-documents.ts'

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('name the folder to write to')
await mkdir(folder, { recursive: true })
for (const [name, document] of Object.entries({ german: GERMAN_INVOICE, swiss: SWISS_INVOICE })) {
  const path = join(folder, `${name}-invoice.pdf`)
  await writeFile(path, await renderPdf(document))
  console.log(path)
}
