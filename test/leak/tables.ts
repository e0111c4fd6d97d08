import { type Client, quoteName, urlFor, withClient } from '@kontor/postgres'

/** Rows that are fetched at once. */
const ROWS_AT_ONCE = 500

const TABLES = `
  select n.nspname as schema, c.relname as name
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'm') and n.nspname <> 'information_schema'
  order by 1, 2`

/** What the server knows of statements that run or ran. */
const VIEWS = [{ schema: 'pg_catalog', name: 'pg_stat_activity' }]

/** @returns The tables of `public` and how many rows each has, as a superuser sees them. */
export type RowCounts = Readonly<Record<string, number>>

/**
 * Reads every row of every table of a database, PostgreSQL's own included: its statistics hold values of columns.
 *
 * @param look Takes the text of rows, as `COPY` would write it, and each `bytea` as its bytes.
 */
export async function readTables(
  adminUrl: string,
  database: string,
  look: (where: string, content: Buffer | string) => void,
): Promise<RowCounts> {
  return withClient(urlFor(adminUrl, database), 'leak test', async (client) => {
    const counts: Record<string, number> = {}
    const { rows: tables } = await client.query<{ schema: string; name: string }>(TABLES)
    await client.query('begin read only')
    for (const { schema, name } of [...tables, ...VIEWS]) {
      const where = `${database}.${schema}.${name}`
      for await (const text of rowTexts(client, schema, name)) {
        look(where, text)
        for (const bytes of byteas(text)) look(where, bytes)
        if (schema === 'public') counts[name] = (counts[name] ?? 0) + 1
      }
    }
    await client.query('commit')
    return counts
  })
}

async function* rowTexts(client: Client, schema: string, name: string): AsyncGenerator<string> {
  await client.query(
    `declare every_row no scroll cursor for select t::text as text from ${quoteName(schema)}.${quoteName(name)} as t`,
  )
  for (;;) {
    const { rows } = await client.query<{ text: string }>(`fetch ${ROWS_AT_ONCE} from every_row`)
    for (const { text } of rows) yield text
    if (rows.length < ROWS_AT_ONCE) break
  }
  await client.query('close every_row')
}

/** PostgreSQL writes bytes as `\x` and hexadecimal digits; within a row the backslash is doubled. */
function byteas(text: string): Buffer[] {
  return [...text.matchAll(/\\x((?:[0-9a-f]{2}){8,})/g)].map(([, hex]) => Buffer.from(hex as string, 'hex'))
}
