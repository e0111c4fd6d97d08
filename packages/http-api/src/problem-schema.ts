import Type from 'typebox'

/** A problem document on the wire (RFC 9457). */
export const ProblemWire = Type.Object(
  {
    type: Type.String({ description: 'Names the kind of problem, as a URN.' }),
    status: Type.Integer({ description: 'The HTTP status code.' }),
    code: Type.String({ description: 'Stable and snake_case: switch on it.' }),
    title: Type.String({ description: 'The same for every occurrence.' }),
    detail: Type.Optional(Type.String({ description: 'About this occurrence; never repeats a submitted value.' })),
    instance: Type.String({ description: 'The id of the request, for the operator.' }),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          path: Type.String({ description: 'A JSON pointer (RFC 6901) to the field at fault.' }),
          code: Type.String({ description: 'Stable and snake_case.' }),
          message: Type.String({ description: 'What the field should be.' }),
        }),
        { description: 'The fields at fault.' },
      ),
    ),
  },
  { $id: 'Problem', additionalProperties: true, description: 'A problem document (RFC 9457).' },
)

/**
 * The responses that a route documents for its refusals.
 *
 * @param statuses HTTP status codes.
 */
export function problemResponses(...statuses: number[]) {
  const content = { 'application/problem+json': { schema: { $ref: 'Problem#' } } }
  return Object.fromEntries(statuses.map((status) => [status, { description: REASON[status] ?? 'Refused.', content }]))
}

const REASON: Record<number, string> = {
  400: 'Malformed: not JSON, a missing, unknown or mistyped field, no Idempotency-Key.',
  401: 'No valid API key.',
  403: 'The API key may not do this.',
  404: 'Unknown, or another tenant’s.',
  409: 'In conflict with the state of things.',
  410: 'Deleted, erased, moved or expired.',
  412: 'The version in If-Match is not the current one.',
  413: 'The body is too large.',
  415: 'The body has a media type that is not taken here.',
  422: 'Well-formed, but breaks a rule; errors name the fields.',
  428: 'If-Match is required.',
  429: 'Too much of this is asked for at once; Retry-After says when to ask again.',
  500: 'A defect on our side; the answer tells nothing of it.',
  502: 'It was not sent to whom it was for; nothing of it was carried out there.',
  503: 'A part that this needs is down; nothing was changed.',
  504: 'The connection to the database broke: it may have been done or not; repeat it under the same key.',
}
