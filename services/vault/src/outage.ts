import { Unavailable } from '@kontor/http-api'
import { outcomeUnknown, sqlstate } from '@kontor/postgres'
import { DomainError } from '@kontor/problem'

/** The connection broke before the answer: the write may be done or not, and the Idempotency-Key finds out. */
class OutcomeUnknown extends DomainError {
  readonly code = 'outcome_unknown'
  readonly status = 504
  readonly title = 'Nobody knows yet whether this was done'
  constructor(cause: unknown) {
    super('repeat the request, with the same Idempotency-Key where it takes one')
    this.cause = cause
  }
}

const NOT_REACHED = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT', 'ENOTFOUND', 'EAI_AGAIN'])
/** Cannot connect now, too many connections, unknown database, refused login. */
const NOT_LET_IN = new Set(['57P03', '53300', '3D000', '28000', '28P01'])

/**
 * Says of an error whether the vault's database is down, which is an operator's matter and no defect.
 *
 * @param reading Whether the request changes nothing, so that a broken connection leaves no doubt.
 * @returns A refusal, or the error itself where it is something else.
 */
export function explainOutage(error: unknown, reading: boolean): unknown {
  if (error instanceof DomainError || !(error instanceof Error)) return error
  const code = (error as { code?: unknown }).code
  const refused =
    NOT_REACHED.has(code as string) || NOT_LET_IN.has(sqlstate(error) ?? '') || error.name === 'KnexTimeoutError'
  if (refused || (reading && outcomeUnknown(error))) {
    return new Unavailable('database_unavailable', 'the database', { cause: error })
  }
  return outcomeUnknown(error) ? new OutcomeUnknown(error) : error
}
