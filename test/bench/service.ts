import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { REPOSITORY } from '../support/test-server.ts'

/** A service that runs as a process of its own. */
export interface Service {
  readonly port: number
  /** Asks it to finish, and waits until it has. */
  stop(): Promise<void>
}

/**
 * Starts a service as an operator would, and waits until it listens on a port that it chose itself. It logs as it does by
 * default, a line for each request, into nothing: what a log costs its writer is part of what is measured.
 *
 * @param folder Under `services/`.
 * @param profileFolder Where V8's CPU profile of the service goes when it ends; none is made without.
 * @param main Another program than the service's own.
 */
export async function startService(
  folder: string,
  environment: Readonly<Record<string, string>>,
  profileFolder: string | undefined,
  main = join(REPOSITORY, 'services', folder, 'src', 'main.ts'),
): Promise<Service> {
  const options = profileFolder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileFolder}`]
  const child = spawn(process.execPath, [...options, main], {
    cwd: REPOSITORY,
    env: environment,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const url = await listening(child, folder)
  return { port: Number(new URL(url).port), stop: () => stop(child) }
}

function listening(child: ChildProcess, folder: string): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`services/${folder} ended before it listened`)))
    child.on('message', (message: { listening?: unknown }) => {
      if (typeof message.listening === 'string') resolve(message.listening)
    })
  })
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}
