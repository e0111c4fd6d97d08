import type { RouteOptions } from 'fastify'
import Type from 'typebox'
import { problemResponses } from './problem-schema.ts'

/** What any route may answer: the query is judged on each of them, how often is asked, and what the service stands on. */
const OF_EVERY_ROUTE = [400, 429, 500, 503]
const OF_A_KEY = [401, 403]
const OF_A_BODY = [413, 415]
/** A connection to the database that breaks in the middle of a write leaves its outcome unknown. */
const OF_A_WRITE = [504]

/**
 * Completes the schema of a route under /v1: what it does not document it refuses, in the query as in the body; and the refusals that do not
 * depend on what the route does are documented here, so that none is forgotten, and so is the scope that the key needs, if it takes one.
 *
 * @see OpenAPI 3.1.0, Security Requirement Object: the list may name roles that are required, for any kind of scheme
 */
export function completeSchema(route: RouteOptions, scope: string | undefined): void {
  const methods = [route.method].flat()
  const { response = {}, ...schema } = (route.schema ?? {}) as {
    response?: object
    body?: object
    querystring?: object
  }
  const statuses = [
    ...OF_EVERY_ROUTE,
    ...(scope === undefined ? [] : OF_A_KEY),
    ...(schema.body ? OF_A_BODY : []),
    ...(methods.every((method) => method === 'GET' || method === 'HEAD') ? [] : OF_A_WRITE),
  ]
  route.schema = {
    querystring: Type.Object({}, { additionalProperties: false }),
    ...schema,
    security: scope === undefined ? [] : [{ apiKey: [scope] }],
    response: { ...problemResponses(...statuses), ...response },
  }
}
