// Compares the vault with a model of it, on your machine, for as many runs as you like: `pnpm proof:vault-model --help`.
import { parseArgs } from 'node:util'
import { ENVIRONMENT, makeTemplates, openTestServer } from '../../../../test/support/test-server.ts'
import { testVault } from '../test-vault.ts'
import { compareWithModel } from './run.ts'

const USAGE = `Sends random requests, up to three at once, to two instances of the vault over one PostgreSQL, and looks each time whether
one request after the other could have been answered so.

  npx -y pnpm@12 proof:vault-model [--runs N] [--commands C] [--seed S]

  --runs N       runs, each for a tenant of its own (default 500)
  --commands C   commands in a run at most (default 15)
  --seed S       of an earlier failure: the same commands again`

function readArguments() {
  const { values } = parseArgs({
    // pnpm hands a separating `--` through.
    args: process.argv.slice(2).filter((arg) => arg !== '--'),
    options: {
      runs: { type: 'string', default: '500' },
      commands: { type: 'string', default: '15' },
      seed: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  const { runs, commands, seed, help } = values
  for (const [name, text, max] of [
    ['runs', runs, 1_000_000],
    ['commands', commands, 100],
  ] as const) {
    if (!/^[1-9][0-9]{0,6}$/.test(text) || Number(text) > max)
      throw new RangeError(`--${name} must be from 1 to ${max}`)
  }
  if (seed !== undefined && !/^-?[0-9]{1,10}$/.test(seed)) throw new RangeError('--seed must be a whole number')
  return {
    help,
    runs: Number(runs),
    maxCommands: Number(commands),
    ...(seed === undefined ? {} : { seed: Number(seed) }),
  }
}

async function main(): Promise<number> {
  const { help, ...options } = readArguments()
  if (help) {
    console.log(USAGE)
    return 0
  }
  const server = await openTestServer(undefined, (line) => console.log(line))
  try {
    await makeTemplates(server)
    // By these names a test finds the server that its runner started.
    process.env[ENVIRONMENT.adminUrl] = server.adminUrl
    process.env[ENVIRONMENT.passwords] = JSON.stringify(server.passwords)
    process.env[ENVIRONMENT.prefix] = server.prefix
    const vault = await testVault()
    try {
      await compareWithModel(vault, options)
      console.log(`In ${options.runs} runs the vault answered as its model does.`)
      return 0
    } catch (error) {
      console.log((error as Error).message)
      const { cause } = error as { cause?: Error }
      if (cause) console.log(cause.message)
      return 1
    } finally {
      await vault.close()
    }
  } finally {
    await server.close()
  }
}

try {
  process.exitCode = await main()
} catch (error) {
  const meant = error instanceof RangeError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')
  console.error(meant ? `${(error as Error).message}\n\n${USAGE}` : error)
  process.exitCode = 1
}
