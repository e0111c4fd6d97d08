import type { Link } from './paypal-records.ts'

/** An answer of 4xx. */
export class PaypalRefusal extends Error {
  readonly status: number
  readonly issue: string | undefined
  readonly links: readonly Link[] | undefined
  constructor(status: number, issue?: string, links?: readonly Link[]) {
    super(`${status} ${issue ?? ''}`)
    this.status = status
    this.issue = issue
    this.links = links
  }
}

const NAMES: Readonly<Record<number, readonly [name: string, message: string]>> = {
  400: ['INVALID_REQUEST', 'Request is not well-formed, syntactically incorrect, or violates schema.'],
  401: [
    'AUTHENTICATION_FAILURE',
    'Authentication failed due to missing authorization header, or invalid authentication credentials.',
  ],
  403: ['NOT_AUTHORIZED', 'Authorization failed due to insufficient permissions.'],
  404: ['RESOURCE_NOT_FOUND', 'The specified resource does not exist.'],
  409: ['RESOURCE_CONFLICT', 'The server has detected a conflict while processing this request.'],
  422: [
    'UNPROCESSABLE_ENTITY',
    'The requested action could not be performed, semantically incorrect, or failed business validation.',
  ],
  429: ['RATE_LIMIT_REACHED', 'Too many requests. Blocked due to rate limiting.'],
  500: ['INTERNAL_SERVER_ERROR', 'An internal server error occurred.'],
  503: ['SERVICE_UNAVAILABLE', 'Service Unavailable.'],
}

/** PayPal's error, with the name and message that its description gives each status. */
export function errorBody(status: number, issue?: string, links?: readonly Link[]): object {
  const [name, message] = NAMES[status] ?? ['INVALID_REQUEST', 'Request is not well-formed.']
  return {
    name,
    message,
    debug_id: '90957fca61718',
    ...(issue ? { details: [{ issue }] } : {}),
    ...(links ? { links } : {}),
  }
}
