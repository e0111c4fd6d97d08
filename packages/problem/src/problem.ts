import { DomainError, type FieldError } from './domain-error.ts'

export const PROBLEM_JSON = 'application/problem+json'

/** A problem document (RFC 9457). `code` is the member that programs switch on. */
export interface Problem {
  readonly type: string
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail?: string
  readonly instance: string
  readonly errors?: readonly FieldError[]
  readonly [extension: string]: unknown
}

/**
 * The single mapping from something thrown to what a client sees.
 *
 * @param error Whatever was thrown.
 * @param requestId Becomes `instance`, so that a client can name the request to the operator.
 * @returns A problem document; 500 `internal_error` with no detail for anything that is not a DomainError.
 */
export function toProblem(error: unknown, requestId: string): Problem {
  const instance = `urn:kontor:request:${requestId}`
  if (!(error instanceof DomainError)) {
    return {
      type: 'about:blank',
      status: 500,
      code: 'internal_error',
      title: 'Something went wrong on our side',
      instance,
    }
  }
  return {
    ...error.extensions,
    type: `urn:kontor:problem:${error.code}`,
    status: error.status,
    code: error.code,
    title: error.title,
    ...(error.message ? { detail: error.message } : {}),
    instance,
    ...(error.errors ? { errors: error.errors } : {}),
  }
}
