import { randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { createLogger, type Mode } from '@kontor/http-api'
import { bucketOf, bucketSource, idSource, newUuid, toBucket } from '@kontor/ids'
import { createKeystoreFile, openKeystoreFile } from '@kontor/keystore'
import { connect, type Database, type Tx, withTransaction } from '@kontor/postgres'
import { createTenant } from '@kontor/tenancy'
import pg from 'pg'
import { type FreshDatabases, freshDatabases } from '../../../test/support/database.ts'
import { isAuditOpen } from '../src/audit/position-repo.ts'
import { listUnsealed } from '../src/audit/repo.ts'
import { type Sealer, type SealerDeps, sealer } from '../src/audit/sealer.ts'
import { fileSink } from '../src/audit/sink.ts'
import { macOf, type VaultEvent } from '../src/events/event.ts'
import { insertEvent } from '../src/events/repo.ts'
import { type TenantKeys, tenantKeys } from '../src/keys/tenant-keys.ts'
import { type Signer, signer } from '../src/signing/signer.ts'

/** What the audit works with, without the rest of the vault: databases of its own, keys, a sink in a file, events to write. */
export interface TestAudit {
  readonly databases: FreshDatabases
  readonly database: Database
  readonly keysDatabase: Database
  /** As superuser, on the vault's database. */
  readonly admin: pg.Pool
  readonly tenantId: string
  readonly tenantKeys: TenantKeys
  readonly signer: Signer
  readonly sinkFile: string
  readonly folder: string
  readonly log: string[]
  readonly deps: SealerDeps
  readonly keystoreFile: string
  newTenant(slug: string): Promise<string>
  newSealer(other?: Partial<SealerDeps>): Sealer
  newEvent(other?: Partial<VaultEvent>): VaultEvent
  /** Writes an event as the vault does, in a transaction of its own unless one is given. */
  write(event: VaultEvent, tx?: Tx): Promise<void>
  /** Writes that many events in one transaction. */
  writeTogether(count: number): Promise<VaultEvent[]>
  /** Writes that many events, each in a transaction of its own. */
  writeMany(count: number, other?: Partial<VaultEvent>): Promise<VaultEvent[]>
  /**
   * Lets a sealer work until every event is sealed or passed over. One round need not be enough: a transaction of another test
   * on the same server may be running.
   */
  settle(sealer?: Sealer): Promise<void>
  /** Lets a sealer work until the gate is open; throws if it stays shut. */
  opens(sealer?: Sealer): Promise<void>
  sinkLines(): string[]
  close(): Promise<void>
}

export const PASSPHRASE = 'correct horse battery staple'

export async function testAudit(): Promise<TestAudit> {
  const databases = await freshDatabases()
  const folder = mkdtempSync(join(tmpdir(), 'kontor-audit-'))
  const keystoreFile = join(folder, 'keystore.json')
  const scrypt = { n: 1024, r: 8, p: 1 }
  await createKeystoreFile(keystoreFile, PASSPHRASE, { random: randomBytes, nowMs: Date.now, scrypt })
  const provider = await openKeystoreFile(keystoreFile, PASSPHRASE)
  const database = connect({ url: databases.vaultUrl, max: 6, applicationName: 'audit test' })
  const keysDatabase = connect({ url: databases.keysUrl, max: 2, applicationName: 'audit test' })
  const owner = connect({ url: databases.vaultMigrationUrl, max: 1, applicationName: 'audit test' })
  const url = new URL(databases.adminUrl)
  url.pathname = new URL(databases.vaultUrl).pathname
  const admin = new pg.Pool({ connectionString: url.href, max: 2 })
  admin.on('error', () => undefined)
  admin.on('connect', (client) => client.on('error', () => undefined))

  const monotonicMs = () => performance.now()
  const keyDeps = { database: keysDatabase, provider, random: randomBytes, monotonicMs }
  const keys = tenantKeys(keyDeps)
  const signs = signer(keyDeps)
  const log: string[] = []
  const sinkFile = join(folder, 'checkpoints.jsonl')
  const deps: SealerDeps = {
    database,
    tenantKeys: keys,
    signer: signs,
    sink: fileSink(sinkFile),
    logger: createLogger('vault', 'info', { write: (line: string) => void log.push(line) }),
    now: () => new Date(),
  }
  const newId = idSource(Date.now, randomBytes)
  const randomBucket = bucketSource(randomBytes)

  async function newTenant(slug: string): Promise<string> {
    const id = newUuid(toBucket(randomBytes(1)[0] as number), Date.now(), randomBytes)
    return (await createTenant(owner.knex, { id, slug, name: slug })).id
  }
  const tenantId = await newTenant('shop')

  function newEvent(other: Partial<VaultEvent> = {}): VaultEvent {
    const objectId = other.objectId ?? newId(randomBucket())
    return {
      id: newId(bucketOf(objectId)),
      tenantId,
      mode: 'test' as Mode,
      type: 'token.revealed',
      subjectId: objectId,
      objectId,
      objectVersion: 1,
      actorKeyId: newId(toBucket(0)),
      purpose: 'charge',
      requestId: 'f00',
      at: new Date(),
      data: null,
      ...other,
    }
  }
  async function write(event: VaultEvent, tx?: Tx): Promise<void> {
    const mac = macOf(event, (await keys.subkeys(event.tenantId)).event)
    if (tx) await insertEvent(tx, event, mac)
    else await withTransaction(database.knex, (own) => insertEvent(own, event, mac))
  }
  /** Transactions of the other databases of the cluster keep events back as well. For those of the test itself nobody waits. */
  async function othersHaveEnded(): Promise<void> {
    for (let n = 0; n < 1_000; n++) {
      const { rows } = await admin.query(
        `select coalesce(max(tx) < pg_snapshot_xmin(pg_current_snapshot()), true) or not exists (
           select from pg_stat_activity where backend_xid is not null and datname is distinct from current_database()
         ) as ended from event`,
      )
      if (rows[0].ended) return
      await wait(10)
    }
  }
  const newSealer = (other: Partial<SealerDeps> = {}) => {
    const made = sealer({ ...deps, sink: fileSink(sinkFile), ...other })
    return {
      ...made,
      async round() {
        await othersHaveEnded()
        await made.round()
      },
    }
  }
  return {
    databases,
    database,
    keysDatabase,
    admin,
    tenantId,
    tenantKeys: keys,
    signer: signs,
    sinkFile,
    folder,
    log,
    deps,
    keystoreFile,
    newTenant,
    newSealer,
    newEvent,
    write,
    async writeTogether(count) {
      const events = Array.from({ length: count }, () => newEvent())
      await withTransaction(database.knex, async (tx) => {
        for (const event of events) await write(event, tx)
      })
      return events
    },
    async writeMany(count, other = {}) {
      const events = Array.from({ length: count }, () => newEvent(other))
      for (const event of events) await write(event)
      return events
    },
    async settle(working = newSealer()) {
      for (let n = 0; n < 500; n++) {
        await working.round()
        if ((await listUnsealed(database)).every(({ passed }) => passed)) return
        await wait(10)
      }
      throw new Error('the sealer does not come to an end')
    },
    async opens(working = newSealer()) {
      for (let n = 0; n < 500; n++) {
        await working.round()
        if (await isAuditOpen(database)) return
        await wait(10)
      }
      throw new Error('the gate stays shut')
    },
    sinkLines: () => readFileSync(sinkFile, 'utf8').split('\n').filter(Boolean),
    async close() {
      for (const connected of [database, keysDatabase, owner]) await connected.close()
      await admin.end()
      await databases.drop()
      rmSync(folder, { recursive: true })
    },
  }
}
