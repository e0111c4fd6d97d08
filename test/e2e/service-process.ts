import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { compiled } from '../support/compiled.ts'

/**
 * Starts a service as an operator would, with IPC, by which it says where it listens.
 *
 * @returns Its base URL. The process ends with the test.
 * @throws {Error} With what it wrote, when it ends without listening.
 */
export async function serviceProcess(
  t: { teardown(undo: () => Promise<void>): void },
  main: string,
  env: Readonly<Record<string, string>>,
): Promise<{ url: string }> {
  const child = spawn(process.execPath, [main], {
    env: { ...compiled(), PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let written = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    written += text
  })
  const ended = once(child, 'close')
  t.teardown(async () => {
    child.kill('SIGTERM')
    await ended
  })
  return Promise.race([
    once(child, 'message').then(([message]) => ({ url: (message as { listening: string }).listening })),
    ended.then(() => {
      throw new Error(written)
    }),
  ])
}
