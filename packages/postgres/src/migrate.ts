import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Knex } from 'knex'
import { withClient } from './client.ts'
import { connect, type Db, type Tx } from './database.ts'

/** A migration was refused or failed; the message names the file and, where known, the line. */
export class MigrationFailed extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'MigrationFailed'
  }
}

interface Migration {
  /** `NNNN_name.sql` */
  readonly file: string
  readonly sql: string
  /** SHA-256 of the file's bytes, in hexadecimal. */
  readonly sha256: string
}

/** One lock per database for everyone who migrates it. */
const MIGRATION_LOCK = 0x6d69_6772 // "migr"

/**
 * Brings a database to the newest schema: runs each `NNNN_name.sql` of a folder that is not yet recorded, in order, each in a
 * transaction of its own together with its record in `knex_migrations`. Another process that migrates at the same time is
 * waited for. `schema.sql` and files that are not SQL are left out.
 *
 * @param url The owner of the database.
 * @param log Takes one line for each file that was run.
 * @returns The files that were run.
 * @throws {MigrationFailed} A file fails, has a wrong name, is gone, or is no longer what was run.
 */
export async function migrate(url: string, directory: string, log: (line: string) => void): Promise<string[]> {
  const migrations = await readMigrations(directory)
  // Knex's own lock is a row that a killed process leaves taken. This one ends with its connection, so whoever holds it
  // knows that a taken row is a left-over.
  return withClient(url, 'kontor migrate (lock)', async (lock) => {
    const database = connect({ url, max: 2, applicationName: 'kontor migrate' })
    try {
      await lock.query('select pg_advisory_lock($1)', [MIGRATION_LOCK])
      return await runMissing(database.knex, migrations, log)
    } finally {
      await database.close()
    }
  })
}

async function runMissing(db: Db, migrations: readonly Migration[], log: (line: string) => void): Promise<string[]> {
  await db.raw('create table if not exists migration_checksum (file text primary key, sha256 text not null)')
  const config: Knex.MigratorConfig = { tableName: 'knex_migrations', migrationSource: source(migrations) }
  await db.migrate.forceFreeMigrationsLock(config)
  await refuseChanged(db, migrations)
  const run: string[] = []
  for (;;) {
    // `latest` would put all of them into one transaction, and a new enum value cannot be used in the one that adds it.
    const [, files] = (await db.migrate.up(config)) as [number, string[]]
    const file = files[0]
    if (file === undefined) return run
    log(`migrated ${file}`)
    run.push(file)
  }
}

async function readMigrations(directory: string): Promise<Migration[]> {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.sql') && file !== 'schema.sql').sort()
  const numbers = new Set<string>()
  for (const file of files) {
    if (!/^\d{4}_[a-z0-9_]+\.sql$/.test(file)) {
      throw new MigrationFailed(`${file}: a migration is called NNNN_name.sql, in lower case`)
    }
    const number = file.slice(0, 4)
    if (numbers.has(number)) throw new MigrationFailed(`${file}: another migration has the number ${number} already`)
    numbers.add(number)
  }
  return Promise.all(
    files.map(async (file) => {
      const bytes = await readFile(join(directory, file))
      return { file, sql: bytes.toString('utf8'), sha256: createHash('sha256').update(bytes).digest('hex') }
    }),
  )
}

/** What was run is what is recorded: an edited file would leave two databases that differ under the same number. */
async function refuseChanged(db: Db, migrations: readonly Migration[]): Promise<void> {
  const byFile = new Map(migrations.map((migration) => [migration.file, migration]))
  const recorded: { file: string; sha256: string }[] = await db('migration_checksum').select('file', 'sha256')
  const newest =
    recorded
      .map(({ file }) => file)
      .sort()
      .at(-1) ?? ''
  const known = new Set(recorded.map(({ file }) => file))
  for (const { file, sha256 } of recorded) {
    const migration = byFile.get(file)
    if (!migration) throw new MigrationFailed(`${file} was run on this database, but the file is gone`)
    if (migration.sha256 !== sha256) {
      throw new MigrationFailed(
        `${file} was changed after it was run on this database: put it back, and add a new file`,
      )
    }
  }
  for (const { file } of migrations) {
    if (!known.has(file) && file < newest) {
      throw new MigrationFailed(`${file} comes before ${newest}, which was already run: give it a higher number`)
    }
  }
}

function source(migrations: readonly Migration[]): Knex.MigrationSource<Migration> {
  return {
    getMigrations: async () => [...migrations],
    getMigrationName: (migration) => migration.file,
    getMigration: async (migration) => ({
      up: (tx) => runFile(tx as Tx, migration),
      // Migrations only go forward; Knex asks for both directions.
      down: async () => {
        throw new MigrationFailed('migrations only go forward')
      },
    }),
  }
}

interface DriverConnection {
  query(sql: string): Promise<unknown>
}

async function runFile(tx: Tx, { file, sql, sha256 }: Migration): Promise<void> {
  // Straight to the driver: Knex takes every question mark for a placeholder, jsonb operators and comments included.
  const connection = (await tx.client.acquireConnection()) as DriverConnection
  try {
    await connection.query(sql)
  } catch (error) {
    const { message, position } = error as Error & { position?: string }
    const line = position === undefined ? '' : `, line ${sql.slice(0, Number(position)).split('\n').length}`
    throw new MigrationFailed(`${file}${line}: ${message}`, { cause: error })
  }
  await tx('migration_checksum').insert({ file, sha256 })
}
