// Proves on your machine that the vault keeps what it acknowledged, whatever is killed: `pnpm proof:vault --help`.
import { parseArgs } from 'node:util'
import { startOwnServer } from '../support/own-server.ts'
import { type AfterStorm, type Strike, storm } from './storm.ts'
import { judge, type Verdict } from './verdict.ts'

const USAGE = `Tokenizes, reveals, changes, attaches, deletes and erases at two processes of the vault, over HTTP, while these and the database server are
killed; then opens every token and says whether each is there once and as it was sent.

  npx -y pnpm@12 proof:vault [--tokens N] [--rounds R] [--clients C] [--accounts A]

  --tokens N     instruments to be stored, a third of them for guests (default 4000)
  --rounds R     how often something is killed while they are (default 20)
  --clients C    clients that work at the same time (default 16)
  --accounts A   accounts that the other instruments are for (default 40)`

/** What is struck, in turn. */
const STRIKES: readonly Strike[] = ['first', 'database', 'second', 'both', 'everything']

function readArguments() {
  const { values } = parseArgs({
    // pnpm hands a separating `--` through.
    args: process.argv.slice(2).filter((arg) => arg !== '--'),
    options: {
      tokens: { type: 'string', default: '4000' },
      rounds: { type: 'string', default: '20' },
      clients: { type: 'string', default: '16' },
      accounts: { type: 'string', default: '40' },
      help: { type: 'boolean', default: false },
    },
  })
  const count = (name: 'tokens' | 'rounds' | 'clients' | 'accounts', min: number, max: number) => {
    const text = values[name]
    if (!/^[0-9]{1,9}$/.test(text) || Number(text) < min || Number(text) > max) {
      throw new RangeError(`--${name} must be from ${min} to ${max}`)
    }
    return Number(text)
  }
  return {
    help: values.help,
    tokens: count('tokens', 40, 1_000_000),
    rounds: count('rounds', 1, 1_000),
    clients: count('clients', 1, 256),
    accounts: count('accounts', 1, 10_000),
  }
}

async function main(): Promise<number> {
  const { help, tokens, rounds, clients, accounts } = readArguments()
  if (help) {
    console.log(USAGE)
    return 0
  }
  const startedAt = performance.now()
  const log = (line: string) =>
    console.log(`${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${line}`)
  const strikes = Array.from({ length: rounds }, (_, round) => STRIKES[round % STRIKES.length] as Strike)
  console.log(`${tokens} instruments by ${clients} clients at two processes, with ${rounds} strikes\n`)
  const server = await startOwnServer(log)
  try {
    const { urls, crash: crashDatabase } = server
    const after = await storm({ urls, tokens, strikes, clients, accounts, crashDatabase, log })
    try {
      log('the storm is over, and the processes were started anew; opening every token')
      const verdict = await judge(urls, after)
      print(after, verdict)
      return verdict.faults.length === 0 ? 0 : 1
    } finally {
      await after.stop()
    }
  } finally {
    await server.destroy()
  }
}

function print({ tally, ledger, tokens, kills, crashes }: AfterStorm, verdict: Verdict): void {
  console.log(`
  instruments settled          ${tokens}
  tokens acknowledged          ${ledger.stored.length}
  opened, as they were sent    ${verdict.opened}
  gone, and nothing left       ${verdict.gone}
  reveals acknowledged         ${ledger.reveals}
  refused, as they should be   ${tally.refused}
  processes killed             ${kills}
  crashes of the database      ${crashes}
  connections broken           ${tally.broken}
  answers 503 and 504          ${tally.unavailable}
  lost answers found again     ${tally.replayed}
  events                       ${verdict.events}
  keys that open nothing       ${verdict.keysWithoutRecord}
`)
  for (const fault of verdict.faults) console.log(`  FAULT  ${fault}`)
  console.log(
    verdict.faults.length === 0
      ? 'Every acknowledged token opens with what was sent, none is doubled, of what is gone nothing is left, and every event is there.'
      : `\n${verdict.faults.length} faults.`,
  )
}

try {
  process.exitCode = await main()
} catch (error) {
  const meant = error instanceof RangeError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')
  console.error(meant ? `${(error as Error).message}\n\n${USAGE}` : error)
  process.exitCode = 1
}
