import { randomBytes } from 'node:crypto'
import {
  type Client,
  DATABASES,
  type DatabaseName,
  databaseUrls,
  ownerRole,
  quoteName,
  type RolePasswords,
  restrictDatabase,
  withClient,
} from '@kontor/postgres'
import { ENVIRONMENT, type TestServer, templateOf } from './test-server.ts'

/** The three databases, migrated and empty, for one test file; as the services (`…Url`) and as their migrations see them. */
export interface FreshDatabases {
  readonly vaultUrl: string
  readonly keysUrl: string
  readonly invoicingUrl: string
  readonly vaultMigrationUrl: string
  readonly keysMigrationUrl: string
  readonly invoicingMigrationUrl: string
  /** A superuser, connected to none of the three. */
  readonly adminUrl: string
  /** Removes them now, also from under open connections. The runner removes at its end what is left. */
  drop(): Promise<void>
}

/** AVA runs several test files in one process, so neither its id nor a count would tell their databases apart. */
const newPrefix = (server: TestServer) => `${server.prefix}_${randomBytes(4).toString('hex')}`

/**
 * Copies the migrated databases for one test file, privileges included.
 *
 * @param t Inside a test: they are dropped when it ends. In `test.before`, where AVA has no teardown, leave it out.
 */
export async function freshDatabases(t?: { teardown(drop: () => Promise<void>): void }): Promise<FreshDatabases> {
  const server = testServer()
  const prefix = newPrefix(server)
  await asAdmin(server.adminUrl, async (admin) => {
    for (const name of DATABASES) await clone(admin, server, name, `${prefix}_${name}`)
  })
  const drop = () =>
    asAdmin(server.adminUrl, async (admin) => {
      for (const name of DATABASES) {
        await admin.query(`drop database if exists ${quoteName(`${prefix}_${name}`)} with (force)`)
      }
    })
  t?.teardown(drop)
  const urls = databaseUrls(server.adminUrl, server.passwords, prefix)
  return {
    vaultUrl: urls.vault.url,
    keysUrl: urls.keys.url,
    invoicingUrl: urls.invoicing.url,
    vaultMigrationUrl: urls.vault.migrationUrl,
    keysMigrationUrl: urls.keys.migrationUrl,
    invoicingMigrationUrl: urls.invoicing.migrationUrl,
    adminUrl: server.adminUrl,
    drop,
  }
}

/**
 * Makes one database without any table, for tests of migrations and the like.
 *
 * @returns As `owner` and as `service` of `name` see it.
 */
export async function emptyDatabase(
  name: DatabaseName,
): Promise<{ url: string; migrationUrl: string; database: string; adminUrl: string }> {
  const server = testServer()
  const prefix = newPrefix(server)
  const database = `${prefix}_${name}`
  await asAdmin(server.adminUrl, async (admin) => {
    const owner = quoteName(ownerRole(name))
    await admin.query(`create database ${quoteName(database)} owner ${owner} template template0`)
    await restrictDatabase(admin, database, name)
  })
  return { ...databaseUrls(server.adminUrl, server.passwords, prefix)[name], database, adminUrl: server.adminUrl }
}

/**
 * The server that the runner started.
 *
 * @throws {Error} AVA was started without the runner.
 */
export function testServer(): TestServer {
  const adminUrl = process.env[ENVIRONMENT.adminUrl]
  const passwords = process.env[ENVIRONMENT.passwords]
  const prefix = process.env[ENVIRONMENT.prefix]
  if (adminUrl === undefined || passwords === undefined || prefix === undefined) {
    throw new Error(
      'This test needs a database: run it with `npx -y pnpm@12 test path/to/the.test.ts`, not with ava itself.',
    )
  }
  return { adminUrl, passwords: JSON.parse(passwords) as RolePasswords, prefix }
}

/** What is inside a database is copied from the template; its owner, who may connect, and its settings are not. */
async function clone(admin: Client, server: TestServer, name: DatabaseName, database: string): Promise<void> {
  const owner = quoteName(ownerRole(name))
  const template = quoteName(templateOf(server, name))
  await admin.query(`create database ${quoteName(database)} owner ${owner} template ${template}`)
  await restrictDatabase(admin, database, name)
}

const asAdmin = <T>(adminUrl: string, work: (admin: Client) => Promise<T>) => withClient(adminUrl, 'kontor test', work)
