import pg from 'pg'
import { wireTypes } from './wire-types.ts'

/** One connection, outside every pool. */
export type Client = pg.ClientBase

/** Opens one connection for `work` and closes it afterwards. Types are read as `connect` reads them. */
export async function withClient<T>(
  url: string,
  applicationName: string,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const types = wireTypes as pg.CustomTypesConfig
  const client = new pg.Client({ connectionString: url, application_name: applicationName, types })
  // A lost connection fails the query that runs on it. Unheard, the event would end the process as well.
  client.on('error', () => {})
  try {
    await client.connect()
    return await work(client)
  } finally {
    await client.end().catch(() => {})
  }
}

/** Quotes a name for SQL. */
export const quoteName = (name: string): string => pg.escapeIdentifier(name)
/** Quotes a value for statements that take no parameters. */
export const quoteValue = (text: string): string => pg.escapeLiteral(text)
