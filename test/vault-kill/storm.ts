import { randomInt } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { inParallel } from '../support/in-parallel.ts'
import { startKillable } from '../support/killable-service.ts'
import { newTally, patientClient, type Tally } from '../support/patient-client.ts'
import { doJob } from './job.ts'
import { Ledger } from './ledger.ts'
import { setStage, type VaultUrls } from './stage.ts'

/** What is struck in the middle of a round. */
export type Strike = 'first' | 'second' | 'both' | 'database' | 'everything'

export interface StormOptions {
  readonly urls: VaultUrls
  readonly tokens: number
  /** One for each round. */
  readonly strikes: readonly Strike[]
  readonly clients: number
  readonly accounts: number
  /** Ends the database server without warning and starts it again. */
  crashDatabase(): Promise<void>
  log(line: string): void
}

/** What is left when it is over: two processes that were started again, and what the clients were told. */
export interface AfterStorm {
  readonly tally: Tally
  readonly ledger: Ledger
  readonly tokens: number
  /** How often a process was killed, and how often the server crashed. */
  readonly kills: number
  readonly crashes: number
  readonly apiKey: string
  /** Where the processes listen. */
  readonly urls: readonly string[]
  /** Everything that the processes wrote so far. */
  log(): string
  stop(): Promise<void>
}

/** A strike waits up to so long after its job was settled, so that it meets requests at any point of their way. */
const WAIT_MAX_MS = 12

/**
 * Lets clients do their jobs at two processes of the vault while these, or the database, are killed and started
 * again. A round's strike comes after a random one of its jobs, so that most of the time there is work in flight.
 */
export async function storm(options: StormOptions): Promise<AfterStorm> {
  const { log, strikes, clients } = options
  const stage = await setStage(options.urls, options.accounts)
  const started = await Promise.allSettled(
    ['first', 'second'].map((name) => startKillable('vault', name, stage.environment)),
  )
  const processes = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const end = async (how: 'kill' | 'stop') => {
    await Promise.all(processes.map((one) => one[how]()))
    await stage.close()
  }
  const tally = newTally()
  const ledger = new Ledger()
  const failed = new AbortController()
  let kills = 0
  let crashes = 0

  async function strike(what: Strike): Promise<void> {
    const struck = processes.filter(({ name }) => what === 'both' || what === 'everything' || name === what)
    const withDatabase = what === 'database' || what === 'everything'
    kills += struck.length
    crashes += withDatabase ? 1 : 0
    await Promise.all([...struck.map((one) => one.kill()), ...(withDatabase ? [options.crashDatabase()] : [])])
    await Promise.all(struck.map((one) => one.start()))
  }

  try {
    const broken = started.find((one) => one.status === 'rejected')
    if (broken) throw broken.reason
    const client = patientClient(
      processes.map(({ url }) => url),
      stage.apiKey,
      tally,
      failed.signal,
    )
    const work = { client, tally, ledger, accounts: stage.accounts, newAccount: stage.newAccount }
    let done = 0
    for (const [round, what] of strikes.entries()) {
      const until = Math.round((options.tokens * (round + 1)) / strikes.length)
      const first = done
      const fatal = randomInt(Math.max(1, (until - first) >> 1)) + ((until - first) >> 2)
      let settled = 0
      let striking: Promise<void> | undefined
      await inParallel(clients, until - first, async (n) => {
        await doJob(work, first + n)
        if (settled++ !== fatal) return
        striking = pause(randomInt(WAIT_MAX_MS))
          .then(() => strike(what))
          .catch((error) => failed.abort(error))
      })
      await striking
      failed.signal.throwIfAborted()
      done = until
      log(`${done} instruments settled; struck: ${IN_WORDS[what]}; ${tally.broken} connections broken so far`)
    }
    // What a process remembers must not help the verdict.
    await Promise.all(processes.map((one) => one.kill()))
    await Promise.all(processes.map((one) => one.start()))
    return {
      tally,
      ledger,
      tokens: done,
      kills,
      crashes,
      apiKey: stage.apiKey,
      urls: processes.map(({ url }) => url()),
      log: () => processes.map((one) => one.log()).join(''),
      stop: () => end('stop'),
    }
  } catch (error) {
    failed.abort(error)
    await end('kill')
    throw error
  }
}

const IN_WORDS: Readonly<Record<Strike, string>> = {
  first: 'the first process',
  second: 'the second process',
  both: 'both processes',
  database: 'the database server',
  everything: 'both processes and the database server',
}
