import { setTimeout as pause } from 'node:timers/promises'
import { inParallel } from '../support/in-parallel.ts'
import { startKillable } from '../support/killable-service.ts'
import { newTally, type PatientClient, patientClient, type Tally } from '../support/patient-client.ts'
import { makeIssuers } from './issuers.ts'
import { doJob, type Job, type Outcome } from './job.ts'
import { meddle } from './meddler.ts'
import { makeTenant } from './tenant.ts'

/** What is struck in the middle of a round: the database by a crash of its own, the server by the system, all at once. */
export type Strike = 'first' | 'second' | 'both' | 'database' | 'server'

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
  crashDatabase?(signal: 'SIGQUIT' | 'SIGKILL'): Promise<void>
  log(line: string): void
}

/** What is left when it is over: two living processes, and what the clients were told. */
export interface AfterStorm {
  readonly client: PatientClient
  readonly tally: Tally
  readonly outcome: Outcome
  readonly documents: number
  /** How often a process was killed. */
  readonly kills: number
  /** How often somebody changed a draft beside the service. */
  readonly changed: number
  /** Everything that the processes wrote so far. */
  log(): string
  stop(): Promise<void>
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
  const processes = await Promise.all(['first', 'second'].map((name) => startKillable('invoicing', name, env)))
  const tally = newTally()
  const failed = new AbortController()
  const client = patientClient(
    processes.map(({ url }) => url),
    apiKey,
    tally,
    failed.signal,
  )
  const stop = async () => {
    await Promise.all(processes.map((one) => one.stop()))
  }
  const outcome: Outcome = { invoices: [], quotes: [], refusedDrafts: [], dropped: [], unmade: 0 }
  let documents = 0
  let kills = 0

  async function strike(what: Strike): Promise<void> {
    if (what === 'database' || what === 'server') {
      await options.crashDatabase?.(what === 'database' ? 'SIGQUIT' : 'SIGKILL')
      return
    }
    const struck = processes.filter(({ name }) => what === 'both' || name === what)
    kills += struck.length
    await Promise.all(struck.map((one) => one.kill()))
    await Promise.all(struck.map((one) => one.start()))
  }

  const meddler = meddle(options.migrationUrl)
  try {
    const issuers = await makeIssuers(client)
    for (const phase of options.phases) {
      const accounts: string[] = []
      const from = documents
      await inParallel(options.clients, phase.accounts, async (n) => {
        const key = { 'idempotency-key': `numbers-account-${from}-${n}` }
        const account = await client.send(n, 'POST', '/v1/accounts', ACCOUNT, key)
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
          // Sixteen jobs of each kind of series in turn, so that every job meets every one of them.
          const issuerId = issuers[Math.floor(index / 16) % issuers.length] as string
          const job: Job = { index, accountId, issuerId }
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
    return { client, tally, outcome, documents, kills, changed: await meddler.stop(), log: written, stop }
  } catch (error) {
    failed.abort(error)
    await meddler.stop()
    await Promise.all(processes.map((one) => one.kill()))
    throw error
  }
}

const describe = (what: Strike) =>
  what === 'database' || what === 'server'
    ? 'the database server'
    : what === 'both'
      ? 'both processes'
      : `the ${what} process`
