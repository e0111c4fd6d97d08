import { chmod, mkdir, readFile, realpath, stat } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { dirname } from 'node:path'
import { CannotStart } from './cannot-start.ts'
import { runTool, type ServerUser } from './run-tool.ts'

/** Made where neither it nor `postgres` exists. */
const OUR_USER = 'kontor'

export const isRoot = (): boolean => process.getuid?.() === 0

/**
 * Finds out whom the server runs as. PostgreSQL refuses to run as root, so root has to name somebody else: whoever owns the
 * database already, else `postgres`, else a system user `kontor` made for it, else `nobody`.
 *
 * @param existingData The data folder of a database that is already there.
 * @returns undefined where the server runs as the user of this process.
 */
export async function serverUser(
  existingData: string | undefined,
  log: (line: string) => void,
): Promise<ServerUser | undefined> {
  if (!isRoot()) {
    refuseNamelessUser()
    return undefined
  }
  if (existingData !== undefined) {
    const { uid, gid } = await stat(existingData)
    if (uid !== 0) return { name: (await findUser((_, id) => id === uid))?.name ?? `user ${uid}`, uid, gid }
  }
  const named = (name: string) => findUser((each) => each === name)
  const existing = (await named('postgres')) ?? (await named(OUR_USER))
  if (existing) return existing
  const added = await addUser()
  if (added) log(`made the system user ${OUR_USER}, because PostgreSQL does not run as root`)
  const user = (await named(OUR_USER)) ?? (await named('nobody'))
  if (!user) throw new CannotStart('PostgreSQL does not run as root, and this machine has no other user to run it as.')
  return user
}

/** initdb looks its user up by number; in a container started with a bare number there is nothing to find. */
function refuseNamelessUser(): void {
  try {
    userInfo()
  } catch (error) {
    throw new CannotStart(
      `PostgreSQL needs a user with a name, and this machine has none for the number ${process.getuid?.()}.`,
      { cause: error },
    )
  }
}

async function addUser(): Promise<boolean> {
  try {
    await runTool('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', OUR_USER])
    return true
  } catch {
    // Without useradd, or without leave to use it, `nobody` has to do.
    return false
  }
}

async function findUser(matches: (name: string, uid: number) => boolean): Promise<ServerUser | undefined> {
  for (const line of (await readFile('/etc/passwd', 'utf8')).split('\n')) {
    const [name = '', , uid = '', gid = ''] = line.split(':')
    if (name !== '' && matches(name, Number(uid))) return { name, uid: Number(uid), gid: Number(gid) }
  }
  return undefined
}

/** What canReach asks of the last part of a path, in the bits of a file's mode. */
export const MAY = { pass: 0o1, run: 0o5 }

/**
 * Whether a user gets to a folder or a program: every folder on the way must let them pass. Root asks about somebody else
 * here, so trying it out would only show what root may do.
 */
export async function canReach(path: string, user: ServerUser, last: number): Promise<boolean> {
  let current = await realpath(path)
  for (let needed = last; ; needed = MAY.pass) {
    const { mode, uid, gid } = await stat(current)
    const shift = uid === user.uid ? 6 : gid === user.gid ? 3 : 0
    if (((mode >> shift) & needed) !== needed) return false
    const parent = dirname(current)
    if (parent === current) return true
    current = parent
  }
}

/** Makes a folder in which other users have something too, whatever the umask is. */
export async function makePassable(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
    if (isRoot()) await chmod(folder, 0o755)
  } catch (error) {
    throw new CannotStart(
      `The folder ${folder} cannot be made, and PostgreSQL's user cannot get to the one asked for.`,
      {
        cause: error,
      },
    )
  }
}
