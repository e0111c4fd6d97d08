import { outcomeUnknown, sqlstate } from '@kontor/postgres'
import { DomainError } from '@kontor/problem'
import { OutcomeUnknown, Unavailable } from './errors.ts'

/** Nothing listens there, or nobody knows where that is. */
const NOT_REACHED = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOENT', 'ENOTFOUND', 'EAI_AGAIN'])
/**
 * The server answers, yet does not do its work: it starts or stops (57P03), does not know the database (3D000) or refuses the
 * login (28…), lacks disk, memory or connections (53…), is a standby that only reads (25006), or gave up waiting for a row
 * that somebody holds (55P03) or on a statement that took too long (57014). Each time it has rolled back.
 *
 * @see PostgreSQL, Appendix A
 */
const NOT_WORKING = /^(57P03|57014|55P03|3D000|25006|28...|53...)$/
/** The driver found its connection gone before it sent anything, or got none in time. */
const NOT_SENT =
  /(^| - )(Client has encountered a connection error|timeout expired|Connection terminated due to connection timeout)/

/**
 * Says of an error whether the database is down, which is an operator's matter and no defect.
 *
 * @param reading Whether the request changes nothing, so that a broken connection leaves no doubt.
 * @returns A refusal (503 `database_unavailable`, or 504 `outcome_unknown` where a write may have been done), or the error
 *   itself where it is something else.
 */
export function explainOutage(error: unknown, reading: boolean): unknown {
  if (error instanceof DomainError || !(error instanceof Error)) return error
  const code = (error as { code?: unknown }).code
  const nothingDone =
    NOT_REACHED.has(code as string) ||
    NOT_WORKING.test(sqlstate(error) ?? '') ||
    NOT_SENT.test(error.message) ||
    // Whatever it is that ends a connection from the server's side, before any statement was under way.
    ((error as { severity?: unknown }).severity === 'FATAL' && !outcomeUnknown(error)) ||
    error.name === 'KnexTimeoutError'
  if (nothingDone || (reading && outcomeUnknown(error))) {
    return new Unavailable('database_unavailable', 'the database', { cause: error })
  }
  return outcomeUnknown(error) ? new OutcomeUnknown({ cause: error }) : error
}
