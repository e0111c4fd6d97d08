import { setTimeout as pause } from 'node:timers/promises'
import { type Client, newClient, newTally, type Tally } from './client.ts'
import { startInvoicing } from './invoicing-process.ts'
import { doJob, type Job, type Outcome } from './job.ts'
import { makeTenant } from './tenant.ts'

/** What is struck in the middle of a round. */
export type Strike = 'first' | 'second' | 'both' | 'database'

export interface StormOptions {
  readonly databaseUrl: string
  readonly migrationUrl: string
  /** Which accounts the documents of each phase are for, and what is struck while they are made. */
  readonly phases: readonly {
    readonly accounts: number
    readonly documents: number
    readonly strikes: readonly Strike[]
  }[]
  readonly clients: number
  /** Ends the database server without warning and starts it again; needed for strikes on the database. */
  crashDatabase?(): Promise<void>
  log(line: string): void
}

/** What is left when it is over: two living processes, and what the clients were told. */
export interface AfterStorm {
  readonly client: Client
  readonly tally: Tally
  readonly outcome: Outcome
  readonly documents: number
  /** How often a process was killed. */
  readonly kills: number
  /** Everything that the processes wrote so far. */
  log(): string
  stop(): Promise<void>
}

const ISSUER = {
  name: 'Muster AG',
  vat_id: 'CHE-123.456.788 MWST',
  address: { street: 'Bahnhofstrasse 1', postal_code: '8001', city: 'Zürich', country: 'CH' },
}
const ACCOUNT = {
  kind: 'company',
  name: 'Beispiel GmbH',
  billing_address: { street: 'Hauptstraße 5', postal_code: '79098', city: 'Freiburg', country: 'DE' },
}

/**
 * Lets clients issue at two processes of the service while these, or the database, are killed and started again.
 *
 * Every phase is cut into as many rounds as it has strikes. A round's strike comes when half of its documents are settled, so
 * that there is always work in flight; the other half is done while what was struck comes back.
 *
 * @param environment What the service reads besides the addresses.
 */
export async function storm(options: StormOptions, environment: Readonly<Record<string, string>>): Promise<AfterStorm> {
  const { log } = options
  const apiKey = await makeTenant(options.migrationUrl)
  const env = { ...environment, INVOICING_DATABASE_URL: options.databaseUrl }
  const processes = await Promise.all(['first', 'second'].map((name) => startInvoicing(name, env)))
  const tally = newTally()
  const failed = new AbortController()
  const client = newClient(
    processes.map(({ url }) => url),
    apiKey,
    tally,
    failed.signal,
  )
  const stop = async () => {
    await Promise.all(processes.map((one) => one.stop()))
  }
  const outcome: Outcome = { invoices: [], quotes: [], refusedDrafts: [] }
  let documents = 0
  let kills = 0

  async function strike(what: Strike): Promise<void> {
    if (what === 'database') {
      await options.crashDatabase?.()
      return
    }
    const struck = processes.filter(({ name }) => what === 'both' || name === what)
    kills += struck.length
    await Promise.all(struck.map((one) => one.kill()))
    await Promise.all(struck.map((one) => one.start()))
  }

  try {
    const issuer = await client.send(0, 'POST', '/v1/issuers', ISSUER, 'numbers-issuer')
    for (const phase of options.phases) {
      const accounts: string[] = []
      const from = documents
      await inParallel(options.clients, phase.accounts, async (n) => {
        const account = await client.send(n, 'POST', '/v1/accounts', ACCOUNT, `numbers-account-${from}-${n}`)
        accounts.push(account.body.id)
      })
      for (const [round, what] of phase.strikes.entries()) {
        const until = from + Math.round((phase.documents * (round + 1)) / phase.strikes.length)
        const half = (until - documents) >> 1
        const first = documents
        let settled = 0
        let striking: Promise<void> | undefined
        await inParallel(options.clients, until - first, async (n) => {
          const index = first + n
          const accountId = accounts[index % accounts.length] as string
          const job: Job = { index, accountId, issuerId: issuer.body.id }
          await doJob(client, job, 'numbers', tally, outcome)
          // A few milliseconds, other ones in each round, meet the requests at different points of their way.
          if (++settled !== half) return
          striking = pause(round % 5)
            .then(() => strike(what))
            .catch((error) => failed.abort(error))
        })
        await striking
        failed.signal.throwIfAborted()
        documents = until
        log(`${documents} documents settled; struck: ${describe(what)}; ${tally.broken} connections broken so far`)
      }
    }
    const written = () => processes.map((one) => one.log()).join('')
    return { client, tally, outcome, documents, kills, log: written, stop }
  } catch (error) {
    failed.abort(error)
    await Promise.all(processes.map((one) => one.kill()))
    throw error
  }
}

const describe = (what: Strike) =>
  what === 'database' ? 'the database server' : what === 'both' ? 'both processes' : `the ${what} process`

/** Does `work` for 0 … count - 1, `workers` at a time. */
async function inParallel(workers: number, count: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: Math.min(workers, count) }, async () => {
      while (next < count) await work(next++)
    }),
  )
}
