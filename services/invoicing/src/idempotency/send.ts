import type { FastifyReply } from 'fastify'
import type { Answer } from './once.ts'

/** Sends an answer as it was stored, to the byte. */
export function sendAnswer(reply: FastifyReply, answer: Answer): FastifyReply {
  if (answer.replayed) reply.header('Idempotent-Replayed', 'true')
  return reply
    .code(answer.status)
    .header('content-type', 'application/json; charset=utf-8')
    .serializer((body: unknown) => body as string)
    .send(answer.body)
}
