import { DomainError, MalformedBody, PROBLEM_JSON, type Problem } from '@kontor/problem'
import type { FastifyReply } from 'fastify'
import { BadRequest, BodyTooLarge, NotFound, UnreadableBody, UnsupportedMediaType } from './errors.ts'
import { fieldErrors } from './validation.ts'

/** What Fastify throws, as far as we read it. */
interface FrameworkError {
  readonly code?: string
  readonly statusCode?: number
  readonly validation?: Parameters<typeof fieldErrors>[0]
  readonly validationContext?: string
}

/**
 * Turns what the framework throws into a refusal of ours, because its messages quote URLs and bodies.
 *
 * @returns A DomainError, or the error itself where it is a defect.
 */
export function asDomainError(error: unknown): unknown {
  if (error instanceof DomainError) return error
  const thrown = error as FrameworkError
  if (thrown.validation) {
    // An id of a wrong form names nothing that exists.
    return thrown.validationContext === 'params' ? new NotFound() : new MalformedBody(fieldErrors(thrown.validation))
  }
  switch (thrown.code) {
    case 'FST_ERR_NOT_FOUND':
      return new NotFound()
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new BodyTooLarge('see the limits in the API description')
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new UnsupportedMediaType()
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
      return new UnreadableBody()
    default:
      if (error instanceof SyntaxError) return new UnreadableBody()
      return thrown.statusCode !== undefined && thrown.statusCode < 500 ? new BadRequest() : error
  }
}

/** Sends a problem document past the route's response schemas. */
export function sendProblem(reply: FastifyReply, problem: Problem): void {
  reply
    .code(problem.status)
    .header('content-type', PROBLEM_JSON)
    .serializer((body: unknown) => JSON.stringify(body))
    .send(problem)
}
