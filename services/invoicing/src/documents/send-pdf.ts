import type { FastifyReply } from 'fastify'
import Type from 'typebox'
import { Language } from '../wire/fields.ts'
import type { DocumentPdf } from './pdf.ts'

/** How a route documents that it answers a PDF. */
export const PDF_RESPONSE = {
  200: {
    description: 'The document as PDF/A-3.',
    content: { 'application/pdf': { schema: Type.String({ format: 'binary', description: 'PDF 1.7.' }) } },
  },
}

/** The query of a route that answers a PDF. */
export const PDF_QUERY = Type.Object(
  {
    language: Type.Optional(
      Type.Enum(Language.enum, {
        description:
          'Another language than the document’s answers a copy, marked as such; the document stays the original.',
      }),
    ),
  },
  { additionalProperties: false },
)

/** Sends a PDF that never changes: an issued document is its first bytes, and a copy of it follows from the same snapshot. */
export function sendPdf(reply: FastifyReply, { bytes, language }: DocumentPdf): FastifyReply {
  return reply
    .header('content-type', 'application/pdf')
    .header('content-language', language)
    .header('cache-control', 'private, no-transform')
    .send(bytes)
}
