import { readFile, readlink, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import { runTool } from './run-tool.ts'

/** What a running server writes about itself into its data folder. */
export interface Postmaster {
  readonly pid: number
  readonly port: number
  /** 'starting', 'ready', 'stopping', 'standby' */
  readonly status: string
}

/** How often a server is looked at while it starts. */
const POLL_MS = 20
/** A server fills its postmaster.pid within microseconds of making it. */
const STALE_AFTER_MS = 200

const pidFile = (dataDirectory: string): string => join(dataDirectory, 'postmaster.pid')

/** @returns undefined if no server wrote anything, or not yet everything. @see PostgreSQL, src/include/utils/pidfile.h */
export async function readPostmaster(dataDirectory: string): Promise<Postmaster | undefined> {
  const [pid = '', , , port = '', , , , status = ''] = ((await readPidFile(dataDirectory)) ?? '').split('\n')
  if (!/^\d+$/.test(pid)) return undefined
  return { pid: Number(pid), port: Number(port), status: status.trim() }
}

function readPidFile(dataDirectory: string): Promise<string | undefined> {
  return readFile(pidFile(dataDirectory), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

/**
 * Removes a postmaster.pid that no server stands behind; PostgreSQL itself refuses to start beside one that is empty (left by a
 * full disk) or whose number some other process now has.
 *
 * @returns Whether there was one.
 */
export async function removeStalePidFile(dataDirectory: string): Promise<boolean> {
  const before = await readPidFile(dataDirectory)
  if (before === undefined) return false
  // A server that another run is starting at this moment writes into the file: then it is not stale.
  await pause(STALE_AFTER_MS)
  if ((await readPidFile(dataDirectory)) !== before) return false
  await unlink(pidFile(dataDirectory))
  return true
}

/**
 * Whether the process behind a postmaster.pid is really the server of that data folder. After a restart of the machine, and in
 * a container nearly always, the number belongs to some other process.
 */
export async function isServerOf(dataDirectory: string, pid: number): Promise<boolean> {
  if (!isAlive(pid)) return false
  try {
    return (await readlink(`/proc/${pid}/cwd`)) === dataDirectory // the server's working folder is its data folder
  } catch {
    if (process.platform === 'linux') return false // somebody else's process
  }
  const command = await runTool('ps', ['-p', String(pid), '-o', 'command=']).catch(() => '')
  return command.includes('postgres')
}

/** Whether there is a process of that number, ours or somebody else's. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Whether a server lets `url` in and keeps its data in `dataDirectory`. */
export async function answers(url: string, dataDirectory: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, query_timeout: 5_000 })
  client.on('error', () => {}) // a server that goes away says so to `query` as well
  try {
    await client.connect()
    const { rows } = await client.query<{ folder: string }>("select current_setting('data_directory') as folder")
    return rows[0]?.folder === dataDirectory
  } catch {
    return false
  } finally {
    await client.end().catch(() => {})
  }
}

/**
 * Waits until a server is ready for connections, for as long as `alive` says that there is something to wait for: recovery
 * after a crash may take minutes.
 */
export async function untilReady(dataDirectory: string, alive: (found: Postmaster | undefined) => boolean) {
  for (;;) {
    const found = await readPostmaster(dataDirectory)
    if (found?.status === 'ready' && alive(found)) return found
    if (!alive(found)) return undefined
    await pause(POLL_MS)
  }
}
