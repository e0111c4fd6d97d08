import { problemResponses } from '@kontor/http-api'
import { idPattern } from '@kontor/ids'
import Type, { type Static } from 'typebox'
import { forwardedTenant } from '../wire/headers.ts'

const Closed = { additionalProperties: false }
const Text = (description: string) => Type.String({ description })
const Nullable = (description: string) => Type.Union([Type.String(), Type.Null()], { description })
const Count = (description: string) => Type.Integer({ minimum: 0, description })
const JobId = Type.String({ pattern: idPattern('job'), maxLength: 30, description: 'The job.' })
const Kind = Type.Enum(['rewrap', 'reseal'], {
  description:
    'rewrap: every data key of the tenant comes under its current key; no record is opened. reseal: every customer gets a new data key, every record is sealed anew under it, and the old data keys are destroyed.',
})
const Version = Type.String({ pattern: '^[1-9][0-9]{0,8}$', maxLength: 9, description: 'The number of the version.' })
const Limit = Type.Optional(
  Type.String({ pattern: '^([1-9][0-9]?|1[0-9][0-9]|200)$', maxLength: 3, description: '1 to 200; 50 unless given.' }),
)
const Headers = Type.Object(forwardedTenant)
const WritingHeaders = Type.Object({
  'idempotency-key': Type.String({
    maxLength: 128,
    description: 'Your own name for this one thing to be done, 8 to 128 of A-Z a-z 0-9 _ . : -; repeat it on a retry.',
  }),
  ...forwardedTenant,
})

/** A version of a tenant's key-encryption key as it goes over the wire. */
export const KeyVersionWire = Type.Object({
  version: Type.Integer({ minimum: 1, description: 'Counts from 1.' }),
  state: Type.Enum(['current', 'retired', 'destroyed'], {
    description: 'The current one wraps what is new; a retired one opens what it has wrapped; a destroyed one is gone.',
  }),
  root_kid: Text('The root key that wraps it, or wrapped it last.'),
  deks: Count('How many data keys it wraps.'),
  wraps_secret: Type.Boolean({ description: 'It wraps the secret of fingerprints and digests too.' }),
  created_at: Text('UTC, ISO 8601.'),
  destroyed_at: Nullable('UTC, ISO 8601; null while it is there.'),
})
export type KeyVersionWire = Static<typeof KeyVersionWire>

export const DestroyedKeyWire = Type.Object({
  ...KeyVersionWire.properties,
  certificate: Text('Says that the key is gone: a compact JWS (RFC 7515) of type kontor-key-destruction+jwt.'),
})
export type DestroyedKeyWire = Static<typeof DestroyedKeyWire>

export const KeyJobWire = Type.Object({
  id: JobId,
  kind: Kind,
  state: Type.Enum(['waiting', 'running', 'done', 'failed'], {
    description: 'failed: some rows did not open as what they say they are, and were left as they were.',
  }),
  done: Count('Data keys that were done.'),
  total: Count('Data keys that there were to do; 0 before the job is counted.'),
  failures: Count('Customers whose data was left as it was, because it does not open.'),
  rate: Type.Number({ minimum: 0, description: 'Data keys a second, lately.' }),
  eta_seconds: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()], {
    description: 'How long it will take at this rate; null where nobody can say.',
  }),
  created_at: Text('UTC, ISO 8601.'),
  finished_at: Nullable('UTC, ISO 8601; null until then.'),
})
export type KeyJobWire = Static<typeof KeyJobWire>

const tags = ['Keys']

export const listKeys = {
  operationId: 'listKeys',
  tags,
  summary: 'List the versions of the tenant’s key',
  headers: Headers,
  querystring: Type.Object(
    { limit: Limit, after: Type.Optional({ ...Version, description: 'The last version of the page before.' }) },
    Closed,
  ),
  response: {
    200: Type.Object({
      data: Type.Array(KeyVersionWire, { maxItems: 200, description: 'The newest first.' }),
      next_after: Type.Union([Type.Integer(), Type.Null()], {
        description: 'Send it as after to read on; null at the end.',
      }),
    }),
    ...problemResponses(400, 401, 403, 503),
  },
}

export const rotateKey = {
  operationId: 'rotateKey',
  tags,
  summary: 'Make a new version of the tenant’s key',
  description:
    'From the answer on it wraps every new data key. What was wrapped before stays under its version until a job of kind rewrap is done.',
  headers: WritingHeaders,
  response: { 201: KeyVersionWire, ...problemResponses(400, 401, 403, 500, 503, 504) },
}

export const destroyKey = {
  operationId: 'destroyKey',
  tags,
  summary: 'Destroy a retired version of the tenant’s key',
  description:
    'Refused with 409 `key_in_use` until nothing is wrapped by it, and with 409 `key_is_current` for the current one. Repeated, it answers with the same certificate.',
  headers: WritingHeaders,
  params: Type.Object({ version: Version }),
  response: { 200: DestroyedKeyWire, ...problemResponses(400, 401, 403, 404, 409, 500, 503, 504) },
}

export const startKeyJob = {
  operationId: 'startKeyJob',
  tags,
  summary: 'Start a job on all data keys of the tenant',
  description: 'Done in the background, throttled; a process that ends is replaced by another one.',
  headers: WritingHeaders,
  body: Type.Object({ kind: Kind }, Closed),
  response: { 202: KeyJobWire, ...problemResponses(400, 401, 403, 409, 413, 415, 422, 500, 503, 504) },
}

export const getKeyJob = {
  operationId: 'getKeyJob',
  tags,
  summary: 'See how far a job is',
  headers: Headers,
  params: Type.Object({ jobId: JobId }),
  response: { 200: KeyJobWire, ...problemResponses(401, 403, 404, 503) },
}

export const listKeyJobs = {
  operationId: 'listKeyJobs',
  tags,
  summary: 'List jobs on the tenant’s keys',
  headers: Headers,
  querystring: Type.Object(
    { limit: Limit, after: Type.Optional({ ...JobId, description: 'The last job of the page before.' }) },
    Closed,
  ),
  response: {
    200: Type.Object({
      data: Type.Array(KeyJobWire, { maxItems: 200, description: 'The newest first.' }),
      next_after: Type.Union([JobId, Type.Null()], { description: 'Send it as after to read on; null at the end.' }),
    }),
    ...problemResponses(400, 401, 403, 503),
  },
}
