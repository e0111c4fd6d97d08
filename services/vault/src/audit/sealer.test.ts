import { mkdir, rename, rmdir } from 'node:fs/promises'
import { CHECKPOINT_TYP, fromPayload, parseSinkLine, readSignedLogs, verifyLog } from '@kontor/audit-log'
import { verifyCompact } from '@kontor/jose-box'
import { withTransaction } from '@kontor/postgres'
import test from 'ava'
import fc from 'fast-check'
import { type TestAudit, testAudit } from '../../test/test-audit.ts'
import { heldLogs } from './held-log.ts'
import { isAuditOpen } from './position-repo.ts'

let audit: TestAudit
test.beforeEach(async () => {
  audit = await testAudit()
})
test.afterEach.always(() => audit?.close())

async function leaves(): Promise<{ tenant_id: string; seq: number; event_id: string }[]> {
  const sql = 'select tenant_id, seq::int, event_id from audit_leaf order by tenant_id, mode, seq'
  return (await audit.admin.query(sql)).rows
}

async function checkpoints() {
  const keys = await audit.signer.publicKeys()
  return audit
    .sinkLines()
    .map((line) => fromPayload(verifyCompact(parseSinkLine(line).checkpoint, CHECKPOINT_TYP, keys)))
}

const position = async () => (await audit.admin.query('select * from audit_position')).rows[0]

test.serial(
  'committed events are sealed in the order of their transactions, and where the log stands is signed',
  async (t) => {
    const events = await audit.writeMany(5)
    await audit.settle()
    t.deepEqual(
      (await leaves()).map(({ seq, event_id }) => [seq, event_id]),
      events.map(({ id }, seq) => [seq, id]),
    )
    const [checkpoint, ...more] = await checkpoints()
    t.is(checkpoint?.size, 5)
    t.deepEqual(more, [])
    await t.notThrowsAsync(audit.opens())
    t.deepEqual(audit.log, [])
  },
)

test.serial('each tenant and mode has a log of its own, and a round without news signs nothing', async (t) => {
  const other = await audit.newTenant('other')
  await audit.writeMany(3)
  await audit.writeMany(2, { mode: 'live' })
  await audit.writeMany(4, { tenantId: other })
  const sealer = audit.newSealer({ batchMax: 2 })
  await audit.settle(sealer)
  const last = new Map((await checkpoints()).map(({ tenant, mode, size }) => [`${tenant} ${mode}`, size]))
  t.deepEqual([...last.values()].sort(), [2, 3, 4])
  t.is((await leaves()).length, 9)
  const lines = audit.sinkLines().length
  await sealer.round()
  t.is(audit.sinkLines().length, lines)
})

test.serial('an event whose transaction began early and ends late is sealed after those in between', async (t) => {
  const sealer = audit.newSealer()
  const late = audit.newEvent()
  let seen = 0
  await withTransaction(audit.database.knex, async (tx) => {
    await audit.write(late, tx)
    await audit.writeMany(2)
    await sealer.round()
    seen = (await leaves()).length
  })
  t.is(seen, 0, 'while it runs, nothing behind it is sealed')
  await audit.settle(sealer)
  t.is((await leaves()).length, 3)
  t.is((await leaves())[0]?.event_id, late.id)
})

test.serial(
  'an event that the vault did not write is not sealed, is reported once, and holds up no other',
  async (t) => {
    await audit.writeMany(1)
    const { rows } = await audit.admin.query('select * from event')
    await audit.admin.query(
      `insert into event (bucket, id, tenant_id, mode, type, subject_id, object_id, object_version, actor_key_id, purpose,
       request_id, at, mac) select bucket, gen_random_uuid(), tenant_id, mode, type, subject_id, object_id, object_version,
       actor_key_id, 'other', request_id, at, mac from event`,
    )
    await audit.writeMany(1)
    const sealer = audit.newSealer()
    await audit.settle(sealer)
    await sealer.round()
    t.is((await leaves()).length, 2)
    t.is((await leaves())[0]?.event_id, rows[0].id)
    t.is(audit.log.filter((line) => line.includes('audit_event_forged')).length, 1)
    t.is((await position()).forged, '1')
    await t.notThrowsAsync(audit.opens())
  },
)

test.serial('two sealers without a lock between them give no seq and no event twice, and leave none', async (t) => {
  const bypass = { exclusively: (work: () => Promise<void>) => work(), batchMax: 7 }
  const sealers = [audit.newSealer(bypass), audit.newSealer(bypass), audit.newSealer(bypass)]
  for (let n = 0; n < 6; n++) {
    await Promise.all([audit.writeMany(20), ...sealers.map((sealer) => sealer.round())])
  }
  for (const sealer of sealers) await audit.settle(sealer)
  const rows = await leaves()
  t.deepEqual(
    rows.map(({ seq }) => seq),
    rows.map((_, n) => n),
  )
  t.is(new Set(rows.map(({ event_id }) => event_id)).size, 120)
  t.is(rows.length, 120)
  t.is((await checkpoints()).at(-1)?.size, 120)
})

test.serial('two sealers with their lock seal everything once, and only one works at a time', async (t) => {
  const sealers = [audit.newSealer(), audit.newSealer()]
  for (let n = 0; n < 5; n++) await Promise.all([audit.writeMany(10), ...sealers.map((sealer) => sealer.round())])
  await audit.settle(sealers[1])
  t.is((await leaves()).length, 50)
  t.deepEqual(audit.log, [])
})

test.serial('what a killed sealer had written and not signed is signed by the next', async (t) => {
  // Together, so that they are sealed together: a sealer that cannot sign does not go on with the rest.
  await audit.writeTogether(4)
  const broken = audit.newSealer({
    signer: { ...audit.signer, sign: async () => Promise.reject(new Error('killed')) },
  })
  await audit.settle(broken)
  t.is((await leaves()).length, 4)
  t.deepEqual(audit.sinkLines(), [])
  await audit.writeMany(1)
  await audit.settle()
  t.deepEqual(
    (await checkpoints()).map(({ size }) => size),
    [4, 5],
  )
})

test.serial(
  'while the sink cannot be written nothing may be given away, and when it can again everything is caught up',
  async (t) => {
    const sealer = audit.newSealer()
    await audit.writeMany(1)
    await audit.settle(sealer)
    await rename(audit.sinkFile, `${audit.sinkFile}.away`)
    await mkdir(audit.sinkFile)
    await sealer.round()
    t.false(await isAuditOpen(audit.database))
    await audit.writeMany(2)
    await sealer.round()
    await rmdir(audit.sinkFile)
    await rename(`${audit.sinkFile}.away`, audit.sinkFile)
    await audit.settle(sealer)
    await t.notThrowsAsync(audit.opens())
    t.is((await checkpoints()).at(-1)?.size, 3)
  },
)

test.serial('what lags by more than a minute closes the gate, a missing position too', async (t) => {
  await t.notThrowsAsync(audit.opens())
  await audit.admin.query("update audit_position set complete_until_at = now() - interval '61 seconds'")
  t.false(await isAuditOpen(audit.database))
  await audit.admin.query('delete from audit_position')
  t.false(await isAuditOpen(audit.database))
})

test.serial('a transaction that does not end keeps the gate’s clock where it was', async (t) => {
  const sealer = audit.newSealer()
  await audit.admin.query("update audit_position set complete_until_at = now() - interval '70 seconds'")
  await withTransaction(audit.database.knex, async (tx) => {
    await audit.write(audit.newEvent(), tx)
    await audit.writeMany(1)
    await sealer.round()
    const { rows } = await audit.admin.query(
      "select complete_until_at < now() - interval '69 seconds' as behind from audit_position",
    )
    t.true(rows[0].behind)
  })
  await audit.opens(sealer)
  const { rows } = await audit.admin.query(
    "select complete_until_at > now() - interval '69 seconds' as caught from audit_position",
  )
  t.true(rows[0].caught)
})

test.serial('a sink that is moved away goes on in a new one, which begins with where every log stands', async (t) => {
  const sealer = audit.newSealer()
  await audit.writeMany(3)
  await audit.settle(sealer)
  await rename(audit.sinkFile, `${audit.sinkFile}.1`)
  await sealer.round()
  t.deepEqual(
    (await checkpoints()).map(({ size }) => size),
    [3],
  )
  await audit.writeMany(1)
  await audit.settle(sealer)
  t.deepEqual(
    (await checkpoints()).map(({ size }) => size),
    [3, 4],
  )
})

test.serial(
  'in another cluster, whose transactions count from elsewhere, only the leaves say what is sealed',
  async (t) => {
    await audit.writeMany(3)
    await audit.settle()
    const [restored] = await audit.writeMany(1)
    // As after a dump and restore: an event that was not sealed has a transaction that has not come yet, and so has the position.
    await audit.admin.query("update event set tx = '900000000000' where id = $1", [restored?.id])
    await audit.admin.query("update audit_position set sealed_below = '900000000001', cluster = 'another'")
    await audit.settle()
    t.is((await leaves()).length, 4)
    const [fresh] = await audit.writeMany(1)
    await audit.settle()
    t.is((await leaves()).at(-1)?.event_id, fresh?.id)
    t.true(BigInt((await position()).sealed_below) < 900_000_000_000n)
  },
)

test.serial('the service can neither change nor remove what is sealed', async (t) => {
  await audit.writeMany(1)
  await audit.settle()
  for (const sql of [
    'delete from audit_leaf',
    'update audit_leaf set seq = 7',
    'delete from audit_tile',
    'delete from audit_log',
  ]) {
    await t.throwsAsync(audit.database.knex.raw(sql), { code: '42501' }, sql)
  }
  await t.throwsAsync(audit.database.knex.raw('update event set purpose = null'), { code: '42501' })
})

test.serial(
  'however commits are batched, and whichever sealer comes, the log has each event once and every checkpoint its root',
  async (t) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ events: fc.integer({ min: 0, max: 9 }), sealer: fc.nat(2), together: fc.boolean() }), {
          maxLength: 8,
        }),
        async (steps) => {
          const before = (await leaves()).length
          const sealers = [audit.newSealer({ batchMax: 3 }), audit.newSealer(), audit.newSealer({ batchMax: 1 })]
          let written = 0
          for (const { events, sealer, together } of steps) {
            written += events
            const writing = together
              ? withTransaction(audit.database.knex, async (tx) => {
                  for (let n = 0; n < events; n++) await audit.write(audit.newEvent(), tx)
                })
              : audit.writeMany(events)
            await Promise.all([writing, sealers[sealer]?.round()])
          }
          await audit.settle(sealers[0])
          t.is((await leaves()).length, before + written)
        },
      ),
      { numRuns: 8 },
    )
    const keys = await audit.signer.publicKeys()
    const { logs } = await readSignedLogs(audit.sinkLines(), (jws) => verifyCompact(jws, CHECKPOINT_TYP, keys))
    const [[name, signed] = []] = [...logs]
    const held = (await heldLogs(audit.database, [])).get(name as string)
    if (!signed || !held) return t.fail('there is no log')
    const { findings, unprotected } = verifyLog(signed, held)
    t.deepEqual(findings, [])
    t.is(unprotected, 0)
  },
)
