import { bucketOf, type IdPrefix, parseId } from '@kontor/ids'
import { printedTexts } from '@kontor/invoice-pdf'
import type { InvoicingUnderTest } from '../../../../test/support/invoicing.ts'
import { toPdfDocument } from '../documents/to-pdf.ts'

/** Every text on the pages of an issued document, with blanks for its no-break spaces. */
export async function printedOn(kontor: InvoicingUnderTest, id: string, prefix: IdPrefix = 'inv'): Promise<string[]> {
  const uuid = parseId(prefix, id)
  const [row] = await kontor.sql<{ snapshot: string; number: string }>(
    'select snapshot, number from document where bucket = $1 and id = $2',
    [bucketOf(uuid), uuid],
  )
  if (!row) throw new Error('no such document')
  const texts = printedTexts(toPdfDocument(JSON.parse(row.snapshot), row.number, undefined))
  return [...texts].map(({ text }) => text.replaceAll('\u00a0', ' '))
}
