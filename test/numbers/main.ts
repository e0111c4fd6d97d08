// Proves on your machine that numbers have no gap and no duplicate, whatever is killed: `pnpm proof:numbers --help`.
import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { startOwnServer } from '../support/own-server.ts'
import { type Strike, storm } from './storm.ts'
import { judge } from './verdict.ts'

const USAGE = `Issues invoices at two processes of the invoicing service, over HTTP, while these and the database server are killed and drafts are
changed and dropped: by account and by issuer, for ever, by the year and by the month; then reads the books and says whether every number is there once.

  npx -y pnpm@12 proof:numbers [--documents N] [--rounds R] [--clients C] [--accounts A]

  --documents N   documents to be made, half of them on one account and half on A (default 2000)
  --rounds R      how often something is killed while they are made (default 12)
  --clients C     clients that work at the same time (default 16)
  --accounts A    accounts of the second half (default 200)`

/** What is struck, in turn. */
const STRIKES: readonly Strike[] = ['first', 'database', 'second', 'both', 'server']

function readArguments() {
  const { values } = parseArgs({
    // pnpm hands a separating `--` through.
    args: process.argv.slice(2).filter((arg) => arg !== '--'),
    options: {
      documents: { type: 'string', default: '2000' },
      rounds: { type: 'string', default: '12' },
      clients: { type: 'string', default: '16' },
      accounts: { type: 'string', default: '200' },
      help: { type: 'boolean', default: false },
    },
  })
  const count = (name: 'documents' | 'rounds' | 'clients' | 'accounts', min: number) => {
    const text = values[name]
    if (!/^[0-9]{1,9}$/.test(text) || Number(text) < min) throw new RangeError(`--${name} must be ${min} or more`)
    return Number(text)
  }
  return {
    help: values.help,
    documents: count('documents', 20),
    rounds: count('rounds', 2),
    clients: count('clients', 1),
    accounts: count('accounts', 1),
  }
}

async function main(): Promise<number> {
  const { help, documents, rounds, clients, accounts } = readArguments()
  if (help) {
    console.log(USAGE)
    return 0
  }
  const startedAt = performance.now()
  const seconds = () => `${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s`
  const log = (line: string) => console.log(`${seconds()}  ${line}`)
  const strikes = Array.from({ length: rounds }, (_, round) => STRIKES[round % STRIKES.length] as Strike)
  const half = rounds >> 1
  console.log(
    `${documents} documents by ${clients} clients at two processes, on one account and on ${accounts}, with ${rounds} strikes\n`,
  )
  const server = await startOwnServer(log)
  const { url, migrationUrl } = server.urls.invoicing
  try {
    const after = await storm(
      {
        databaseUrl: url,
        migrationUrl,
        crashDatabase: server.crash,
        clients,
        phases: [
          { accounts: 1, documents: documents >> 1, strikes: strikes.slice(0, half) },
          { accounts, documents: documents - (documents >> 1), strikes: strikes.slice(half) },
        ],
        log,
      },
      { INVOICING_SECRET: randomBytes(32).toString('hex'), VAULT_URL: 'http://127.0.0.1:9', LOG_LEVEL: 'warn' },
    )
    try {
      log('the storm is over; reading the books')
      const verdict = await judge(migrationUrl, after)
      const { tally, outcome } = after
      console.log(`
  documents settled            ${after.documents}
  invoices acknowledged        ${outcome.invoices.length}
  quotes acknowledged          ${outcome.quotes.length}
  orders refused               ${outcome.unmade}
  drafts left as they are      ${outcome.refusedDrafts.length}
  drafts dropped               ${outcome.dropped.length}
  drafts changed meanwhile     ${after.changed}
  refused, as they should be   ${tally.refused}
  rounds                       ${strikes.length}
  processes killed             ${after.kills}
  crashes of the database      ${strikes.filter((what) => what === 'database' || what === 'server').length}
  connections broken           ${tally.broken}
  answers 503 and 504          ${tally.unavailable}
  lost answers found again     ${tally.replayed}
  series                       ${verdict.series}
  numbers                      ${verdict.numbers}
`)
      for (const fault of verdict.faults) console.log(`  FAULT  ${fault}`)
      console.log(
        verdict.faults.length === 0
          ? 'Every series is complete: from its first number to its last, none missing, none twice, no date going back, and every acknowledged document is there under its number.'
          : `\n${verdict.faults.length} faults.`,
      )
      return verdict.faults.length === 0 ? 0 : 1
    } finally {
      await after.stop()
    }
  } finally {
    await server.destroy()
  }
}

try {
  process.exitCode = await main()
} catch (error) {
  const meant = error instanceof RangeError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')
  console.error(meant ? `${(error as Error).message}\n\n${USAGE}` : error)
  process.exitCode = 1
}
