import { startEmbedded } from '@kontor/embedded-postgres'
import { installJobs } from '@kontor/jobs'
import {
  connect,
  createDatabases,
  DATABASES,
  type DatabaseName,
  type DatabaseUrls,
  migrate,
  type RolePasswords,
  serviceRole,
} from '@kontor/postgres'
import { Sentence } from '../sentence.ts'

/** A PostgreSQL server that the demo may use, whoever runs it. */
export interface Server {
  readonly adminUrl: string
  /** For a person: version and whereabouts. */
  readonly description: string
  /** The databases were there before: something may be sealed in them. */
  readonly hasData: boolean
  stop(): Promise<void>
}

/** Starts the server that comes along. @param log Takes what is worth knowing. */
export async function startOwnServer(dataFolder: string, log: (line: string) => void): Promise<Server> {
  const server = await startEmbedded({ dataFolder, log })
  const { version, hasData } = await inspect(server.adminUrl)
  const description = `${version}, port ${server.port}`
  return { adminUrl: server.adminUrl, description, hasData, stop: () => server.stop() }
}

/** The oldest major version that Kontor runs on. */
const OLDEST_VERSION = 15

/**
 * Takes a server that somebody else runs.
 *
 * @param firstRun Nothing of this folder's can be on the server yet.
 * @throws {Sentence} It is too old, or holds the databases of another demo, whose passwords would be changed.
 */
export async function useServer(adminUrl: string, firstRun: boolean): Promise<Server> {
  const { version, hasData } = await inspect(adminUrl)
  if (Number.parseInt(version, 10) < OLDEST_VERSION) {
    throw new Sentence(
      `The server of POSTGRES_ADMIN_URL is PostgreSQL ${version}, and Kontor needs ${OLDEST_VERSION} or newer.`,
    )
  }
  if (firstRun && hasData) {
    throw new Sentence(
      'The server of POSTGRES_ADMIN_URL already has databases of Kontor that this folder knows nothing of: set KONTOR_HOME to the folder that made them, or take another server.',
    )
  }
  const { hostname, port } = new URL(adminUrl)
  return { adminUrl, description: `${version} on ${hostname}:${port || 5432}`, hasData, stop: async () => {} }
}

/** Makes the databases and roles that are missing and brings every schema up to date. @returns Whose URL is which, and the files run. */
export async function prepareDatabases(
  adminUrl: string,
  passwords: RolePasswords,
  migrationFolder: (database: DatabaseName) => string,
): Promise<{ readonly urls: DatabaseUrls; readonly migrations: number }> {
  const urls = await createDatabases(adminUrl, passwords)
  const run = await Promise.all(
    DATABASES.map((name) => migrate(urls[name].migrationUrl, migrationFolder(name), () => {})),
  )
  await installJobs(urls.invoicing.migrationUrl, serviceRole('invoicing'))
  return { urls, migrations: run.flat().length }
}

async function inspect(adminUrl: string): Promise<{ version: string; hasData: boolean }> {
  const database = connect({ url: adminUrl, max: 1, applicationName: 'kontor start' })
  try {
    const [row] = await database.hotSql<{ version: string; hasData: boolean }>(
      'inspect',
      `select split_part(current_setting('server_version'), ' ', 1) as version,
              exists (select from pg_database where datname = 'kontor_vault') as "hasData"`,
      [],
    )
    return row ?? { version: 'of unknown version', hasData: false }
  } finally {
    await database.close()
  }
}
