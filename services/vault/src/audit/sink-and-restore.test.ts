import { appendFile, stat, writeFile } from 'node:fs/promises'
import { CHECKPOINT_TYP, fromPayload, parseSinkLine, readSignedLogs, verifyLog } from '@kontor/audit-log'
import { IntegrityViolation, verifyCompact } from '@kontor/jose-box'
import test from 'ava'
import { type TestAudit, testAudit } from '../../test/test-audit.ts'
import type { TenantKeys } from '../keys/tenant-keys.ts'
import { acceptRestore, LogDamaged } from './accept-restore.ts'
import { heldLogs } from './held-log.ts'
import { isAuditOpen } from './position-repo.ts'
import { fileSink } from './sink.ts'

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

/** What a backup keeps, put back later: events, leaves and state as they were. */
async function takeBackup(): Promise<() => Promise<void>> {
  const tables = ['event', 'audit_leaf', 'audit_tile', 'audit_log', 'audit_position']
  for (const table of tables) await audit.admin.query(`create table backup_${table} as table ${table}`)
  return async () => {
    for (const table of tables.toReversed()) await audit.admin.query(`delete from ${table}`)
    for (const table of tables) await audit.admin.query(`insert into ${table} select * from backup_${table}`)
  }
}

for (const gone of ['a part of the log', 'the whole log'] as const) {
  test.serial(
    `an older database without ${gone} is not sealed on until somebody with the keys has accepted it`,
    async (t) => {
      if (gone === 'a part of the log') {
        await audit.writeMany(3)
        await audit.settle()
      }
      const restore = await takeBackup()
      const running = audit.newSealer()
      await audit.writeMany(4)
      await audit.settle(running)
      const lines = audit.sinkLines().length
      await restore()
      await audit.writeMany(2)
      for (const sealer of [running, audit.newSealer()]) {
        await sealer.round()
        t.is((await position()).halted, 'fork')
        t.false(await isAuditOpen(audit.database))
      }
      t.is(audit.sinkLines().length, lines, 'nothing is signed')
      const size = gone === 'a part of the log' ? 3 : 0
      const accepted = await acceptRestore({ ...audit.deps, sink: fileSink(audit.sinkFile) })
      t.deepEqual(
        accepted.map((log) => [log.size, log.signedSize]),
        [[size, size + 4]],
      )
      t.deepEqual(await acceptRestore({ ...audit.deps, sink: fileSink(audit.sinkFile) }), [], 'once is enough')
      await audit.settle(running)
      await t.notThrowsAsync(audit.opens())
      t.is((await checkpoints()).at(-1)?.size, size + 2)
      const keys = await audit.signer.publicKeys()
      const { logs } = await readSignedLogs(audit.sinkLines(), (jws) => verifyCompact(jws, CHECKPOINT_TYP, keys))
      const [[name, signed] = []] = [...logs]
      const held = (await heldLogs(audit.database, [])).get(name as string)
      if (!signed || !held) return t.fail('there is no log')
      const report = verifyLog(signed, held)
      t.deepEqual(report.findings, [])
      t.regex(report.notes[0] as string, new RegExp(`goes on at seq ${size}`))
    },
  )
}

test.serial('a database that was changed by hand is not accepted as an older one', async (t) => {
  await audit.writeMany(5)
  await audit.settle()
  await audit.admin.query('delete from audit_leaf where seq = 3')
  await audit.admin.query('update audit_log set size = 4, frontier = substr(frontier, 1, 32)')
  await t.throwsAsync(acceptRestore({ ...audit.deps, sink: fileSink(audit.sinkFile) }), { instanceOf: LogDamaged })
})

test.serial('a newest checkpoint that the vault did not sign stops the sealer', async (t) => {
  await audit.writeMany(2)
  await audit.settle()
  const [line = ''] = audit.sinkLines()
  const { checkpoint, ...rest } = JSON.parse(line)
  await appendFile(audit.sinkFile, `${JSON.stringify({ checkpoint: `${checkpoint.slice(0, -8)}AAAAAAAA`, ...rest })}\n`)
  const sealer = audit.newSealer()
  await sealer.round()
  t.is((await position()).halted, 'sink')
  await writeFile(audit.sinkFile, `${line}\n`)
  await audit.settle(sealer)
  await t.notThrowsAsync(audit.opens())
})

test.serial('a line that a crash cut off is ended, passed over, and reported', async (t) => {
  await audit.writeMany(2)
  await audit.settle()
  await appendFile(audit.sinkFile, '{"checkpoint":"eyJ')
  await audit.writeMany(1)
  const sealer = audit.newSealer()
  await audit.settle(sealer)
  t.is(audit.sinkLines().length, 3)
  t.is((await checkpoints().catch(() => [])).length, 0, 'the cut line is none')
  t.is(JSON.parse(audit.sinkLines()[2] as string).from, 2)
  await audit.settle()
  t.true(audit.log.some((text) => text.includes('audit_sink_line_garbled')))
})

test.serial('a tenant whose keys are lost waits, and holds up no other', async (t) => {
  const other = await audit.newTenant('other')
  await audit.writeMany(1)
  await audit.writeMany(2, { tenantId: other })
  const lost: TenantKeys = {
    ...audit.tenantKeys,
    subkeys: async (id) => {
      if (id === audit.tenantId) throw new IntegrityViolation()
      return audit.tenantKeys.subkeys(id)
    },
  }
  const blind = audit.newSealer({ tenantKeys: lost })
  for (let n = 0; n < 100 && (await leaves()).length < 2; n++) await blind.round()
  t.deepEqual([...new Set((await leaves()).map(({ tenant_id }) => tenant_id))], [other])
  await audit.settle()
  t.is((await leaves()).length, 3)
})

test.serial('the sink is for its owner only', async (t) => {
  await audit.settle()
  t.is((await stat(audit.sinkFile)).mode & 0o777, 0o600)
})
