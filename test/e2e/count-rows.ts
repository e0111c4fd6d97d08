import { join } from 'node:path'
import { startEmbedded } from '@kontor/embedded-postgres'
import { closeAll, connect, DATABASES, type DatabaseName, urlFor } from '@kontor/postgres'

/** The rows of every table, by database and table; that an export was taken is a fact of its own each time. */
export async function countRows(folder: string): Promise<Record<string, number>> {
  const server = await startEmbedded({ dataFolder: join(folder, 'postgres'), log: () => {} })
  try {
    const counts = await Promise.all(DATABASES.map((name) => countRowsOf(server.adminUrl, name)))
    return Object.assign({}, ...counts)
  } finally {
    await server.stop()
  }
}

async function countRowsOf(adminUrl: string, name: DatabaseName): Promise<Record<string, number>> {
  const database = connect({ url: urlFor(adminUrl, `kontor_${name}`), max: 1, applicationName: 'test' })
  try {
    const tables = await database.hotSql<{ name: string }>(
      'tables',
      `select tablename as name from pg_tables where schemaname = 'public' and tablename not in ('export_run', 'export_snapshot') order by tablename`,
      [],
    )
    const counts: Record<string, number> = {}
    for (const table of tables) {
      const [row] = await database.knex(table.name).count({ rows: '*' })
      counts[`${name}.${table.name}`] = Number(row?.rows)
    }
    return counts
  } finally {
    await closeAll(database)
  }
}
