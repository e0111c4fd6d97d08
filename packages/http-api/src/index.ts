export { type DrainOptions, drain } from './drain.ts'
export {
  ForwardedTenantMissing,
  IfMatchRequired,
  NetworkNotAllowed,
  NotAllowed,
  NotFound,
  OutcomeUnknown,
  RateLimited,
  ScopeMissing,
  TooManyRequests,
  Unauthenticated,
  Unavailable,
} from './errors.ts'
export { readIdempotencyKey } from './idempotency-key.ts'
export { createLogger, type Logger } from './logger.ts'
export { explainOutage } from './outage.ts'
export { type Authenticate, type Mode, type Principal, requireScope, type SourceNetworks } from './principal.ts'
export { ProblemWire, problemResponses } from './problem-schema.ts'
export { type RateLimiter, rateLimiter, rateLimitFields } from './rate-limit.ts'
export { type ApiServer, buildServer, type ServerOptions } from './server.ts'
