import { gzipSync } from 'node:zlib'
import { type RawRequest, requestBytes } from './raw-http.ts'

/** What is wrong with a request, and the request around a number. */
export type Shape = readonly [wrong: string, around: (number: string, route: string) => RawRequest | Buffer]

const json = (value: unknown): string => JSON.stringify(value)

/** Requests that are broken as HTTP or as JSON, or name what there is not. They are refused, whichever service gets them. */
export const MALFORMED: readonly Shape[] = [
  ['JSON that ends too early', (n, target) => ({ target, body: `{"type":"card","card":{"number":"${n}","exp` })],
  ['JSON with something behind it', (n, target) => ({ target, body: `{"number":"${n}"} ${n}` })],
  ['JSON without quotes', (n, target) => ({ target, body: `{number: ${n}x}` })],
  ['a number with a letter', (n, target) => ({ target, body: `{"name":${n}x}` })],
  // V8 quotes a text of up to twenty characters as a whole when it does not know what to make of the first.
  ['nothing but a number behind a letter', (n, target) => ({ target, body: `x${n}` })],
  ['nothing but a number before a letter', (n, target) => ({ target, body: `${n}x` })],
  ['an open string', (n, target) => ({ target, body: `{"name":"${n}` })],
  ['a line break in a string', (n, target) => ({ target, body: `{"name":"${n}\n"}` })],
  ['half a surrogate pair', (n, target) => ({ target, body: `{"name":"\\ud800${n}"}` })],
  ['an escaped NUL', (n, target) => ({ target, body: `{"name":"\\u0000${n}"}` })],
  [
    'no UTF-8',
    (n, target) => ({ target, body: Buffer.concat([Buffer.from(`{"name":"${n}`), Buffer.of(0xff, 34, 125)]) }),
  ],
  ['a prototype', (n, target) => ({ target, body: `{"__proto__":{"number":"${n}"}}` })],
  ['a constructor', (n, target) => ({ target, body: `{"constructor":{"prototype":{"a":"${n}"}}}` })],
  ['a string for a body', (n, target) => ({ target, body: json(n) })],
  ['an array for a body', (n, target) => ({ target, body: json([n]) })],
  ['a deep body', (n, target) => ({ target, body: `${'['.repeat(5_000)}"${n}"` })],
  ['an unknown field', (n, target) => ({ target, body: json({ card_number: n }) })],
  ['the name of a field', (n, target) => ({ target, body: json({ [n]: 1 }) })],
  [
    'the name of a field within',
    (n, target) => ({ target, body: json({ metadata: { [n]: { [n]: 1 } }, lines: [{ [n]: n }] }) }),
  ],
  ['an array for a text', (n, target) => ({ target, body: json({ name: [n], type: [n], holder: n }) })],
  ['a kind', (n, target) => ({ target, body: json({ type: n, kind: n, language: n, currency: n }) })],
  [
    'a body too large',
    (n, target) => ({ target, body: json({ notes: `${n} `.repeat(1 + Math.ceil(1_100_000 / (n.length + 1))) }) }),
  ],
  ['text', (n, target) => ({ target, headers: { 'content-type': 'text/plain' }, body: n })],
  [
    'a form',
    (n, target) => ({ target, headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: `number=${n}` }),
  ],
  [
    'several parts',
    (n, target) => ({ target, headers: { 'content-type': `multipart/form-data; boundary=${n}` }, body: `--${n}--` }),
  ],
  ['a media type', (n, target) => ({ target, headers: { 'content-type': `application/${n}` }, body: '{}' })],
  [
    'a character set',
    (n, target) => ({ target, headers: { 'content-type': `application/json; charset=${n}` }, body: '{' }),
  ],
  [
    'a compressed body',
    (n, target) => ({ target, headers: { 'content-encoding': 'gzip' }, body: gzipSync(json({ number: n })) }),
  ],
  [
    'a stored body',
    (n, target) => ({ target, headers: { 'content-encoding': n }, body: gzipSync(json({ number: n }), { level: 0 }) }),
  ],
  ['an empty body of a wrong length', (n, target) => ({ target, headers: { 'content-length': n }, breaksOff: true })],
  [
    'a body that breaks off',
    (n, target) => ({ target, headers: { 'content-length': '500' }, body: `{"number":"${n}"`, breaksOff: true }),
  ],
  [
    'a wrong piece',
    (n, target) => ({
      target,
      headers: { 'transfer-encoding': 'chunked', 'content-length': undefined },
      body: `${n}zz\r\n${n}\r\n`,
    }),
  ],
  [
    'a piece too short',
    (n, target) => ({
      target,
      headers: { 'transfer-encoding': 'chunked', 'content-length': undefined },
      body: `5\r\n${n}\r\n0\r\n\r\n`,
    }),
  ],
  [
    'an encoding of transfer',
    (n, target) => ({ target, headers: { 'transfer-encoding': n, 'content-length': undefined } }),
  ],
  ['an expectation', (n, target) => ({ target, headers: { expect: n }, body: '{}' })],
  ['a path', (n) => ({ method: 'GET', target: `/${n}` })],
  ['a path of the API', (n) => ({ method: 'GET', target: `/v1/${n}` })],
  ['an id', (n, target) => ({ method: 'GET', target: `${target}/${n}` })],
  ['an id with its kind', (n, target) => ({ method: 'GET', target: `${target}/acc_${n}` })],
  [
    'what is below an id',
    (n, target) => ({ target: `${target}/${n}/reveal`, body: json({ fields: ['number'], purpose: 'support' }) }),
  ],
  ['an id to delete', (n, target) => ({ method: 'DELETE', target: `${target}/${n}` })],
  ['a long path', (n, target) => ({ method: 'GET', target: `${target}/${n.repeat(40)}` })],
  ['a path that is half encoded', (n, target) => ({ method: 'GET', target: `${target}/%${n.slice(0, 1)}${n}%` })],
  ['a path that is wrongly encoded', (n, target) => ({ method: 'GET', target: `${target}/%zz${n}` })],
  ['a path that is no UTF-8', (n, target) => ({ method: 'GET', target: `${target}/%c0%af${n}` })],
  ['a path upwards', (n, target) => ({ method: 'GET', target: `${target}/../../${n}` })],
  ['a path with a blank', (n, target) => ({ method: 'GET', target: `${target}/${n} ${n}` })],
  ['a whole URL', (n) => ({ method: 'GET', target: `http://${n}/${n}` })],
  ['a file', (n) => ({ method: 'GET', target: `/docs/static/${n}.js` })],
  ['a query', (n, target) => ({ method: 'GET', target: `${target}?number=${n}` })],
  ['the name of a query', (n, target) => ({ method: 'GET', target: `${target}?${n}=1&${n}` })],
  ['the query of an id', (n, target) => ({ method: 'GET', target: `${target}?account_id=${n}&after=${n}&limit=${n}` })],
  ['a query that is wrongly encoded', (n, target) => ({ method: 'GET', target: `${target}?after=%${n}%zz` })],
  [
    'a query without a key',
    (n, target) => ({ method: 'GET', target: `${target}?after=${n}`, headers: { authorization: undefined } }),
  ],
  ['a method that is not there', (n, target) => ({ method: 'PUT', target, body: json({ number: n }) })],
  [
    'a method with a body that has none',
    (n, target) => ({ method: 'PATCH', target: `${target}/${n}`, body: json({ number: n }) }),
  ],
  ['a method of WebDAV', (n, target) => ({ method: 'PROPFIND', target: `${target}/${n}`, body: json({ number: n }) })],
  ['a method that echoes', (n, target) => ({ method: 'TRACE', target: `${target}/${n}` })],
  ['a method with no name', (n, target) => ({ method: n, target })],
  ['an API key', (n, target) => ({ method: 'GET', target, headers: { authorization: `Bearer ${n}` } })],
  [
    'an API key of our form',
    (n, target) => ({ method: 'GET', target, headers: { authorization: `Bearer kv_test_${n}` } }),
  ],
  ['a password', (n, target) => ({ method: 'GET', target, headers: { authorization: `Basic ${n}` } })],
  ['an idempotency key', (n, target) => ({ target, headers: { 'idempotency-key': n }, body: '{}' })],
  [
    'an idempotency key in groups',
    (n, target) => ({ target, headers: { 'idempotency-key': `order-${n.replace(/.{4}/g, '$&-')}` }, body: '{}' }),
  ],
  [
    'an idempotency key of wrong form',
    (n, target) => ({ target, headers: { 'idempotency-key': `{${n}}` }, body: '{}' }),
  ],
  ['a large header', (n, target) => ({ method: 'GET', target, headers: { 'x-card': n.repeat(2_000) } })],
  [
    'a header with a control character',
    (n, target) => ({ method: 'GET', target, headers: { 'x-card': `${n}\u0001` } }),
  ],
  ['a header that is none', (n, target) => Buffer.from(`GET ${target} HTTP/1.1\r\nhost: a\r\n${n}\r\n\r\n`)],
  ['a version of HTTP', (n, target) => Buffer.from(`GET ${target} HTTP/${n}\r\n\r\n`)],
  [
    'a host twice',
    (n, target) => Buffer.from(`GET ${target} HTTP/1.1\r\nhost: ${n}\r\nhost: ${n}\r\nconnection: close\r\n\r\n`),
  ],
  ['nothing but itself', (n) => Buffer.from(`${n}\r\n\r\n`)],
  ['a greeting of TLS', (n) => Buffer.concat([Buffer.of(0x16, 3, 1, 0, 60, 1, 0, 0, 56, 3, 3), Buffer.from(n)])],
  ['another protocol', (n) => Buffer.from(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${n}`)],
  ['a tunnel', (n) => Buffer.from(`CONNECT ${n}:443 HTTP/1.1\r\nhost: ${n}\r\n\r\n`)],
]

/** Where a number stands in a header that means nothing to us, or a query that nobody reads: the request is right. */
export const IGNORED: readonly Shape[] = [
  ['a user agent', (n) => ({ method: 'GET', target: '/health', headers: { 'user-agent': `shop/1.0 (${n})` } })],
  ['a cookie', (n) => ({ method: 'GET', target: '/ready', headers: { cookie: `card=${n}` } })],
  [
    'a referrer',
    (n, target) => ({
      method: 'HEAD',
      target: '/health',
      headers: { referer: `https://shop.example${target}?card=${n}` },
    }),
  ],
  [
    'an origin',
    (n) => ({ method: 'GET', target: '/health', headers: { origin: `https://${n}.example`, 'x-forwarded-for': n } }),
  ],
  [
    'the name of a request',
    (n) => ({ method: 'GET', target: '/health', headers: { 'x-request-id': n, 'request-id': n, traceparent: n } }),
  ],
  ['a header of its own name', (n) => ({ method: 'GET', target: '/health', headers: { [`x-${n}`]: n } })],
  [
    'what is accepted',
    (n) => ({ method: 'GET', target: '/health', headers: { accept: n, 'accept-encoding': n, 'accept-language': n } }),
  ],
  ['a host', (n) => ({ method: 'GET', target: '/health', headers: { host: n } })],
  ['a query that nobody reads', (n) => ({ method: 'GET', target: `/openapi.json?card=${n}` })],
  ['an anchor', (n) => ({ method: 'GET', target: `/health#${n}` })],
  [
    'a version that was read',
    (n) => ({ method: 'GET', target: '/health', headers: { 'if-none-match': `"${n}"`, 'if-match': n } }),
  ],
]

/** @returns The bytes to send, and whether they break off. */
export function shaped([, around]: Shape, number: string, route: string, apiKey: string) {
  const request = around(number, route)
  if (Buffer.isBuffer(request)) return { bytes: request, breaksOff: false }
  return { bytes: requestBytes(request, apiKey), breaksOff: request.breaksOff ?? false }
}
