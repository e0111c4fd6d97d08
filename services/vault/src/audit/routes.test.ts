import { CHECKPOINT_TYP, fromPayload, hashOfLeaf, parseLeaf } from '@kontor/audit-log'
import { formatId, parseId } from '@kontor/ids'
import { verifyCompact } from '@kontor/jose-box'
import { verifyConsistency, verifyInclusion } from '@kontor/merkle-log'
import test from 'ava'
import { type MemorySink, memorySink } from '../../test/memory-sink.ts'
import { CARD, call, newAccountId, type TestVault, testVault, tokenize } from '../../test/test-vault.ts'

let vault: TestVault
let sink: MemorySink
let app: TestVault['app']
let admin: string
let auditor: string
test.before(async () => {
  vault = await testVault()
  sink = memorySink()
  await vault.app.close()
  app = await vault.newApp({ audit: { sink, sealEveryMs: 20 } })
  admin = await vault.newKey({
    role: 'admin',
    scopes: ['token.reveal:card:number'],
    purposes: ['charge'],
  } as Parameters<TestVault['newKey']>[0])
  auditor = await vault.newKey({ role: 'auditor' })
})
test.after.always(() => vault?.close())

const get = (url: string, key = auditor) => call(app, { key, method: 'GET', url })
const reveal = (id: string) =>
  call(app, {
    key: admin,
    method: 'POST',
    url: `/v1/tokens/${id}/reveal`,
    body: { purpose: 'charge', fields: ['number'] },
  })
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function sealed(count: number): Promise<{ size: number; jws: string }> {
  for (let n = 0; n < 500; n++) {
    const answer = await get('/v1/audit/checkpoints/latest')
    if (answer.status === 200 && answer.json().size >= count) return answer.json()
    await pause(20)
  }
  throw new Error('nothing is sealed')
}

let tokens: string[]
test.serial('without an event there is no checkpoint', async (t) => {
  const answer = await get('/v1/audit/checkpoints/latest')
  t.deepEqual([answer.status, answer.json().code], [404, 'no_checkpoint'])
  t.is((await get('/v1/audit/consistency?first=0&second=0')).status, 404)
  t.deepEqual((await get('/v1/audit/log')).json(), { data: [], next_from: null })
})

test.serial('what happened is listed by id with where it is sealed, page by page', async (t) => {
  tokens = []
  for (let n = 0; n < 5; n++)
    tokens.push((await tokenize(app, admin, { ...CARD, account_id: newAccountId() })).json().id)
  t.is((await reveal(tokens[0] as string)).status, 200)
  await sealed(6)
  const first = (await get('/v1/audit/events?limit=4')).json()
  const second = (await get(`/v1/audit/events?limit=4&after=${first.next_after}`)).json()
  t.is(second.next_after, null)
  const all = [...first.data, ...second.data]
  t.is(all.length, 6)
  t.deepEqual(all.map(({ seq }) => seq).sort(), [0, 1, 2, 3, 4, 5])
  const one = all.find(({ type }) => type === 'token.revealed')
  t.is(one.object_id, tokens[0])
  t.is(one.purpose, 'charge')
  t.regex(one.actor_key_id, /^key_/)
  t.is(parseLeaf(one.leaf).event.type, 'token.revealed')
})

test.serial('events are found by type, by object and by time', async (t) => {
  t.is((await get('/v1/audit/events?type=token.created')).json().data.length, 5)
  const [first, second] = tokens
  // Of one millisecond, so that their order says nothing.
  const types = (await get(`/v1/audit/events?object_id=${first}`)).json().data.map(({ type }: { type: string }) => type)
  t.deepEqual(types.sort(), ['token.created', 'token.revealed'])
  t.is((await get(`/v1/audit/events?object_id=${second}`)).json().data.length, 1)
  t.is((await get('/v1/audit/events?from=2026-11-23T10:00:00Z&to=2026-11-23T10:00:01Z')).json().data.length, 6)
  t.is((await get('/v1/audit/events?from=2026-11-23T10:00:01Z')).json().data.length, 0)
  t.is((await get('/v1/audit/events?to=2026-11-23T10:00:00Z')).json().data.length, 0)
})

test.serial('the log is read in its own order, page by page', async (t) => {
  const seqs: number[] = []
  for (let from: number | null = 0; from !== null; ) {
    const page = (await get(`/v1/audit/log?limit=2&from=${from}`)).json()
    seqs.push(...page.data.map(({ seq }: { seq: number }) => seq))
    from = page.next_from
  }
  t.deepEqual(seqs, [0, 1, 2, 3, 4, 5])
})

test.serial('every event is proved to be in the log with nothing but the answer and the public key', async (t) => {
  const { keys } = (await get('/v1/signing-keys')).json()
  for (const { id, seq } of (await get('/v1/audit/log')).json().data) {
    const { event, index, size, path, checkpoint } = (await get(`/v1/audit/proof/${id}`)).json()
    const signed = fromPayload(verifyCompact(checkpoint.jws, CHECKPOINT_TYP, keys))
    t.is(signed.size, size)
    t.is(index, seq)
    const claim = {
      leafHash: hashOfLeaf(event.leaf),
      index,
      size,
      root: signed.root,
      proof: path.map((hash: string) => Buffer.from(hash, 'base64url')),
    }
    t.true(verifyInclusion(claim))
    t.false(verifyInclusion({ ...claim, leafHash: hashOfLeaf(event.leaf.replace('token.', 'taken.')) }))
  }
})

test.serial('that the log only grew is proved between two checkpoints', async (t) => {
  const { keys } = (await get('/v1/signing-keys')).json()
  const before = fromPayload(verifyCompact((await sealed(6)).jws, CHECKPOINT_TYP, keys))
  for (let n = 0; n < 3; n++) await tokenize(app, admin, CARD)
  const after = fromPayload(verifyCompact((await sealed(9)).jws, CHECKPOINT_TYP, keys))
  const { path } = (await get(`/v1/audit/consistency?first=${before.size}&second=${after.size}`)).json()
  const proof = path.map((hash: string) => Buffer.from(hash, 'base64url'))
  const claim = { first: before.size, firstRoot: before.root, second: after.size, secondRoot: after.root, proof }
  t.true(verifyConsistency(claim))
  t.false(verifyConsistency({ ...claim, firstRoot: after.root }))
})

for (const [url, status, code] of [
  ['/v1/audit/events?limit=0', 400, 'invalid_request'],
  ['/v1/audit/events?limit=201', 400, 'invalid_request'],
  ['/v1/audit/events?after=tok_00000000000000000000000001', 400, 'invalid_request'],
  ['/v1/audit/events?from=2026-13-01T00:00:00Z', 400, 'invalid_request'],
  ['/v1/audit/events?from=yesterday', 400, 'invalid_request'],
  ['/v1/audit/events?object_id=inv_00000000000000000000000001', 400, 'invalid_request'],
  ['/v1/audit/events?unknown=1', 400, 'invalid_request'],
  ['/v1/audit/log?from=-1', 400, 'invalid_request'],
  ['/v1/audit/proof/evt_00000000000000000000000001', 404, 'not_found'],
  ['/v1/audit/proof/tok_00000000000000000000000001', 404, 'not_found'],
  ['/v1/audit/consistency?first=3', 400, 'invalid_request'],
  ['/v1/audit/consistency?first=3&second=2', 422, 'invalid_tree_size'],
  ['/v1/audit/consistency?first=3&second=999999', 422, 'invalid_tree_size'],
] as const) {
  test.serial(`refused: ${url}`, async (t) => {
    const answer = await get(url)
    t.is(answer.status, status, answer.text)
    if (status !== 400) t.is(answer.json().code, code)
  })
}

test.serial('another tenant’s log, and that of the other mode, are not there', async (t) => {
  const { id } = (await get('/v1/audit/log')).json().data[0]
  const other = await vault.newKey({ role: 'auditor', tenantId: await vault.newTenant('another') })
  const live = await vault.newKey({ role: 'auditor', mode: 'live' })
  for (const key of [other, live]) {
    t.is((await get(`/v1/audit/proof/${id}`, key)).status, 404)
    t.deepEqual((await get('/v1/audit/events', key)).json().data, [])
    t.deepEqual((await get('/v1/audit/log', key)).json().data, [])
    t.is((await get('/v1/audit/checkpoints/latest', key)).status, 404)
  }
})

test.serial('it takes the scope audit.read', async (t) => {
  const checkout = await vault.newKey({ role: 'checkout' })
  for (const path of ['events', 'log', 'proof/evt_00000000000000000000000001', 'checkpoints/latest']) {
    t.is((await get(`/v1/audit/${path}`, checkout)).status, 403)
  }
  t.is((await get('/v1/audit/consistency?first=0&second=0', checkout)).status, 403)
})

test.serial('an event of a running neighbour is in no checkpoint yet: 409', async (t) => {
  const client = await vault.vaultAdmin.connect()
  try {
    await client.query('begin')
    await client.query('select pg_current_xact_id()')
    const made = (await tokenize(app, admin, CARD)).json().id
    const sql = 'select id from event where object_id = $1'
    const { rows } = await vault.vaultAdmin.query(sql, [parseId('tok', made)])
    const id = formatId('evt', rows[0].id)
    const answer = await get(`/v1/audit/proof/${id}`)
    t.deepEqual([answer.status, answer.json().code], [409, 'event_not_sealed'])
    t.deepEqual((await get(`/v1/audit/events?object_id=${made}`)).json().data, [])
  } finally {
    await client.query('rollback')
    client.release()
  }
})

test.serial(
  'while the sink is down reveals answer 503 and tokenizing goes on; afterwards everything does',
  async (t) => {
    const before = (await tokenize(app, admin, CARD)).json().id
    sink.down = true
    await untilReveal(before, 503)
    const refused = await reveal(before)
    t.is(refused.json().code, 'audit_unavailable')
    t.false(refused.text.includes('4242424242424242'))
    t.is((await tokenize(app, admin, CARD)).status, 201)
    t.is((await app.inject('/ready')).statusCode, 200, 'the vault stays in service')
    sink.down = false
    await untilReveal(before, 200)
    t.pass()
  },
)

/** The gate’s answer is held for a second of the vault's own clock. */
async function untilReveal(id: string, status: number): Promise<void> {
  for (let n = 0; n < 500; n++) {
    vault.clock.monotonicMs += 1_000
    // A budget is per minute.
    if (n % 20 === 0) vault.clock.now = new Date(vault.clock.now.getTime() + 60_000)
    if ((await reveal(id)).status === status) return
    await pause(20)
  }
  throw new Error(`reveals never answered ${status}`)
}
