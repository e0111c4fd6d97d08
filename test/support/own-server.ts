import { randomBytes } from 'node:crypto'
import { readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startEmbedded } from '@kontor/embedded-postgres'
import type { DatabaseUrls } from '@kontor/postgres'
import { makeTemplates } from './test-server.ts'

/** A database server that may be crashed, because nobody else uses it. */
export interface OwnServer {
  readonly urls: DatabaseUrls
  /**
   * Ends the server in the middle of whatever it does, and starts it again on what reached its log.
   *
   * @param signal SIGQUIT, unless given: the server ends its processes itself. SIGKILL ends all of them at once, as the system does
   *   when it runs out of memory.
   */
  crash(signal?: 'SIGQUIT' | 'SIGKILL'): Promise<void>
  destroy(): Promise<void>
}

/** A crashed server takes its processes with it within a second or two. */
const END_POLL_MS = 10

/**
 * Starts PostgreSQL with durable commits on a free port, which it keeps through its crashes, and migrates the databases.
 */
export async function startOwnServer(log: (line: string) => void): Promise<OwnServer> {
  // Throw-away, so that a later run sweeps what a killed one leaves; but with the durability that the proof is about.
  let server = await startEmbedded({ throwAway: true, settings: { fsync: 'on', full_page_writes: 'on' }, log })
  const dataFolder = dirname(dirname(server.dataDirectory))
  const { port, adminUrl } = server
  const destroy = async () => {
    await server.destroy()
    await rm(dataFolder, { recursive: true, force: true })
  }
  try {
    const password = () => ({
      owner: randomBytes(18).toString('base64url'),
      service: randomBytes(18).toString('base64url'),
    })
    const passwords = { vault: password(), keys: password(), invoicing: password() }
    const urls = await makeTemplates({ adminUrl, passwords, prefix: 'proof' })
    return {
      urls,
      destroy,
      async crash(signal = 'SIGQUIT') {
        const pid = Number((await readFile(join(server.dataDirectory, 'postmaster.pid'), 'utf8')).split('\n')[0])
        const pids = [pid, ...(signal === 'SIGKILL' ? await childrenOf(pid) : [])]
        for (const one of pids) if (isAlive(one)) process.kill(one, signal)
        while (pids.some(isAlive)) await pause(END_POLL_MS)
        server = await startEmbedded({ dataFolder, settings: { port: String(port) }, log })
      },
    }
  } catch (error) {
    await destroy()
    throw error
  }
}

/** Processes that a process has started; none where the system does not say so in /proc. */
async function childrenOf(pid: number): Promise<number[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  const parents = await Promise.all(
    pids.map(async (name) => {
      // The name of a program stands in parentheses, and may hold any character.
      const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '')
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
    }),
  )
  return pids.map(Number).filter((_, index) => parents[index] === pid)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
