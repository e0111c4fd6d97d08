import { randomBytes } from 'node:crypto'
import { type Client, quoteName, quoteValue, withClient } from './client.ts'
import { scramVerifier } from './scram.ts'

/** Kontor's three databases. Their roles have fixed names, because migrations grant to them by name. */
export const DATABASES = ['vault', 'keys', 'invoicing'] as const
export type DatabaseName = (typeof DATABASES)[number]

/** The role that deletes what is past its retention. Nobody logs in as it; a migration says who may become it. */
export const RETENTION_ROLE = 'kontor_retention'

/** Changes the schema, owns the database. */
export const ownerRole = (name: DatabaseName): string => `kontor_${name}_owner`
/** What the service logs in as: may do what a migration grants to it by name, and nothing else. */
export const serviceRole = (name: DatabaseName): string => `kontor_${name}_service`

export type RolePasswords = Readonly<Record<DatabaseName, { readonly owner: string; readonly service: string }>>

/** Where a service and where its migrations log in. */
export type DatabaseUrls = Readonly<Record<DatabaseName, { readonly url: string; readonly migrationUrl: string }>>

export interface CreateDatabasesOptions {
  /** Begins the names of the databases; `kontor` gives `kontor_vault`, `kontor_keys`, `kontor_invoicing`. */
  readonly prefix?: string
  /** Where the salts of the stored passwords come from. */
  readonly random?: (size: number) => Uint8Array
}

const APPLICATION = 'kontor create databases'

/** Serialises those who create roles and databases on one server: without it two of them meet on the same catalogue row. */
const CREATION_LOCK = 0x6b6f_6e74 // "kont"

/**
 * Makes the roles and the three databases that are missing, and sets the roles' passwords, on any PostgreSQL from 15 on.
 * Running it again changes nothing but the passwords.
 *
 * @param adminUrl A superuser, or a role with CREATEROLE and CREATEDB (it becomes a member of the owner roles).
 * @returns The URLs of the owner and of the service role of each database, at the host of `adminUrl`.
 */
export async function createDatabases(
  adminUrl: string,
  passwords: RolePasswords,
  { prefix = 'kontor', random = randomBytes }: CreateDatabasesOptions = {},
): Promise<DatabaseUrls> {
  await withClient(adminUrl, APPLICATION, async (admin) => {
    await admin.query('select pg_advisory_lock($1)', [CREATION_LOCK])
    await ensureRole(admin, RETENTION_ROLE, 'nologin')
    for (const name of DATABASES) {
      for (const [role, password] of [
        [ownerRole(name), passwords[name].owner],
        [serviceRole(name), passwords[name].service],
      ] as const) {
        const verifier = await scramVerifier(password, random(16))
        await ensureRole(admin, role, `login password ${quoteValue(verifier)}`)
      }
      await mayActAs(admin, ownerRole(name))
      await ensureDatabase(admin, adminUrl, `${prefix}_${name}`, name)
    }
  })
  return databaseUrls(adminUrl, passwords, prefix)
}

/** @returns The URLs that `createDatabases` returns, without asking the server. */
export function databaseUrls(serverUrl: string, passwords: RolePasswords, prefix = 'kontor'): DatabaseUrls {
  const urls = (name: DatabaseName) => ({
    url: urlFor(serverUrl, `${prefix}_${name}`, serviceRole(name), passwords[name].service),
    migrationUrl: urlFor(serverUrl, `${prefix}_${name}`, ownerRole(name), passwords[name].owner),
  })
  return { vault: urls('vault'), keys: urls('keys'), invoicing: urls('invoicing') }
}

/**
 * Gives a database that exists the privileges and settings that PostgreSQL does not copy from a template: nobody but its
 * owner and its service role may connect, and instants print in UTC.
 *
 * @param admin Connected to any database of the server, as its owner's member or a superuser.
 */
export async function restrictDatabase(admin: Client, database: string, name: DatabaseName): Promise<void> {
  const quoted = quoteName(database)
  await admin.query(`revoke all on database ${quoted} from public`)
  await admin.query(`grant connect on database ${quoted} to ${quoteName(serviceRole(name))}`)
  await admin.query(`alter database ${quoted} set timezone to 'UTC'`)
}

/** @returns `serverUrl` with another database, and with another login if one is given. */
export function urlFor(serverUrl: string, database: string, role?: string, password?: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${encodeURIComponent(database)}`
  if (role !== undefined) url.username = encodeURIComponent(role)
  if (password !== undefined) url.password = encodeURIComponent(password)
  return url.href
}

async function ensureRole(admin: Client, role: string, attributes: string): Promise<void> {
  const { rowCount } = await admin.query('select from pg_roles where rolname = $1', [role])
  const quoted = quoteName(role)
  // No attribute is taken away from an existing role: what the operator gave it, the operator takes.
  await admin.query(`${rowCount === 0 ? 'create' : 'alter'} role ${quoted} ${attributes}`)
}

/** A role without superuser rights can only make a database for an owner whose member it is. */
async function mayActAs(admin: Client, owner: string): Promise<void> {
  const { rows } = await admin.query<{ superuser: boolean; member: boolean }>(
    `select rolsuper as superuser, pg_has_role(current_user, $1, 'USAGE') as member
     from pg_roles where rolname = current_user`,
    [owner],
  )
  if (rows[0]?.superuser || rows[0]?.member) return
  await admin.query(`grant ${quoteName(owner)} to current_user`)
}

async function ensureDatabase(admin: Client, adminUrl: string, database: string, name: DatabaseName): Promise<void> {
  const { rowCount } = await admin.query('select from pg_database where datname = $1', [database])
  const owner = quoteName(ownerRole(name))
  if (rowCount === 0) {
    // Code-point order is the same on every server, and an update of the C library cannot reorder an index.
    await admin.query(
      `create database ${quoteName(database)} owner ${owner} template template0
       encoding 'UTF8' locale_provider libc lc_collate 'C' lc_ctype 'C'`,
    )
  }
  await restrictDatabase(admin, database, name)
  await withClient(urlFor(adminUrl, database), APPLICATION, async (inside) => {
    // From 15 on a new cluster has it so; one that was upgraded from an older version may not.
    await inside.query('revoke create on schema public from public')
    await inside.query(`grant usage, create on schema public to ${owner}`)
    await inside.query(`grant usage on schema public to ${quoteName(serviceRole(name))}`)
  })
}
