import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { performance } from 'node:perf_hooks'
import test from 'ava'
import { drain } from './drain.ts'
import { server } from './testing/things.ts'

const REQUEST = 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n'

test('a request that waits unread because the process was busy is answered before its connection is closed', async (t) => {
  const { app } = await server(t)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  let received = ''
  socket.on('data', (chunk) => (received += chunk))
  socket.write(REQUEST)
  while (!received.includes('"up"')) await once(socket, 'data')
  const drained = drain(app, { deadlineMs: 10_000, monotonicMs: () => performance.now() })
  received = ''
  socket.write(REQUEST)
  // As on a machine that has no time for this process: the half second passes while the request lies in the socket.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700)
  await drained
  t.regex(received, /^HTTP\/1\.1 200 OK/)
  t.regex(received, /\r\nconnection: close\r\n/i)
})

test('a connection that brings nothing more is closed, and holds up nobody', async (t) => {
  const { app } = await server(t)
  await app.listen({ host: '127.0.0.1', port: 0 })
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  socket.resume()
  socket.write(REQUEST)
  await once(socket, 'data')
  const closed = once(socket, 'close')
  await drain(app, { deadlineMs: 60_000, monotonicMs: () => performance.now() })
  await closed
  t.pass()
})
