/** One field that broke a rule: a JSON pointer (RFC 6901) into the request, a stable code and a sentence. */
export interface FieldError {
  readonly path: string
  readonly code: string
  readonly message: string
}

/**
 * A refusal that a caller can understand and act on.
 *
 * Everything thrown that is not a DomainError is a defect, and answers a 500 that tells nothing of itself.
 * `message` becomes `detail`; it never repeats a submitted value.
 */
export abstract class DomainError extends Error {
  /** Stable, snake_case: clients switch on it. */
  abstract readonly code: string
  /** HTTP status code. */
  abstract readonly status: number
  /** One sentence that is the same for every occurrence. */
  abstract readonly title: string
  /** Further members of the problem document (RFC 9457, 3.2), already in wire form. */
  readonly extensions: Readonly<Record<string, unknown>> = {}
  /** The fields at fault, where the refusal is about fields. */
  readonly errors: readonly FieldError[] | undefined = undefined

  /** @returns The same refusal, naming the field at `path` as the one at fault. */
  at(path: string): DomainError {
    return new LocatedError(this, path)
  }
}

/** A refusal that was thrown by a parser and located by the border that called it. */
class LocatedError extends DomainError {
  readonly code: string
  readonly status: number
  readonly title: string
  override readonly extensions: Readonly<Record<string, unknown>>
  override readonly errors: readonly FieldError[]

  constructor(inner: DomainError, path: string) {
    super(inner.message, { cause: inner })
    this.code = inner.code
    this.status = inner.status
    this.title = inner.title
    this.extensions = inner.extensions
    this.errors = [{ path, code: inner.code, message: inner.message }]
  }
}

/** The request is not of the form that the API description asks for. */
export class MalformedBody extends DomainError {
  readonly code = 'malformed_request'
  readonly status = 400
  readonly title = 'The request is not of the documented form'
  override readonly errors: readonly FieldError[]

  constructor(errors: readonly FieldError[], detail = 'see errors for the fields at fault') {
    super(detail)
    this.errors = errors
  }
}
