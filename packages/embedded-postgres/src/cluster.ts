import { createHash } from 'node:crypto'
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Binaries } from './binaries.ts'
import { CannotStart } from './cannot-start.ts'
import { isAlive } from './postmaster.ts'
import { runTool, type ServerUser } from './run-tool.ts'
import { canReach, MAY, makePassable } from './server-user.ts'

/** The superuser of every cluster made here. */
export const ADMIN = 'kontor_admin'

/** Where root puts what the server's user must get to but cannot, in the folder that was asked for. */
export const FAR_FOLDER = '/var/lib/kontor'

/** In a cluster that is kept elsewhere: names the folder that it was asked for in. */
export const KEPT_FOR = 'kept-for'

/** One folder: `data`, of the server's user; `password` and `server.log` beside it, of the user who starts it (0600). */
export interface Cluster {
  readonly folder: string
  readonly data: string
  readonly log: string
  readonly password: string
}

/** @returns The cluster that an earlier run left in `dataFolder`, or put elsewhere and left a link to. */
export async function findCluster(dataFolder: string): Promise<Omit<Cluster, 'password'> | undefined> {
  const link = join(dataFolder, 'cluster')
  const folder = await realpath(link).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    const dangling = await lstat(link).catch(() => undefined)
    if (!dangling) return undefined
    throw new CannotStart(
      `The database that ${link} points to is gone: put it back, or delete the link to start empty.`,
    )
  })
  return folder === undefined ? undefined : paths(folder)
}

/**
 * Reads the superuser's password and checks that these programs can run the cluster.
 *
 * @throws {CannotStart} Password lost, made by another version of PostgreSQL, or somebody else's.
 */
export async function openCluster(found: Omit<Cluster, 'password'>, majorVersion: string): Promise<Cluster> {
  const read = (file: string) =>
    readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      if (error.code === 'EACCES') {
        throw new CannotStart(`The database in ${found.folder} belongs to another user: start as that user or as root.`)
      }
      throw error
    })
  const password = await read(join(found.folder, 'password'))
  const version = (await read(join(found.folder, 'version')))?.trim()
  if (password === undefined) {
    throw new CannotStart(
      `The password of the database in ${found.folder} is missing: put it back, or delete that folder to start empty.`,
    )
  }
  if (version !== majorVersion) {
    throw new CannotStart(
      `The database in ${found.folder} was made by PostgreSQL ${version}, and PostgreSQL ${majorVersion} cannot read it.`,
    )
  }
  return { ...found, password: password.trim() }
}

/**
 * Makes a cluster: UTF-8, code-point order, logins by SCRAM only. It appears in `dataFolder` in one step, so a run that is
 * interrupted leaves nothing that looks like a cluster, and of two runs at once both end up with the same one.
 *
 * @param password Of the superuser.
 */
export async function makeCluster(
  dataFolder: string,
  { bin, majorVersion }: Binaries,
  user: ServerUser | undefined,
  options: { readonly password: string; readonly sync: boolean; readonly farFolder: string; log(line: string): void },
): Promise<void> {
  const near = !user || (await canReach(dataFolder, user, MAY.pass))
  const parent = near ? dataFolder : options.farFolder
  if (!near) await makePassable(parent)
  const hash = createHash('sha256').update(resolve(dataFolder)).digest('hex').slice(0, 16)
  await removeUnfinished(dataFolder)
  const unfinished = await mkdtemp(join(parent, near ? `unfinished-${process.pid}-` : `${hash}-`))
  try {
    await initialise(unfinished, bin, majorVersion, user, options)
    if (near) {
      await rename(unfinished, join(dataFolder, 'cluster'))
    } else {
      await symlink(unfinished, join(dataFolder, 'cluster'))
      await writeFile(join(unfinished, KEPT_FOR), resolve(dataFolder))
      options.log(`the database is kept in ${unfinished}, because the user ${user.name} cannot get into ${dataFolder}`)
    }
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    const somebodyWasFaster = ['EEXIST', 'ENOTEMPTY', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')
    if (!somebodyWasFaster || !(await findCluster(dataFolder))) throw error
  }
}

async function initialise(
  folder: string,
  bin: string,
  majorVersion: string,
  user: ServerUser | undefined,
  { password, sync }: { readonly password: string; readonly sync: boolean },
): Promise<void> {
  const data = join(folder, 'data')
  const passwordForInitdb = join(folder, 'password-for-initdb')
  await mkdir(data, { mode: 0o700 })
  await writeFile(passwordForInitdb, `${password}\n`, { mode: 0o600 })
  if (user) {
    // The folder itself stays root's: in a folder of its own, the server's user could lay a link where root writes the log.
    await chmod(folder, 0o711)
    await chown(data, user.uid, user.gid)
    await chown(passwordForInitdb, user.uid, user.gid)
  }
  const options = ['--encoding=UTF8', '--locale=C', '--auth=scram-sha-256', '--data-checksums', '--no-instructions']
  await runTool(
    join(bin, 'initdb'),
    [
      `--pgdata=${data}`,
      `--username=${ADMIN}`,
      `--pwfile=${passwordForInitdb}`,
      ...options,
      ...(sync ? [] : ['--no-sync']),
    ],
    { user, cwd: folder },
  )
  await rm(passwordForInitdb)
  await writeFile(join(folder, 'password'), `${password}\n`, { mode: 0o600 })
  await writeFile(join(folder, 'version'), `${majorVersion}\n`)
}

/** What runs that were killed in the middle left behind. */
async function removeUnfinished(dataFolder: string): Promise<void> {
  for (const name of await readdir(dataFolder)) {
    const pid = /^unfinished-(\d+)-/.exec(name)?.[1]
    if (pid !== undefined && !isAlive(Number(pid))) await rm(join(dataFolder, name), { recursive: true, force: true })
  }
}

export const paths = (folder: string): Omit<Cluster, 'password'> => ({
  folder,
  data: join(folder, 'data'),
  log: join(folder, 'server.log'),
})
