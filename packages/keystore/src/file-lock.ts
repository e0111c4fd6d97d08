import { open, rm } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { KeystoreBusy } from './errors.ts'

const WAIT_MS = 50
/** Ten seconds: with a dear scrypt, changing a keystore takes four. */
const ATTEMPTS_MAX = 200

/**
 * Does something while no other process does something to the same file.
 *
 * The lock is a file beside it that only one process can create. A process that is killed leaves it behind, and no other one
 * can tell that safely from one that is slow or runs on another machine: then a person decides, and the error says how.
 *
 * @throws {KeystoreBusy} The lock was not free for ten seconds.
 */
export async function holdFile<T>(path: string, work: () => Promise<T>): Promise<T> {
  const lock = `${path}.lock`
  await take(lock, path)
  try {
    return await work()
  } finally {
    await rm(lock, { force: true })
  }
}

async function take(lock: string, path: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await (await open(lock, 'wx', 0o600)).close()
      return
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
      if (attempt >= ATTEMPTS_MAX) throw new KeystoreBusy(path, lock)
      await delay(WAIT_MS)
    }
  }
}
