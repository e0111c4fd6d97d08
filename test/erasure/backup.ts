import { type Client, type DatabaseName, ownerRole, quoteName, restrictDatabase, withClient } from '@kontor/postgres'

const admin = <T>(url: string, work: (client: Client) => Promise<T>) => withClient(url, 'erasure drill', work)

/** Copies a database file by file, as a physical backup does. Its connections are ended for that moment. */
export async function backUp(adminUrl: string, database: string, copy: string): Promise<void> {
  await admin(adminUrl, async (client) => {
    await client.query(`alter database ${quoteName(database)} with allow_connections false`)
    try {
      await endConnections(client, database)
      await client.query(`create database ${quoteName(copy)} template ${quoteName(database)}`)
    } finally {
      await client.query(`alter database ${quoteName(database)} with allow_connections true`)
    }
  })
}

/** Puts a copy in the place of a database, under whoever is connected to it. */
export async function putBack(adminUrl: string, database: string, copy: string, name: DatabaseName): Promise<void> {
  await admin(adminUrl, async (client) => {
    await client.query(`drop database ${quoteName(database)} with (force)`)
    await client.query(
      `create database ${quoteName(database)} owner ${quoteName(ownerRole(name))} template ${quoteName(copy)}`,
    )
    await restrictDatabase(client, database, name)
  })
}

async function endConnections(client: Client, database: string): Promise<void> {
  const others = 'from pg_stat_activity where datname = $1'
  do {
    await client.query(`select pg_terminate_backend(pid) ${others}`, [database])
  } while ((await client.query(`select ${others}`, [database])).rowCount !== 0)
}
