import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { open, readFile, rename } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import type { Binaries } from './binaries.ts'
import { cannotStart } from './cannot-start.ts'
import { ADMIN, type Cluster } from './cluster.ts'
import { answers, isAlive, isServerOf, readPostmaster, removeStalePidFile, untilReady } from './postmaster.ts'
import { childOptions, runTool, type ServerUser, ToolFailed } from './run-tool.ts'

/** A superuser's URL. */
export const adminUrl = (cluster: Cluster, port: number) =>
  `postgresql://${ADMIN}:${encodeURIComponent(cluster.password)}@127.0.0.1:${port}/postgres`

export interface Listening {
  readonly port: number
  readonly reused: boolean
}

/** @returns The server that an earlier run left running; undefined when there is none, or none any more. */
export async function takeRunning(
  cluster: Cluster,
  stop: () => Promise<void>,
  log: (line: string) => void,
): Promise<Listening | undefined> {
  const left = await readPostmaster(cluster.data)
  if (!left || !(await isServerOf(cluster.data, left.pid))) {
    if (await removeStalePidFile(cluster.data)) log('the database was not stopped the last time, and recovers now')
    return undefined
  }
  const listening = await settled(cluster)
  if (listening) {
    log(`took over the database server that was still running on port ${listening.port}`)
    return listening
  }
  log('stopped a database server that was still running but did not answer')
  await stop()
  return undefined
}

/** Waits for a server that somebody else started on the cluster; undefined if there is none, or it does not let us in. */
async function settled(cluster: Cluster): Promise<Listening | undefined> {
  const found = await readPostmaster(cluster.data)
  if (!found || !(await isServerOf(cluster.data, found.pid))) return undefined
  const ready = await untilReady(cluster.data, (now) => now?.pid === found.pid && isAlive(found.pid))
  if (!ready || !(await answers(adminUrl(cluster, ready.port), cluster.data))) return undefined
  return { port: ready.port, reused: true }
}

/** Starts a server; if another run starts one on the same cluster at the same moment, takes that one. */
export async function launch(
  cluster: Cluster,
  programs: Binaries,
  user: ServerUser | undefined,
  throwAway: boolean,
  extraSettings: Readonly<Record<string, string>>,
): Promise<Listening> {
  const ATTEMPTS_MAX = 3
  await rename(cluster.log, `${cluster.log}.1`).catch(() => {})
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const settings = { ...serverSettings(port, throwAway), ...extraSettings }
    const child = await spawnServer(cluster, programs.bin, user, settings)
    let ended: Error | true | undefined
    child.once('exit', () => {
      ended = true
    })
    child.once('error', (error) => {
      ended = error
    })
    const ready = await untilReady(cluster.data, () => ended === undefined)
    if (ended instanceof Error) throw ended
    if (ready && ready.pid === child.pid) return { port, reused: false }
    // Another run was faster on this folder: its server is as good.
    const other = await settled(cluster)
    if (other) return other
    const printed = await readFile(cluster.log, 'utf8').catch(() => '')
    if (attempt < ATTEMPTS_MAX && /could not bind|Address already in use|lock file/.test(printed)) continue
    throw await cannotStart(new ToolFailed('postgres', printed), cluster.folder, cluster.log)
  }
}

function serverSettings(port: number, throwAway: boolean): Record<string, string> {
  return {
    port: String(port),
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    max_connections: '200',
    // The server's log is not a place for data: no statements, and no rows that a constraint refused.
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_statement: 'none',
    ...(throwAway ? { fsync: 'off', full_page_writes: 'off' } : {}),
  }
}

/** Spawned directly, not through `pg_ctl start`, which would have a shell read the folder's name. */
async function spawnServer(
  cluster: Cluster,
  bin: string,
  user: ServerUser | undefined,
  settings: Readonly<Record<string, string>>,
): Promise<ChildProcess> {
  const { O_CREAT, O_APPEND, O_WRONLY, O_NOFOLLOW = 0 } = constants
  const log = await open(cluster.log, O_CREAT | O_APPEND | O_WRONLY | O_NOFOLLOW, 0o600)
  try {
    const args = [
      '-D',
      cluster.data,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ]
    const child = spawn(join(bin, 'postgres'), args, {
      ...childOptions(user, dirname(cluster.data)),
      detached: true, // Ctrl-C in the terminal is for us; the server is stopped after everyone who uses it
      stdio: ['ignore', log.fd, log.fd],
    })
    child.unref()
    return child
  } finally {
    await log.close()
  }
}

/** Ends the server if it runs. */
export async function stopServer(cluster: Cluster, bin: string, user: ServerUser | undefined): Promise<void> {
  if (!(await readPostmaster(cluster.data))) return
  const stop = (mode: string) =>
    runTool(join(bin, 'pg_ctl'), ['stop', '-D', cluster.data, '-m', mode, '-w', '-t', '60'], {
      user,
      cwd: cluster.folder,
    })
  await stop('fast').catch(async (error) => {
    const left = await readPostmaster(cluster.data)
    if (!left || !(await isServerOf(cluster.data, left.pid))) return
    await stop('immediate').catch(() => {
      throw error
    })
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
}
