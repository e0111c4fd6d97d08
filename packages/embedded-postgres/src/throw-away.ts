import { readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findCluster } from './cluster.ts'
import { isAlive, isServerOf, readPostmaster } from './postmaster.ts'
import { runTool, type ServerUser } from './run-tool.ts'

/** Followed by the id of the process it is for. */
export const THROW_AWAY_PREFIX = 'kontor-throw-away-'

/** Stops and removes the throw-away servers of processes that are gone: a killed test run cannot clean up after itself. */
export async function sweepThrowAways(bin: string, user: ServerUser | undefined, log: (line: string) => void) {
  for (const name of await readdir(tmpdir())) {
    const owner = new RegExp(`^${THROW_AWAY_PREFIX}(\\d+)-`).exec(name)?.[1]
    if (owner === undefined || isAlive(Number(owner))) continue
    try {
      await remove(join(tmpdir(), name), bin, user)
      log(`removed the throw-away database of process ${owner}, which is gone`)
    } catch {
      // Another user's, or another process is removing it at this moment.
    }
  }
}

async function remove(folder: string, bin: string, user: ServerUser | undefined): Promise<void> {
  const cluster = await findCluster(folder)
  if (cluster) {
    const left = await readPostmaster(cluster.data)
    if (left && (await isServerOf(cluster.data, left.pid))) {
      await runTool(join(bin, 'pg_ctl'), ['stop', '-D', cluster.data, '-m', 'immediate', '-w'], {
        user,
        cwd: cluster.folder,
      })
    }
    await rm(cluster.folder, { recursive: true, force: true })
  }
  await rm(folder, { recursive: true, force: true })
}
