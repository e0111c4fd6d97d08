// Proves on your machine that no charge or refund is made twice or lost, whatever is killed: `pnpm proof:charges --help`.
import { parseArgs } from 'node:util'
import { startOwnServer } from '../support/own-server.ts'
import { giveBack } from './giving-back.ts'
import { MOMENTS, MOMENTS_BACK, type Moment } from './moments.ts'
import { pay } from './paying.ts'
import { type StormOptions, storm } from './storm.ts'
import { judge } from './verdict.ts'

const USAGE = `Pays invoices through Stripe and PayPal, which are fakes that count, at two processes of invoicing, while these are killed at each step of
a charge, and the processors answer late, twice, never, wrongly or not at all; then compares the ledger with what the processors did. After
that once more with money that goes back: refunds asked for here and in dashboards, and disputes that are told, lost and won.

  npx -y pnpm@12 proof:charges [--jobs N] [--rounds R] [--clients C]

  --jobs N       invoices to be paid, in six ways, and as many whose money goes back, in ten (default 1000)
  --rounds R     how often a process is killed before and after each step (default 5)
  --clients C    clients that pay at the same time (default 8)`

function readArguments() {
  const { values } = parseArgs({
    // pnpm hands a separating `--` through.
    args: process.argv.slice(2).filter((arg) => arg !== '--'),
    options: {
      jobs: { type: 'string', default: '1000' },
      rounds: { type: 'string', default: '5' },
      clients: { type: 'string', default: '8' },
      help: { type: 'boolean', default: false },
    },
  })
  const count = (name: 'jobs' | 'rounds' | 'clients', min: number, max: number) => {
    const text = values[name]
    if (!/^[0-9]{1,9}$/.test(text) || Number(text) < min || Number(text) > max) {
      throw new RangeError(`--${name} must be from ${min} to ${max}`)
    }
    return Number(text)
  }
  return {
    help: values.help,
    jobs: count('jobs', 20, 1_000_000),
    rounds: count('rounds', 1, 1_000),
    clients: count('clients', 1, 64),
  }
}

/** One storm on a server of its own. @returns How many faults were found. */
async function prove(title: string, options: Omit<StormOptions, 'urls'>): Promise<number> {
  const { jobs, clients, strikes, log } = options
  console.log(`\n${title}: ${jobs} invoices by ${clients} clients at two processes, with ${strikes.length} kills\n`)
  const server = await startOwnServer(log)
  try {
    const urls = server.urls.invoicing
    const after = await storm({ ...options, urls })
    try {
      log('the storm is over, and the processes were started anew; waiting until nothing is open')
      const verdict = await judge(urls, after)
      const { ledger } = after
      console.log(`
  invoices                     ${ledger.invoices.length}
  charges                      ${verdict.charges}
  taken                        ${verdict.succeeded}
  refunds that have gone       ${verdict.sentBack}
  disputes                     ${ledger.disputes.length}
  events that were taken       ${ledger.taken.length}
  processes killed             ${strikes.length}
  mishaps at the processors    ${after.mishaps}
  connections broken           ${ledger.broken}
  answers that say: again      ${ledger.again}
  refused, as they should be   ${ledger.refused}
  clients that never came back ${ledger.gone}
  open when it was over        ${verdict.resolved}
  resolved in                  ${verdict.resolvedMs} ms
`)
      for (const fault of verdict.faults) console.log(`  FAULT  ${fault}`)
      return verdict.faults.length
    } finally {
      await after.stage.stop()
    }
  } finally {
    await server.destroy()
  }
}

async function main(): Promise<number> {
  const { help, jobs, rounds, clients } = readArguments()
  if (help) {
    console.log(USAGE)
    return 0
  }
  const startedAt = performance.now()
  const log = (line: string) =>
    console.log(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${line}`)
  const strikes = (moments: readonly Moment[]) => Array.from({ length: rounds }, () => moments).flat()
  const faults =
    (await prove('Charges', { jobs, clients, log, strikes: strikes(MOMENTS), job: pay })) +
    (await prove('Money back', { jobs, clients, log, strikes: strikes(MOMENTS_BACK), job: giveBack }))
  console.log(
    faults === 0
      ? 'Every charge and refund at a processor is in the ledger, once, and moved what it says; nothing is open any more.'
      : `\n${faults} faults.`,
  )
  return faults === 0 ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  const meant = error instanceof RangeError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')
  console.error(meant ? `${(error as Error).message}\n\n${USAGE}` : error)
  process.exitCode = 1
}
