import { problemResponses } from '@kontor/http-api'
import { idPattern } from '@kontor/ids'
import Type, { type Static } from 'typebox'
import { forwardedTenant } from '../wire/headers.ts'

const Text = (description: string) => Type.String({ description })
const Id = (prefix: 'evt' | 'ten', description: string) =>
  Type.String({ pattern: idPattern(prefix), maxLength: 30, description })
const Hash = (description: string) => Type.String({ minLength: 43, maxLength: 43, description })
const Nullable = (description: string) => Type.Union([Type.String(), Type.Null()], { description })
const Limit = Type.Optional(
  Type.String({ pattern: '^([1-9]\\d?|1\\d\\d|200)$', maxLength: 3, description: 'Entries at most: 1 to 200, or 50.' }),
)
const Size = (description: string) => Type.String({ pattern: '^\\d{1,15}$', maxLength: 15, description })
const Instant = (description: string) =>
  Type.Optional(
    Type.String({
      format: 'date-time',
      // A leap second has no place in a Date.
      pattern: ':[0-5]\\d(\\.\\d{1,3})?Z$',
      maxLength: 24,
      description,
    }),
  )
const tags = ['Audit']
const headers = Type.Object(forwardedTenant)

const Event = Type.Object(
  {
    seq: Type.Union([Type.Integer(), Type.Null()], { description: 'The index in the log; null until it is sealed.' }),
    id: Text('evt_….'),
    type: Text('One of the catalogue, such as token.revealed.'),
    mode: Text('test or live.'),
    object_id: Text('What it happened to.'),
    object_version: Type.Integer({ description: 'The object’s version afterwards.' }),
    actor_key_id: Nullable('The API key that did it; null for what the vault does by itself.'),
    purpose: Nullable('What the key gave as its reason.'),
    request_id: Text('As in the answer and in the vault’s own log.'),
    at: Text('UTC, ISO 8601.'),
    data: Type.Unknown({ description: 'What the type says beyond itself, null for nothing. Never personal data.' }),
    leaf: Text('What is hashed into the log: the content of the event as JSON, a full stop, and its MAC in base64url.'),
  },
  { description: 'What happened, and where it stands in the log.' },
)

const NextAfter = (description: string) => Type.Union([Type.String(), Type.Null()], { description })

export const listEvents = {
  operationId: 'listAuditEvents',
  tags,
  summary: 'List events',
  description:
    'In the order of their ids, which is nearly that of time. An event appears once every transaction before its own has ended. For a complete copy read the log.',
  headers,
  querystring: Type.Object(
    {
      after: Type.Optional(Id('evt', 'Only events after this one.')),
      limit: Limit,
      type: Type.Optional(
        Type.String({ pattern: '^[a-z_]+\\.[a-z_]+$', maxLength: 60, description: 'Only of this type.' }),
      ),
      object_id: Type.Optional(
        Type.String({
          pattern: '^(tok|acc|ten|job)_[0-7][0-9a-hjkmnp-tv-z]{25}$',
          maxLength: 30,
          description: 'Only what happened to this.',
        }),
      ),
      from: Instant('Only from this instant on, UTC.'),
      to: Instant('Only before this instant, UTC.'),
    },
    { additionalProperties: false },
  ),
  response: {
    200: Type.Object({
      data: Type.Array(Event, { maxItems: 200, description: 'Events.' }),
      next_after: NextAfter('Send it as after to read on; null at the end.'),
    }),
    ...problemResponses(400, 401, 403, 503),
  },
}

export const readLog = {
  operationId: 'readAuditLog',
  tags,
  summary: 'Read the log',
  description: 'Every sealed event in the order of the log, which never changes and has no gaps.',
  headers,
  querystring: Type.Object(
    { from: Type.Optional(Size('The seq to begin with, else 0.')), limit: Limit },
    { additionalProperties: false },
  ),
  response: {
    200: Type.Object({
      data: Type.Array(Event, { maxItems: 200, description: 'Events.' }),
      next_from: Type.Union([Type.Integer(), Type.Null()], {
        description: 'Send it as from to read on; null at the end.',
      }),
    }),
    ...problemResponses(400, 401, 403, 503),
  },
}

const Checkpoint = Type.Object(
  {
    size: Type.Integer({ description: 'Leaves under it.' }),
    jws: Text(
      'Compact JWS, typ kontor-checkpoint+jwt: tenant, mode, size, root, at. The keys are at /v1/signing-keys.',
    ),
  },
  { description: 'Where the log stood, signed.' },
)

export const getProof = {
  operationId: 'getInclusionProof',
  tags,
  summary: 'Prove that an event is in the log',
  description: 'An inclusion proof against the newest checkpoint (RFC 9162, 2.1.3).',
  headers,
  params: Type.Object({ event: Id('evt', 'The event.') }),
  response: {
    200: Type.Object({
      event: Event,
      index: Type.Integer({ description: 'Of the leaf, from 0.' }),
      size: Type.Integer({ description: 'Of the tree.' }),
      path: Type.Array(Hash('32 bytes, base64url.'), {
        maxItems: 64,
        description: 'Hashes of the siblings, from the leaf up.',
      }),
      checkpoint: Checkpoint,
    }),
    ...problemResponses(401, 403, 404, 409, 503),
  },
}

export const getConsistency = {
  operationId: 'getConsistencyProof',
  tags,
  summary: 'Prove that the log only grew',
  description: 'A consistency proof between two sizes of the log (RFC 9162, 2.1.4).',
  headers,
  querystring: Type.Object(
    { first: Size('The earlier size.'), second: Size('The later size, of the newest checkpoint at most.') },
    { additionalProperties: false },
  ),
  response: {
    200: Type.Object({
      first: Type.Integer({ description: 'As asked.' }),
      second: Type.Integer({ description: 'As asked.' }),
      path: Type.Array(Hash('32 bytes, base64url.'), {
        maxItems: 64,
        description: 'None if the sizes are equal or the first is 0.',
      }),
    }),
    ...problemResponses(400, 401, 403, 404, 422, 503),
  },
}

export const getCheckpoint = {
  operationId: 'getLatestCheckpoint',
  tags,
  summary: 'The newest checkpoint',
  headers,
  response: { 200: Checkpoint, ...problemResponses(401, 403, 404, 503) },
}

export type EventWire = Static<typeof Event>
