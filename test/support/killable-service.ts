import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { compiled } from './compiled.ts'
import { REPOSITORY } from './test-server.ts'

/** A service that has not said by then where it listens is not going to. */
const START_TIMEOUT_MS = 60_000

/** One process of a service, as an operator would run it, that can be killed and started again. */
export interface KillableService {
  readonly name: string
  /** Where it listens; after a kill the address of the dead one, until the next has said its own. */
  url(): string
  /** Everything that its processes wrote so far, to both streams. */
  log(): string
  /** Ends it as a power cut would: no handler runs. */
  kill(): Promise<void>
  start(): Promise<void>
  /** Lets it finish what it accepted. */
  stop(): Promise<void>
}

/**
 * Starts a service on a free port.
 *
 * @param name What this process of it is called in reports.
 * @param environment What the service reads; the address to listen on is added.
 */
export async function startKillable(
  service: 'invoicing' | 'vault',
  name: string,
  environment: Readonly<Record<string, string>>,
): Promise<KillableService> {
  const written: string[] = []
  let url = ''
  let child: ChildProcess | undefined

  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    const ending = child
    child = undefined
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return
    const ended = new Promise((resolve) => ending.once('close', resolve))
    ending.kill(signal)
    await ended
  }
  const process_: KillableService = {
    name,
    url: () => url,
    log: () => written.join(''),
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    async start() {
      const started = spawn(process.execPath, [join(REPOSITORY, 'services', service, 'src/main.ts')], {
        env: {
          ...compiled(),
          PATH: process.env.PATH ?? '',
          ...environment,
          [`${service.toUpperCase()}_LISTEN`]: '127.0.0.1:0',
        },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      })
      child = started
      for (const stream of [started.stdout, started.stderr]) {
        stream?.setEncoding('utf8').on('data', (text: string) => written.push(text))
      }
      url = await listeningUrl(started).catch((error) => {
        started.kill('SIGKILL')
        throw new Error(`${name} did not start: ${written.slice(-5).join('')}`, { cause: error })
      })
    },
  }
  await process_.start()
  return process_
}

function listeningUrl(started: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const overdue = setTimeout(() => reject(new Error('it took too long')), START_TIMEOUT_MS)
    started.on('message', (message: { listening?: string }) => {
      if (message.listening) resolve(message.listening)
    })
    started.once('error', reject)
    started.once('exit', (code, signal) => reject(new Error(`it ended with ${code ?? signal}`)))
    started.once('close', () => clearTimeout(overdue))
    started.once('message', () => clearTimeout(overdue))
  })
}
