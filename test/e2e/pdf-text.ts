import { readFile } from 'node:fs/promises'
import { readPdf } from '../support/pdf.ts'

/** @returns The text of each page, as a reader would copy it. */
export async function pdfPages(file: string): Promise<string[]> {
  return (await readPdf(await readFile(file))).pages
}
