import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../make-folder.ts'
import { Sentence } from '../sentence.ts'

/** The folder of one demo: database, keystore, secrets, logs and what the job makes. */
export interface Home {
  readonly folder: string
  readonly postgres: string
  readonly secrets: string
  readonly keystore: string
  /** What the vault signs of its audit: the proof that nothing was changed afterwards. */
  readonly checkpoints: string
  readonly log: string
  readonly out: string
  /** Lets `run` find the services. */
  announce(urls: ServiceUrls): Promise<void>
  /** Gives the folder free for the next start. */
  release(): Promise<void>
}

export interface ServiceUrls {
  readonly vault_url: string
  readonly invoicing_url: string
}

/** What `running.json` says. Who holds the folder is known by process id and start time: ids are used again. */
interface Holder extends Partial<ServiceUrls> {
  readonly pid: number
  readonly started: string | null
}

export const homePaths = (folder: string) => ({
  folder,
  postgres: join(folder, 'postgres'),
  secrets: join(folder, 'secrets.json'),
  keystore: join(folder, 'keystore.json'),
  checkpoints: join(folder, 'checkpoints.jsonl'),
  log: join(folder, 'log'),
  out: join(folder, 'out'),
  running: join(folder, 'running.json'),
})

/**
 * Makes the folder, for its owner only, and takes it for this process.
 *
 * @throws {Sentence} A start in the same folder is still running.
 */
export async function takeHome(folder: string): Promise<Home> {
  const paths = homePaths(folder)
  await makeFolder(folder)
  await chmod(folder, 0o700)
  const self: Holder = { pid: process.pid, started: await startTime(process.pid) }
  await take(paths.running, self)
  await makeFolder(paths.log)
  await makeFolder(paths.out)
  return {
    ...paths,
    async announce(urls) {
      await writeFile(`${paths.running}.new`, format({ ...self, ...urls }), { mode: 0o600 })
      await rename(`${paths.running}.new`, paths.running)
    },
    release: () => rm(paths.running, { force: true }),
  }
}

/** @returns Where the services of a demo that runs at this moment are; `undefined` when none does. */
export async function findRunning(folder: string): Promise<ServiceUrls | undefined> {
  const holder = parse(await readFile(homePaths(folder).running, 'utf8').catch(() => ''))
  if (!holder?.vault_url || !holder.invoicing_url || !(await isAlive(holder))) return undefined
  return { vault_url: holder.vault_url, invoicing_url: holder.invoicing_url }
}

/** The file is made only where there is none, so of two starts at once one gets the folder. */
async function take(file: string, self: Holder): Promise<void> {
  const made = await writeFile(file, format(self), { flag: 'wx', mode: 0o600 }).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false
      throw error
    },
  )
  if (made) return
  const text = await readFile(file, 'utf8')
  const holder = parse(text)
  if (holder && (await isAlive(holder))) throw alreadyRunning(file, holder)
  // A killed start left it. Whoever moves it aside must have moved what was read: another start may have been faster.
  const aside = `${file}.${process.pid}`
  await rename(file, aside)
  const moved = await readFile(aside, 'utf8')
  if (moved !== text) {
    await rename(aside, file)
    throw alreadyRunning(file, parse(moved))
  }
  await rm(aside)
  await take(file, self)
}

function alreadyRunning(file: string, holder: Holder | undefined): Sentence {
  const folder = join(file, '..')
  const who = holder ? ` as process ${holder.pid}` : ''
  return new Sentence(`Kontor already runs in ${folder}${who}: stop it first, or set KONTOR_HOME to another folder.`)
}

const format = (holder: Holder): string => `${JSON.stringify(holder, null, 2)}\n`

function parse(text: string): Holder | undefined {
  try {
    const value = JSON.parse(text) as Holder
    return Number.isInteger(value.pid) ? value : undefined
  } catch {
    return undefined
  }
}

async function isAlive({ pid, started }: Holder): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it is there, and another user's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return started === null || started === (await startTime(pid))
}

/** @returns When a process started, in ticks since boot; `null` where there is no procfs (see proc_pid_stat(5), field 22). */
async function startTime(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  // The name in parentheses is field 2 and may hold blanks and parentheses itself.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
}
