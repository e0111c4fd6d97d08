import pg from 'pg'
import { quantile } from '../support/timing.ts'
import type { Round, RoundLimits, Supply } from './figure.ts'

/** A prepared statement with the values of one execution. */
export interface Statement {
  readonly name: string
  readonly text: string
  readonly values: readonly unknown[]
}

/** The bare side of a comparison: so many connections of the plain driver, and nothing around them. */
export interface RawClients {
  /**
   * Does one thing after the other on each connection, until the time is up or there are no more. A thing is one
   * statement, which is a transaction of its own, or a few in a row.
   */
  run(things: Supply<readonly Statement[]>, limits: RoundLimits): Promise<Round>
  close(): Promise<void>
}

/** @param url As the service's own role, so that the same rights are checked. */
export async function rawClients(url: string, connections: number): Promise<RawClients> {
  const clients = Array.from(
    { length: connections },
    () => new pg.Client({ connectionString: url, application_name: 'bench' }),
  )
  await Promise.all(clients.map((client) => client.connect()))
  return {
    async run(things, { seconds, most }) {
      const latencies: number[] = []
      const startedAt = performance.now()
      const endsAt = startedAt + seconds * 1_000
      let begun = 0
      const next = () => (begun < most && performance.now() < endsAt ? things.next() : undefined)
      await Promise.all(
        clients.map(async (client) => {
          for (let thing = next(); thing; thing = next()) {
            begun++
            const sentAt = performance.now()
            for (const statement of thing) await execute(client, statement)
            latencies.push(performance.now() - sentAt)
          }
        }),
      )
      const tookSeconds = (performance.now() - startedAt) / 1_000
      return { perSecond: latencies.length / tookSeconds, p99Ms: quantile(latencies, 0.99) }
    },
    async close() {
      await Promise.all(clients.map((client) => client.end()))
    },
  }
}

/** @throws {Error} It touched and returned no row: what does nothing is fast. */
async function execute(client: pg.Client, { name, text, values }: Statement): Promise<void> {
  const { rowCount } = await client.query({ name, text, values: [...values] })
  if (rowCount !== 1) throw new Error(`${name} did nothing`)
}
