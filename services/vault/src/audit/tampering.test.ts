import { CHECKPOINT_TYP, hashOfLeaf, inWords, type LogReport, readSignedLogs, verifyLog } from '@kontor/audit-log'
import { bucketOf } from '@kontor/ids'
import { verifyCompact } from '@kontor/jose-box'
import { appendLeaves, decodeFrontier, EMPTY_FRONTIER, encodeFrontier } from '@kontor/merkle-log'
import test from 'ava'
import { type TestAudit, testAudit } from '../../test/test-audit.ts'
import { type EventRow, leafOfRow } from './event-row.ts'
import { heldLogs } from './held-log.ts'
import type { LogId } from './log.ts'
import { isAuditOpen } from './position-repo.ts'
import { listLeaves, writeGrowth } from './repo.ts'

// What `kontor audit verify --database` does, against a superuser who changes the tables behind the vault's back.
let audit: TestAudit
let ids: string[]
let log: LogId
/** An id that no event has, of the bucket of the first. */
let freeId: string
test.beforeEach(async () => {
  audit = await testAudit()
  log = { tenantId: audit.tenantId, mode: 'test' }
  const [first] = await audit.writeTogether(100)
  freeId = audit.newEvent({ objectId: first?.objectId as string }).id
  await audit.writeTogether(200)
  await audit.settle(audit.newSealer({ batchMax: 40 }))
  ids = (await sql('select event_id from audit_leaf order by seq')).rows.map(({ event_id }) => event_id)
})
test.afterEach.always(() => audit?.close())

const sql = (text: string, ...values: unknown[]) => audit.admin.query(text, values)

async function verify(): Promise<LogReport> {
  const keys = await audit.signer.publicKeys()
  const { logs } = await readSignedLogs(audit.sinkLines(), (jws) => verifyCompact(jws, CHECKPOINT_TYP, keys))
  const [[name, signed]] = [...logs] as [[string, NonNullable<ReturnType<typeof logs.get>>]]
  const held = (await heldLogs(audit.database, [])).get(name)
  return verifyLog(signed, held ?? { entries: [], findings: [], forged: [], unsealed: 0 })
}

const found = (report: LogReport) => report.findings.map(({ kind, seq }) => `${kind} ${seq}`)

/** Gives every leaf from a seq on another seq; the detour keeps the key unique meanwhile. */
async function renumber(from: number, by: number): Promise<void> {
  await sql('update audit_leaf set seq = seq + 1000000 where seq >= $1', from)
  await sql('update audit_leaf set seq = seq - 1000000 + $1 where seq >= 1000000', by)
}

test.serial('what nobody touched is intact', async (t) => {
  const report = await verify()
  t.deepEqual(found(report), [])
  t.is(report.entries, 300)
  t.is(report.unprotected, 0)
  t.regex(inWords(report)[0] as string, /300 events in 8 checkpoints are intact/)
  await audit.writeMany(2)
  t.is((await verify()).unprotected, 2)
})

for (const [column, value] of [
  ['purpose', "'other'"],
  ['at', "at + interval '1 microsecond'"],
  ['object_version', 'object_version + 1'],
  ['actor_key_id', 'gen_random_uuid()'],
  ['mac', "decode(repeat('00', 32), 'hex')"],
  ['mode', "'live'"],
  ['data', "'{}'"],
]) {
  test.serial(`edit: ${column} of an event`, async (t) => {
    await sql(`update event set ${column} = ${value} where id = $1`, ids[123])
    t.deepEqual(found(await verify()), ['edit 123'])
  })
}

test.serial('edit: the event and its leaf', async (t) => {
  await sql("update event set purpose = 'other' where id = $1", ids[7])
  await sql('update audit_leaf set leaf_hash = sha256(leaf_hash) where seq = 7')
  t.true(found(await verify()).includes('edit 7'))
})

const insertEvent = () =>
  sql(
    `insert into event select bucket, $2, tenant_id, mode, type, subject_id, object_id, object_version, actor_key_id, purpose,
       request_id, at, mac from event where bucket = $1 limit 1`,
    bucketOf(freeId),
    freeId,
  )

test.serial('insertion: an event alone, which the sealer will not seal', async (t) => {
  await insertEvent()
  await audit.settle()
  const report = await verify()
  t.deepEqual(found(report), ['insertion 300'])
  t.regex(report.findings[0]?.detail as string, /^the event evt_\w+ is in no entry/)
})

async function insertWithLeaf(seq: number): Promise<void> {
  await renumber(seq, 1)
  await insertEvent()
  await sql(
    `insert into audit_leaf select bucket, tenant_id, mode, $1, $2, sha256('made up') from audit_leaf where seq = 0`,
    seq,
    freeId,
  )
}

test.serial('insertion: an event with a leaf, the others numbered anew', async (t) => {
  await insertWithLeaf(50)
  t.true(found(await verify()).includes('insertion 50'))
})

test.serial('insertion: an event with a leaf at the end', async (t) => {
  await insertWithLeaf(300)
  t.deepEqual(found(await verify()), ['insertion 300'])
})

test.serial('deletion: an event', async (t) => {
  await sql('delete from event where id = $1', ids[200])
  t.deepEqual(found(await verify()), ['deletion 200'])
})

test.serial('deletion: an event with its leaf, the others numbered anew', async (t) => {
  await sql('delete from event where id = $1', ids[200])
  await sql('delete from audit_leaf where seq = 200')
  await renumber(200, -1)
  t.is(found(await verify())[0], 'deletion 200')
})

test.serial('reordering: two entries', async (t) => {
  await sql('update audit_leaf set seq = 999 where seq = 10')
  await sql('update audit_leaf set seq = 10 where seq = 20')
  await sql('update audit_leaf set seq = 20 where seq = 999')
  const kinds = found(await verify())
  t.true(kinds.includes('reordering 10') && kinds.includes('reordering 20'))
})

test.serial('truncation: the last events with their leaves', async (t) => {
  await sql('delete from event where id in (select event_id from audit_leaf where seq >= 290)')
  await sql('delete from audit_leaf where seq >= 290')
  t.is(found(await verify())[0], 'truncation 290')
})

test.serial('truncation: everything', async (t) => {
  for (const table of ['audit_leaf', 'audit_tile', 'audit_log', 'event']) await sql(`delete from ${table}`)
  t.deepEqual(found(await verify()), ['truncation 0'])
})

/** The hash of what stands in the event, whoever put it there. */
const hashOf = (event: EventRow | undefined) => hashOfLeaf(leafOfRow(event as EventRow))

/** What a superuser without the tenant's key can do best: every table in agreement with every other. */
async function rewrite(): Promise<void> {
  await sql("update event set purpose = 'other' where id = $1", ids[5])
  const rows = await listLeaves(audit.database, log, 0, 1_000)
  const leaves = rows.map(({ event }) => ({ eventId: (event as EventRow).id, hash: hashOf(event) }))
  for (const table of ['audit_leaf', 'audit_tile', 'audit_log']) await sql(`delete from ${table}`)
  const hashes = leaves.map(({ hash }) => hash)
  await writeGrowth(audit.database, [{ log, leaves, ...appendLeaves(EMPTY_FRONTIER, hashes) }])
  await sql('update audit_log set checkpoint_size = size')
}

test.serial(
  'the whole tree rewritten so that every table agrees: the sink does not, and the sealer stops',
  async (t) => {
    await rewrite()
    t.deepEqual(found(await verify()), ['edit 5'])
    await audit.newSealer().round()
    t.is((await sql('select halted from audit_position')).rows[0].halted, 'fork')
    t.false(await isAuditOpen(audit.database))
    t.true(audit.log.some((line) => line.includes('LogForks')))
  },
)

test.serial('a forged event that was put into event, leaf and tree is not signed', async (t) => {
  const lines = audit.sinkLines().length
  await insertWithLeaf(300)
  const [forged] = await listLeaves(audit.database, log, 300, 1)
  const hash = hashOf(forged?.event)
  const { rows } = await sql('select size::int, frontier from audit_log')
  const grown = appendLeaves(decodeFrontier(rows[0].size, rows[0].frontier), [hash]).frontier
  await sql('update audit_leaf set leaf_hash = $1 where seq = 300', hash)
  await sql('update audit_log set size = 301, frontier = $1', encodeFrontier(grown))
  await audit.newSealer().round()
  t.is(audit.sinkLines().length, lines)
  t.is((await sql('select halted from audit_position')).rows[0].halted, 'fork')
})

test.serial('a tile that was changed makes no proof that anybody accepts, and is found', async (t) => {
  await sql("update audit_tile set tile_hash = sha256('other')")
  t.deepEqual(found(await verify()), ['difference 0'])
})
