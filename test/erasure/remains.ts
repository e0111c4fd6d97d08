import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { quoteName, urlFor, withClient } from '@kontor/postgres'
import { type LeakSearch, leakSearch } from '../leak/leak-search.ts'
import type { Mark } from '../leak/marks.ts'
import { readTables } from '../leak/tables.ts'
import type { Stage } from './stage.ts'

/** What was stored of a customer in forms that only the database knows, before it was destroyed. */
export interface Traces {
  readonly records: readonly Buffer[]
  readonly fingerprints: readonly Buffer[]
  readonly wrappedKeys: readonly Buffer[]
}

/** Reads what an erasure has to destroy, as superuser. */
export async function readTraces({ adminUrl, names }: Stage, accountUuid: string): Promise<Traces> {
  const vault = await rowsOf<{
    record: string
    number_fingerprint: Buffer
    full_fingerprint: Buffer
    subject_id: string
  }>(
    urlFor(adminUrl, names.vault),
    'select record, number_fingerprint, full_fingerprint, subject_id from token where account_id = $1',
    [accountUuid],
  )
  const keys = await rowsOf<{ wrapped: string }>(
    urlFor(adminUrl, names.keys),
    'select wrapped from dek where subject_id = $1',
    [vault[0]?.subject_id],
  )
  return {
    records: vault.map(({ record }) => Buffer.from(record)),
    fingerprints: vault.flatMap((row) => [row.number_fingerprint, row.full_fingerprint]),
    wrappedKeys: keys.map(({ wrapped }) => Buffer.from(wrapped)),
  }
}

export const rowsOf = async <Row extends object>(url: string, sql: string, values: readonly unknown[] = []) =>
  withClient(url, 'erasure drill', async (client) => (await client.query<Row>(sql, [...values])).rows)

/**
 * Rewrites the tables that held something of a customer, so that their files hold what is in them and nothing of what was,
 * and with them what the planner knows of their values.
 */
export async function compact({ adminUrl, names }: Stage): Promise<void> {
  for (const name of [names.vault, names.keys]) {
    await withClient(urlFor(adminUrl, name), 'erasure drill', async (client) => {
      for (const { relname } of (await client.query(OWN_TABLES)).rows) {
        await client.query(`vacuum (full, analyze) ${quoteName(relname)}`)
      }
      await client.query('checkpoint')
    })
  }
}

const OWN_TABLES = `select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`

/** Searches everything in both databases, PostgreSQL's own tables included, and the files below them. */
export async function searchDatabases(stage: Stage, marks: readonly Mark[], traces: Traces) {
  const search = leakSearch(marks)
  const found = new Set<string>()
  const look = (where: string, content: Buffer | string) => {
    const bytes = Buffer.from(content)
    search.look(where, bytes)
    for (const [kind, patterns] of Object.entries(traces) as [string, readonly Buffer[]][]) {
      if (patterns.some((pattern) => bytes.includes(pattern))) found.add(`${kind} in ${where}`)
    }
  }
  for (const name of [stage.names.vault, stage.names.keys]) {
    await readTables(stage.adminUrl, name, look)
    const [{ oid = 0 } = {}] = await rowsOf<{ oid: number }>(
      stage.adminUrl,
      'select oid from pg_database where datname = $1',
      [name],
    )
    const folder = join(stage.dataDirectory, 'base', String(oid))
    for (const file of readdirSync(folder)) look(`${name}/${file}`, bytesOf(join(folder, file)))
  }
  return {
    findings: [...readable(search), ...found],
    bytes: [...search.searched.values()].reduce((sum, n) => sum + n, 0),
  }
}

/** The server replaces files of its own while they are looked through. */
function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}

/** Searches what the server keeps besides: its write-ahead log and its own log. Sealed records stand there until it is overwritten. */
export function searchLogs(stage: Stage, marks: readonly Mark[], logs: readonly string[]) {
  const search = leakSearch(marks)
  const folder = join(stage.dataDirectory, 'pg_wal')
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isFile()) search.look(`pg_wal/${entry.name}`, readFileSync(join(folder, entry.name)))
  }
  for (const [n, log] of logs.entries()) search.look(`log ${n}`, log)
  return readable(search)
}

export const readable = (search: LeakSearch): string[] =>
  search.findings().map(({ mark, where, forms }) => `${mark} (${forms}) in ${where}`)
