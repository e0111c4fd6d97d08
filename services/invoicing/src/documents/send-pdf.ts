import type { FastifyReply } from 'fastify'
import Type from 'typebox'

/** How a route documents that it answers a PDF. */
export const PDF_RESPONSE = {
  200: {
    description: 'The document as PDF/A-3.',
    content: { 'application/pdf': { schema: Type.String({ format: 'binary', description: 'PDF 1.7.' }) } },
  },
}

/** Sends a PDF that never changes: an issued document is its first bytes. */
export function sendPdf(reply: FastifyReply, bytes: Buffer): FastifyReply {
  return reply.header('content-type', 'application/pdf').header('cache-control', 'private, no-transform').send(bytes)
}
