import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { formatId, parseId } from '@kontor/ids'
import test, { type ExecutionContext } from 'ava'
import { vaultFeed } from './feed.ts'

const TENANT = parseId('ten', 'ten_01h455vb4pex5vsknk084sn02q')
const EVENT = {
  id: 'evt_01h455vb4pex5vsknk084sn02q',
  type: 'token.created',
  at: '2026-11-23T10:00:00.000Z',
  account_id: 'acc_01h455vb4pex5vsknk084sn02r',
  object_id: 'tok_01h455vb4pex5vsknk084sn02s',
  object_version: 1,
  mode: 'test',
}

/** A vault that answers as it is told. */
async function vault(t: ExecutionContext, status: number, body: unknown) {
  const asked: { url: string | undefined; authorization: string | undefined; tenant: unknown }[] = []
  const server = createServer(({ url, headers }, response) => {
    asked.push({ url, authorization: headers.authorization, tenant: headers['kontor-tenant'] })
    response.writeHead(status, { 'content-type': 'application/json', location: '/elsewhere' })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void server.close())
  const { port } = server.address() as AddressInfo
  return { asked, read: vaultFeed(`http://127.0.0.1:${port}`, { test: 'kv_test_key' }) }
}

const OWNER = { tenantId: TENANT, mode: 'test' } as const

test('events are read on for a tenant, with the service key', async (t) => {
  const { asked, read } = await vault(t, 200, {
    data: [EVENT, { ...EVENT, account_id: null }],
    next_after: '9',
    has_more: true,
  })
  const page = await read(OWNER, 7, 200)
  t.deepEqual(asked, [
    { url: '/v1/events?after=7&limit=200', authorization: 'Bearer kv_test_key', tenant: formatId('ten', TENANT) },
  ])
  t.like(page, { nextAfter: 9, more: true })
  t.deepEqual(page?.events[0], {
    id: parseId('evt', EVENT.id),
    type: 'token.created',
    account_id: parseId('acc', EVENT.account_id),
    object_kind: 'tok',
    object_id: parseId('tok', EVENT.object_id),
    object_version: 1,
    at: EVENT.at,
  })
  t.is(page?.events[1]?.account_id, null)
})

test('where there is no key of a mode, there is nothing to read', async (t) => {
  const { asked, read } = await vault(t, 200, {})
  t.is(await read({ ...OWNER, mode: 'live' }, 'end', 200), undefined)
  t.deepEqual(asked, [])
})

test('whatever is no feed is not believed', async (t) => {
  for (const [status, body] of [
    [503, {}],
    [302, {}],
    [200, 'words'],
    [200, {}],
    [200, { data: [], next_after: 'x', has_more: false }],
    [200, { data: [{ ...EVENT, object_id: 'nonsense' }], next_after: '1', has_more: false }],
  ] as const) {
    const { read } = await vault(t, status, body)
    await t.throwsAsync(read(OWNER, 0, 200), undefined, JSON.stringify(body))
  }
})
