// Runs the tests against a PostgreSQL of their own: `pnpm test`, or `pnpm test path/to/one.test.ts --match '*name*'`.
// With KONTOR_TEST_POSTGRES_URL (a superuser on a server that is only there for tests) it uses that server instead.
import { type ChildProcess, spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ENVIRONMENT, makeTemplates, openTestServer, REPOSITORY, type TestServer } from './test-server.ts'

/** Two cores are what a build machine has, and the tests that measure time share them with PostgreSQL. */
const FILES_AT_ONCE = 2

const ava = join(dirname(fileURLToPath(import.meta.resolve('ava'))), 'cli.js')

function runAva(server: TestServer, args: readonly string[]): { child: ChildProcess; ended: Promise<number> } {
  const chosen = args.some((arg) => /^(-c|--concurrency|--serial|-s)/.test(arg))
  const child = spawn(process.execPath, [ava, ...(chosen ? [] : [`--concurrency=${FILES_AT_ONCE}`]), ...args], {
    cwd: REPOSITORY,
    stdio: 'inherit',
    env: {
      // Every file loads the same sources into a thread of its own: what one has compiled, the others need not.
      NODE_COMPILE_CACHE: join(REPOSITORY, 'node_modules', '.cache', 'compiled'),
      ...process.env,
      [ENVIRONMENT.adminUrl]: server.adminUrl,
      [ENVIRONMENT.passwords]: JSON.stringify(server.passwords),
      [ENVIRONMENT.prefix]: server.prefix,
    },
  })
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 130)))
  })
  return { child, ended }
}

async function main(): Promise<number> {
  const startedAt = performance.now()
  let interrupted = false
  let running: ChildProcess | undefined
  // The server is stopped below whatever ends the run; a second signal would otherwise leave it behind.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      interrupted = true
      running?.kill(signal)
    })
  }
  const server = await openTestServer(process.env.KONTOR_TEST_POSTGRES_URL, (line) => console.error(line))
  process.once('uncaughtException', async (error) => {
    console.error(error)
    running?.kill()
    await server.close()
    process.exit(1)
  })
  let code = 1
  try {
    await makeTemplates(server)
    if (!interrupted) {
      const run = runAva(server, process.argv.slice(2))
      running = run.child
      code = await run.ended
    }
  } finally {
    await server.close()
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  if (interrupted) console.log(`Interrupted after ${seconds} s. The test database is stopped and removed.`)
  else if (code === 0) console.log(`All tests passed in ${seconds} s.`)
  else console.log(`Tests failed after ${seconds} s.`)
  return interrupted ? 130 : code
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof Error && error.name === 'CannotStart' ? error.message : error)
  process.exitCode = 1
}
