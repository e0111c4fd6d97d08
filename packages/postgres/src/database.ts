import knex, { type Knex } from 'knex'
import { outcomeUnknown } from './sqlstate.ts'
import { wireTypes } from './wire-types.ts'

/** A pool or a transaction. */
export type Db = Knex
/** A transaction: asked for where a lock or several writes need one, so that a pool does not compile. */
export type Tx = Knex.Transaction

/** One pool of connections to one database. */
export interface Database {
  /** For ordinary queries. */
  readonly knex: Knex
  /**
   * Runs a prepared statement over the same pool: parsed and planned once per connection, then only bound.
   *
   * @param name Of the statement; the same text must always come under the same name.
   * @param text With `$1`, `$2`, …; every row comes back by column name.
   * @param values `Date`, `bigint`, `Buffer` and arrays as they are; JSON as text.
   */
  hotSql<Row extends object>(name: string, text: string, values: readonly unknown[]): Promise<Row[]>
  /**
   * Asks every connection that is opened from now on one question, before anybody uses it. If the question or what is done
   * with its answer fails, the connection is closed and its caller gets the error.
   *
   * @param text SQL without parameters.
   * @returns Stops asking.
   */
  onConnection<Row extends object>(text: string, look: (rows: Row[]) => void): () => void
  /** Waits for running queries, then closes every connection. May be called again. */
  close(): Promise<void>
}

export interface ConnectOptions {
  /** `postgresql://user:password@host:port/database?parameters`. */
  readonly url: string
  /** Connections at most. */
  readonly max: number
  /** Shown to the operator in pg_stat_activity. */
  readonly applicationName: string
  /** How long a caller waits for a free connection before it is refused, in milliseconds. */
  readonly acquireTimeoutMs?: number
}

const silent = () => {}

interface DriverConnection {
  __knex__disposed?: unknown
  query(statement: { name?: string; text: string; values: readonly unknown[] }): Promise<{ rows: object[] }>
  end(): Promise<void>
}

interface Question {
  readonly text: string
  readonly look: (rows: object[]) => void
}

/** The two members of Knex's client that its types leave open. */
interface KnexClient {
  acquireConnection(): Promise<DriverConnection>
  releaseConnection(connection: DriverConnection): Promise<void>
}

/** Opens a pool. Nothing is sent before the first query, so a server that is down shows itself there. */
export function connect({ url, max, applicationName, acquireTimeoutMs = 10_000 }: ConnectOptions): Database {
  const connection = { connectionString: url, application_name: applicationName, types: wireTypes, keepAlive: true }
  // With a version given, Knex does not ask each server for it; 15 is the oldest that Kontor runs on.
  const questions = new Set<Question>()
  const pool = knex({
    client: 'pg',
    version: '15',
    connection: connection as Knex.PgConnectionConfig,
    pool: {
      min: 0,
      max,
      afterCreate: (opened: DriverConnection, done: (error: unknown, opened: DriverConnection) => void) => {
        ask(opened, questions).then(
          () => done(null, opened),
          (error) => {
            // The pool forgets a connection that it could not make, so nobody else would close it.
            opened.end().catch(silent)
            done(error, opened)
          },
        )
      },
    },
    acquireConnectionTimeout: acquireTimeoutMs,
    // An error that quoted its statement would quote the values bound to it.
    compileSqlOnError: false,
    // What goes wrong reaches the caller as an error; Knex would also print it, and some of its lines quote the query.
    log: { debug: silent, deprecate: silent, error: silent, warn: silent },
  })
  const client = pool.client as KnexClient
  let closing: Promise<void> | undefined
  return {
    knex: pool,
    async hotSql<Row extends object>(name: string, text: string, values: readonly unknown[]): Promise<Row[]> {
      const held = await client.acquireConnection()
      try {
        return (await held.query({ name, text, values })).rows as Row[]
      } catch (error) {
        // The driver learns only later that its connection is gone; marked so, the pool gives it to nobody else.
        if (outcomeUnknown(error)) held.__knex__disposed = error
        throw error
      } finally {
        await client.releaseConnection(held)
      }
    },
    onConnection<Row extends object>(text: string, look: (rows: Row[]) => void) {
      const question: Question = { text, look: look as (rows: object[]) => void }
      questions.add(question)
      return () => void questions.delete(question)
    },
    close() {
      closing ??= pool.destroy()
      return closing
    },
  }
}

async function ask(connection: DriverConnection, questions: Iterable<Question>): Promise<void> {
  for (const { text, look } of questions) look((await connection.query({ text, values: [] })).rows)
}

/**
 * Closes several pools, all of them even if one fails to.
 *
 * @throws {AggregateError} Naming what could not be closed.
 */
export async function closeAll(...databases: readonly { close(): Promise<void> }[]): Promise<void> {
  const results = await Promise.allSettled(databases.map((database) => database.close()))
  const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []))
  if (reasons.length > 0) throw new AggregateError(reasons, 'not every database connection could be closed')
}
