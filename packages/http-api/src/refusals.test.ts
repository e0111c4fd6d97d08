import test from 'ava'
import { ask, json, PAN, server } from './testing/things.ts'

const refuses = test.macro({
  async exec(
    t,
    [method, url, given]: [method: 'GET' | 'POST' | 'PUT', url: string, given?: object],
    status: number,
    code: string,
  ) {
    const { app, log } = await server(t)
    const reply = await ask(app, method, url, given)
    t.is(reply.status, status, reply.text)
    t.is(reply.problem.code, code)
    t.is(reply.headers['content-type'], 'application/problem+json')
    t.regex(reply.problem.instance, /^urn:kontor:request:[0-9a-f]{24}$/)
    t.false(reply.text.includes(PAN), 'the answer does not repeat it')
    t.false(log.join('').includes(PAN), 'the log does not have it')
  },
  title: (given) => `${given}`,
})

const NAMED = { payload: { name: 'a thing' } }
test(
  'without a key nobody gets in',
  refuses,
  ['GET', '/v1/things/thi_0001', { headers: { authorization: '' } }],
  401,
  'unauthenticated',
)
test(
  'a wrong key gets the same answer as none',
  refuses,
  ['GET', '/v1/things/thi_0001', { headers: { authorization: `Bearer ${PAN}` } }],
  401,
  'unauthenticated',
)
test(
  'a password is no key',
  refuses,
  ['GET', '/v1/things/thi_0001', { headers: { authorization: `Basic ${PAN}` } }],
  401,
  'unauthenticated',
)
test('a key without the scope is told which it lacks', refuses, ['GET', '/v1/secrets'], 403, 'scope_missing')
test(
  'who may not ask is not told what is wrong with the question',
  refuses,
  ['GET', '/v1/secrets?x=1'],
  403,
  'scope_missing',
)
test('no such route', refuses, ['GET', `/v1/${PAN}`], 404, 'not_found')
test(
  'no such route, and no key',
  refuses,
  ['POST', `/${PAN}`, { ...json(`{"${PAN}":1}`), headers: {} }],
  404,
  'not_found',
)
test('an id of a wrong form names nothing', refuses, ['GET', `/v1/things/${PAN}`], 404, 'not_found')
test('a path that is not percent-encoded text', refuses, ['GET', `/v1/things/%ff${PAN}%zz`], 400, 'malformed_request')
test(
  'a query that the route does not document',
  refuses,
  ['GET', `/v1/things/thi_0001?number=${PAN}`],
  400,
  'malformed_request',
)
test('a query field named after a card', refuses, ['GET', `/v1/things/thi_0001?${PAN}=1`], 400, 'malformed_request')
test('a body that is not JSON', refuses, ['POST', '/v1/things', json(`{"name": ${PAN}'`)], 400, 'malformed_json')
test('an empty body where one is needed', refuses, ['POST', '/v1/things', json('')], 400, 'malformed_request')
test('no body where one is needed', refuses, ['POST', '/v1/things'], 400, 'malformed_request')
test('a list instead of an object', refuses, ['POST', '/v1/things', json(`["${PAN}"]`)], 400, 'malformed_request')
test('a missing field', refuses, ['POST', '/v1/things', json('{}')], 400, 'malformed_request')
test(
  'a field of a wrong type is not coerced',
  refuses,
  ['POST', '/v1/things', json(`{"name": ${PAN}}`)],
  400,
  'malformed_request',
)
test(
  'a field that is too long',
  refuses,
  ['POST', '/v1/things', json(`{"name": "${PAN} ${PAN}"}`)],
  400,
  'malformed_request',
)
test(
  'an unknown field, named after a card',
  refuses,
  ['POST', '/v1/things', json(`{"name": "a", "${PAN}": 1}`)],
  400,
  'malformed_request',
)
test(
  'a body where none is documented',
  refuses,
  ['POST', '/v1/things/thi_0001/do', json(`{"${PAN}": 1}`)],
  400,
  'malformed_request',
)
test('a large body', refuses, ['POST', '/v1/things', json(`{"name": "${PAN.repeat(100)}"}`)], 413, 'body_too_large')
test(
  'a body of another media type',
  refuses,
  ['POST', '/v1/things', { headers: { 'content-type': 'application/xml' }, payload: `<n>${PAN}</n>` }],
  415,
  'unsupported_media_type',
)
test(
  'a body of plain text',
  refuses,
  ['POST', '/v1/things', { headers: { 'content-type': 'text/plain' }, payload: PAN }],
  415,
  'unsupported_media_type',
)
test(
  'a media type that names a card',
  refuses,
  ['POST', '/v1/things', { headers: { 'content-type': `application/${PAN}` }, payload: 'x' }],
  415,
  'unsupported_media_type',
)
test(
  'a write without a name for the intent',
  refuses,
  ['POST', '/v1/things', { ...NAMED, headers: { 'idempotency-key': '' } }],
  400,
  'idempotency_key_required',
)
test(
  'an intent named after a card',
  refuses,
  ['POST', '/v1/things', { ...NAMED, headers: { 'idempotency-key': PAN } }],
  400,
  'idempotency_key_invalid',
)
test('a defect says nothing about itself', refuses, ['GET', '/v1/defect'], 500, 'internal_error')
test('a database that is down', refuses, ['GET', '/v1/down'], 503, 'database_unavailable')
test('a connection that broke in the middle of a write', refuses, ['PUT', '/v1/broken'], 504, 'outcome_unknown')
