import { randomInt } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Mishap } from '@kontor/processors/testing'
import { newTally, patientClient } from '../support/patient-client.ts'
import { processorOf, type Work } from './asking.ts'
import { type Ledger, newLedger } from './ledger.ts'
import type { Moment } from './moments.ts'
import { type Stage, type StageUrls, setStage } from './stage.ts'

export interface StormOptions {
  readonly urls: StageUrls
  /** Jobs at the least: work goes on until each strike has struck. */
  readonly jobs: number
  /** When a process is ended, one after another. */
  readonly strikes: readonly Moment[]
  readonly clients: number
  /** What is done again and again: one customer's doings. */
  job(work: Work, index: number): Promise<void>
  log(line: string): void
}

export interface AfterStorm {
  readonly stage: Stage
  readonly ledger: Ledger
  readonly jobs: number
  readonly mishaps: number
  log(): string
}

const ACCOUNT = {
  kind: 'company',
  name: 'Beispiel GmbH',
  billing_address: { street: 'Hauptstraße 5', postal_code: '79098', city: 'Freiburg', country: 'DE' },
}
const ISSUER = {
  name: 'Muster AG',
  vat_id: 'CHE-123.456.788 MWST',
  address: { street: 'Bahnhofstrasse 1', postal_code: '8001', city: 'Zürich', country: 'CH' },
}
const ACCOUNTS = 12

/** What goes wrong at a processor. One of them says nothing at all, which takes until a time-out. */
const MISHAPS: readonly Mishap[] = [
  { late: 200 },
  'twice',
  'reset before',
  'reset after',
  'garbage',
  'not json',
  { status: 409 },
  { status: 429 },
  { status: 500 },
  { bare: 502 },
  'lost in 500',
  'unknown type',
]
const WAIT_MS = 20
const UNEXPECTED_MAX = 100
/** Jobs between two that meet trouble, and between two requests that a processor never answers. */
const TROUBLE_EVERY = 3
const SILENCE_EVERY = 60

/**
 * Lets clients do their jobs at two processes of invoicing, while these are ended at each step that money takes, and both processors answer
 * late, twice, never, wrongly or not at all. Afterwards the processors behave, and both processes were started anew.
 */
export async function storm(options: StormOptions): Promise<AfterStorm> {
  const { clients, log } = options
  const stage = await setStage(options.urls)
  const failed = new AbortController()
  const ledger = newLedger()
  const tally = newTally()
  let mishaps = 0
  try {
    const urls = stage.processes.map(({ service }) => service.url)
    const client = patientClient(urls, stage.apiKey, tally, failed.signal)
    const issuer = await client.send(0, 'POST', '/v1/issuers', ISSUER, { 'idempotency-key': 'charge-kill-issuer' })
    const accounts: string[] = []
    for (let n = 0; n < ACCOUNTS; n++) {
      const key = { 'idempotency-key': `charge-kill-account-${n}` }
      accounts.push((await client.send(n, 'POST', '/v1/accounts', ACCOUNT, key)).body.id)
    }
    const trouble = (index: number) => {
      if (index % TROUBLE_EVERY !== TROUBLE_EVERY - 1) return
      const what = index % SILENCE_EVERY === SILENCE_EVERY - 1 ? 'silence' : MISHAPS[randomInt(MISHAPS.length)]
      stage.processors.mishap(processorOf(index), what as Mishap)
      mishaps++
    }
    const issuerId = issuer.body.id as string
    const work: Work = { stage, client, ledger, issuerId, accounts, signal: failed.signal, trouble }

    let struck = 0
    const striking = (async () => {
      for (const moment of options.strikes) {
        failed.signal.throwIfAborted()
        await Promise.race([stage.strikeAt(moment), whenAborted(failed.signal)])
        struck++
        log(`${struck} of ${options.strikes.length}: ended ${moment}; ${ledger.invoices.length} invoices so far`)
      }
    })().catch((error) => failed.abort(error))

    let next = 0
    await Promise.all(
      Array.from({ length: clients }, async () => {
        while (next < options.jobs || struck < options.strikes.length) {
          failed.signal.throwIfAborted()
          // Where nothing goes as it should, no moment ever comes that is waited for.
          if (ledger.unexpected.length > UNEXPECTED_MAX) throw new Error(ledger.unexpected.slice(0, 5).join('; '))
          // Beyond what was asked for, only as much is done as the next strike needs.
          if (next >= options.jobs && stage.processes.some(({ isUp }) => !isUp())) {
            await pause(WAIT_MS)
            continue
          }
          await options.job(work, next++)
        }
      }),
    ).catch((error) => {
      failed.abort(error)
      throw error
    })
    await striking
    failed.signal.throwIfAborted()
    ledger.unexpected.push(...tally.unexpected)
    stage.processors.behave()
    await stage.strikeBoth()
    await Promise.all(stage.processes.map(({ service }) => service.start()))
    return {
      stage,
      ledger,
      jobs: next,
      mishaps,
      log: () => stage.processes.map(({ service }) => service.log()).join(''),
    }
  } catch (error) {
    failed.abort(error)
    await stage.kill()
    throw error
  }
}

const whenAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
