/** Writes the sample documents as PDF files into a folder, to look at: `node scripts/print-samples.ts FOLDER`. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { renderPdf } from '../src/index.ts'
import { GERMAN_CREDIT_NOTE, GERMAN_INVOICE, SWISS_INVOICE } from '../src/testing/sample-documents.ts'

const [folder] = process.argv.slice(2)
if (folder === undefined) throw new Error('name the folder to write to')
await mkdir(folder, { recursive: true })
const samples = {
  'german-invoice': GERMAN_INVOICE,
  'swiss-invoice': SWISS_INVOICE,
  'german-credit-note': GERMAN_CREDIT_NOTE,
  'english-credit-note': { ...GERMAN_CREDIT_NOTE, language: 'en' },
  'swiss-credit-note': { ...GERMAN_CREDIT_NOTE, issuer: SWISS_INVOICE.issuer },
} as const
for (const [name, document] of Object.entries(samples)) {
  const path = join(folder, `${name}.pdf`)
  await writeFile(path, await renderPdf(document))
  console.log(path)
}
