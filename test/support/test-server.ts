import { randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startEmbedded } from '@kontor/embedded-postgres'
import { installJobs } from '@kontor/jobs'
import {
  createDatabases,
  DATABASES,
  type DatabaseName,
  type DatabaseUrls,
  migrate,
  quoteName,
  type RolePasswords,
  serviceRole,
  withClient,
} from '@kontor/postgres'

/** The folder that everything in the repository is relative to. */
export const REPOSITORY = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

export const migrationsOf = (name: DatabaseName): string => join(REPOSITORY, 'db', name)

/** How a test file finds the server that the runner started for it. */
export interface TestServer {
  readonly adminUrl: string
  readonly passwords: RolePasswords
  /** Begins the name of every database of this run. */
  readonly prefix: string
}

export const ENVIRONMENT = {
  adminUrl: 'KONTOR_TEST_ADMIN_URL',
  passwords: 'KONTOR_TEST_ROLE_PASSWORDS',
  prefix: 'KONTOR_TEST_DATABASE_PREFIX',
}

/** The name of the database that is cloned for each test file. */
export const templateOf = ({ prefix }: Pick<TestServer, 'prefix'>, name: DatabaseName): string =>
  `${prefix}_template_${name}`

/**
 * Starts a throw-away PostgreSQL, or takes the one whose superuser's URL is given.
 *
 * @param url A server that is only there for tests: the passwords of Kontor's roles are replaced on it.
 * @returns The server, and how to leave it: without a server left running, and without a database left on one.
 */
export async function openTestServer(
  url: string | undefined,
  log: (line: string) => void,
): Promise<TestServer & { close(): Promise<void> }> {
  const prefix = `kontor_test_${randomBytes(4).toString('hex')}`
  if (url !== undefined) {
    return { adminUrl: url, passwords: newPasswords(), prefix, close: () => dropDatabases(url, prefix) }
  }
  const server = await startEmbedded({ throwAway: true, log })
  return { adminUrl: server.adminUrl, passwords: newPasswords(), prefix, close: () => server.destroy() }
}

/** Makes and migrates the three databases once; each test file gets copies, which take a tenth of a second. */
export async function makeTemplates(server: TestServer): Promise<DatabaseUrls> {
  const urls = await createDatabases(server.adminUrl, server.passwords, { prefix: `${server.prefix}_template` })
  await Promise.all(DATABASES.map((name) => migrate(urls[name].migrationUrl, migrationsOf(name), () => {})))
  await installJobs(urls.invoicing.migrationUrl, serviceRole('invoicing'))
  return urls
}

function newPasswords(): RolePasswords {
  const pair = () => ({ owner: randomBytes(18).toString('base64url'), service: randomBytes(18).toString('base64url') })
  return { vault: pair(), keys: pair(), invoicing: pair() }
}

function dropDatabases(adminUrl: string, prefix: string): Promise<void> {
  return withClient(adminUrl, 'kontor test', async (admin) => {
    const sql = 'select datname from pg_database where starts_with(datname, $1)'
    for (const { datname } of (await admin.query<{ datname: string }>(sql, [prefix])).rows) {
      await admin.query(`drop database if exists ${quoteName(datname)} with (force)`)
    }
  })
}
