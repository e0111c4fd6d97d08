import { quoteName, withClient } from '@kontor/postgres'
import { runMigrations } from 'graphile-worker'
import { QUEUES, schemaOf } from './queue.ts'
import { silentLogger } from './queue-logger.ts'

/** Serialises those who install the queue of one database: the library's own migrations clash when two begin at once. */
const INSTALL_LOCK = 0x6a6f_6273 // "jobs"

/**
 * What runs and enqueues jobs needs: rows, and nothing of the schema. The library switches row-level security on for its tables,
 * without a policy, so that nobody but their owner sees a row; the role gets a policy of its own.
 */
const MAY: Readonly<Record<string, string>> = {
  _private_jobs: 'select, insert, update, delete',
  _private_job_queues: 'select, insert, update',
  _private_tasks: 'select, insert',
  // Whether the schema is the one that the library knows is looked at before the first job.
  migrations: 'select',
  // Asked for at every start, also where nothing recurs. Without a policy no row of it is seen.
  _private_known_crontabs: 'select',
}

const WITHOUT_POLICY = new Set(['migrations', '_private_known_crontabs'])

const POLICY = 'kontor_service'

/**
 * Installs the queues, each in a schema of its own, or brings them to the version of the library, and grants a role what it
 * needs to enqueue and run jobs. May be repeated, and run by several at once.
 *
 * @param url The owner of the database: who runs jobs cannot alter the schema.
 * @param role The role that runs them.
 */
export async function installJobs(url: string, role: string): Promise<void> {
  await withClient(url, 'kontor jobs (install)', async (owner) => {
    await owner.query('select pg_advisory_lock($1)', [INSTALL_LOCK])
    for (const schema of QUEUES.map(schemaOf)) {
      await runMigrations({ connectionString: url, schema, maxPoolSize: 1, logger: silentLogger() })
    }
    const grantee = quoteName(role)
    await owner.query('begin')
    for (const schema of QUEUES.map(schemaOf)) {
      await owner.query(`grant usage on schema ${schema} to ${grantee}`)
      for (const [table, privileges] of Object.entries(MAY)) {
        await owner.query(`grant ${privileges} on ${schema}.${table} to ${grantee}`)
        if (WITHOUT_POLICY.has(table)) continue
        await owner.query(`drop policy if exists ${POLICY} on ${schema}.${table}`)
        await owner.query(`create policy ${POLICY} on ${schema}.${table} to ${grantee} using (true) with check (true)`)
      }
    }
    await owner.query('commit')
  })
}
