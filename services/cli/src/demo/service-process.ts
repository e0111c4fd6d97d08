import { type ChildProcess, spawn } from 'node:child_process'
import { open, readFile, stat } from 'node:fs/promises'
import { Sentence } from '../sentence.ts'

/** A service that runs as a process of its own. */
export interface ServiceProcess {
  readonly url: string
  /** Settles when the process has ended without having been asked to, with the sentence to say. */
  readonly died: Promise<Sentence>
  /** Lets it finish what it accepted. May be called again. */
  stop(): Promise<void>
  /** Ends it at once. */
  kill(): void
}

export interface ServiceCommand {
  readonly name: 'vault' | 'invoicing'
  readonly mainFile: string
  /** The whole environment of the process: nothing of ours is handed on unasked. */
  readonly env: Readonly<Record<string, string>>
  readonly logFile: string
}

/** Somebody else took the port after it was found free. */
export class PortTaken extends Sentence {
  constructor(service: string) {
    super(`The port of the ${service} service is taken: try again, or choose another by ${service.toUpperCase()}_PORT.`)
  }
}

const START_TIMEOUT_MS = 30_000
const STOP_TIMEOUT_MS = 10_000

/**
 * Starts a service and waits until it listens.
 *
 * It gets a session of its own, so that Ctrl-C in the terminal reaches the launcher alone and the services end in order; and a
 * channel to the launcher, on whose end it stops by itself, so that a killed launcher leaves nothing behind.
 *
 * @throws {Sentence} It does not come up.
 */
export async function startService(command: ServiceCommand): Promise<ServiceProcess> {
  const { name, mainFile, env, logFile } = command
  const log = await open(logFile, 'a', 0o600)
  const logStart = (await stat(logFile)).size
  let child: ChildProcess
  try {
    child = spawn(process.execPath, [mainFile], { env, detached: true, stdio: ['ignore', log.fd, log.fd, 'ipc'] })
  } finally {
    await log.close()
  }
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  let asked = false
  const kill = () => {
    asked = true
    child.kill('SIGKILL')
  }
  const url = await untilListening(child, ended)
  if (url === undefined) {
    kill()
    await ended
    const reason = lastWords(await readFile(logFile, 'utf8'), logStart)
    if (reason !== undefined && /\bport\b.*\btaken\b/i.test(reason)) throw new PortTaken(name)
    throw new Sentence(
      `The ${name} service could not be started: ${reason ?? 'it gave no reason'}; its log is ${logFile}.`,
    )
  }
  let stopping: Promise<void> | undefined
  return {
    url,
    kill,
    died: ended.then(async () => {
      if (asked) return new Promise<Sentence>(() => {})
      return new Sentence(`The ${name} service stopped unexpectedly; its log is ${logFile}.`)
    }),
    stop() {
      asked = true
      stopping ??= stopInTime(child, ended)
      return stopping
    },
  }
}

/** @returns The URL that the service reports; `undefined` when it ended or took too long. */
function untilListening(child: ChildProcess, ended: Promise<void>): Promise<string | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), START_TIMEOUT_MS)
    const settle = (url: string | undefined) => {
      clearTimeout(timer)
      resolve(url)
    }
    child.on('message', (message) => {
      if (message !== null && typeof message === 'object' && 'listening' in message) settle(String(message.listening))
    })
    void ended.then(() => settle(undefined))
  })
}

async function stopInTime(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await ended
  clearTimeout(timer)
}

/** What the service said when it gave up: its own sentence, else the first line of a stack trace. */
function lastWords(log: string, from: number): string | undefined {
  const lines = Buffer.from(log).subarray(from).toString('utf8').split('\n')
  const words =
    lines.findLast((line) => / cannot start: /.test(line)) ?? lines.find((line) => /^\w*Error\b.*: /.test(line))
  return words?.replace(/^.* cannot start: /, '').replace(/\.$/, '')
}
