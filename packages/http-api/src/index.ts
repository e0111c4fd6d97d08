export {
  ForwardedTenantMissing,
  NotAllowed,
  NotFound,
  OutcomeUnknown,
  ScopeMissing,
  TooManyRequests,
  Unauthenticated,
  Unavailable,
} from './errors.ts'
export { readIdempotencyKey } from './idempotency-key.ts'
export { createLogger, type Logger } from './logger.ts'
export { type Authenticate, type Mode, type Principal, requireScope } from './principal.ts'
export { ProblemWire, problemResponses } from './problem-schema.ts'
export { type ApiServer, buildServer, type ServerOptions } from './server.ts'
