import { readdir, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'
import { findCluster, KEPT_FOR, paths } from './cluster.ts'
import { isAlive, isServerOf, readPostmaster } from './postmaster.ts'
import { runTool, type ServerUser } from './run-tool.ts'

/** Followed by the id of the process it is for. */
export const THROW_AWAY_PREFIX = 'kontor-throw-away-'

/**
 * Stops and removes what test runs could not clean up: the throw-away servers of processes that are gone, and, as root, what is
 * kept in `farFolder` for folders for temporary files that are gone. A database of any other folder is never removed.
 */
export async function sweepThrowAways(
  bin: string,
  user: ServerUser | undefined,
  farFolder: string,
  log: (line: string) => void,
): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = new RegExp(`^${THROW_AWAY_PREFIX}(\\d+)-`).exec(name)?.[1]
    if (owner === undefined || isAlive(Number(owner))) continue
    try {
      const folder = join(tmpdir(), name)
      const cluster = await findCluster(folder)
      if (cluster) await remove(cluster, bin, user)
      await rm(folder, { recursive: true, force: true })
      log(`removed the throw-away database of process ${owner}, which is gone`)
    } catch {
      // Another user's, or another process is removing it at this moment.
    }
  }
  for (const name of user ? await readdir(farFolder).catch(() => []) : []) {
    const far = join(farFolder, name)
    const keptFor = await readFile(join(far, KEPT_FOR), 'utf8').catch(() => '')
    if (!keptFor.startsWith(tmpdir() + sep) || (await realpath(join(keptFor, 'cluster')).catch(() => '')) === far)
      continue
    try {
      await remove(paths(far), bin, user)
      log(`removed the database that was kept for ${keptFor}, which is gone`)
    } catch {
      // Another process is removing it at this moment.
    }
  }
}

type Found = ReturnType<typeof paths>

async function remove(cluster: Found, bin: string, user: ServerUser | undefined): Promise<void> {
  const left = await readPostmaster(cluster.data)
  if (left && (await isServerOf(cluster.data, left.pid))) {
    const stop = ['stop', '-D', cluster.data, '-m', 'immediate', '-w']
    await runTool(join(bin, 'pg_ctl'), stop, { user, cwd: cluster.folder })
  }
  await rm(cluster.folder, { recursive: true, force: true })
}
