import type { Checkpoint } from '@kontor/audit-log'
import { appendLeaves, EMPTY_ROOT, encodeFrontier, type Frontier, frontierAt, frontierRoot } from '@kontor/merkle-log'
import type { Database } from '@kontor/postgres'
import type { TenantKeys } from '../keys/tenant-keys.ts'
import { authenticLeafHash } from './event-row.ts'
import type { LogState } from './log.ts'
import { listLeaves, storedHashes } from './repo.ts'

/** The tables do not go on from what the sink has: sealing on would make two histories out of one. */
export class LogForks extends Error {
  override readonly name = 'LogForks'
}

/** The leaves that a log has beyond its newest checkpoint. */
export interface Gap {
  readonly from: number
  readonly leaves: readonly Buffer[]
}

const PAGE = 1_000

/**
 * Compares a log's tables with its newest checkpoint in the sink. Leaves that came later, from a sealer that ended before it
 * could sign, or from somebody's hand, count only if each is the leaf of an event that the vault wrote.
 *
 * @param known `undefined` where the sink has nothing of the log: then every leaf is looked at.
 * @returns What is to be signed; no leaves in the usual case that the tables are where the sink is.
 * @throws {LogForks} The log is shorter than what was signed, or another one.
 */
export async function findGap(
  { database, tenantKeys }: { readonly database: Database; readonly tenantKeys: TenantKeys },
  state: LogState,
  known: Pick<Checkpoint, 'size' | 'root'> | undefined,
): Promise<Gap> {
  const { size, root } = known ?? { size: 0, root: EMPTY_ROOT }
  if (state.frontier.size < size) throw new LogForks('the log is shorter than its newest checkpoint')
  if (state.frontier.size === size) {
    if (!frontierRoot(state.frontier).equals(root)) throw new LogForks('the log has another root than its checkpoint')
    return { from: size, leaves: [] }
  }
  const signed = await storedFrontier(database, state, size)
  if (!frontierRoot(signed).equals(root)) throw new LogForks('the log has another root than its checkpoint')
  const { event: key } = await tenantKeys.subkeys(state.tenantId)
  const leaves: Buffer[] = []
  while (size + leaves.length < state.frontier.size) {
    const page = await listLeaves(database, state, size + leaves.length, PAGE)
    if (page.length === 0) throw new LogForks('leaves of the log are missing')
    for (const { seq, leafHash, event } of page) {
      if (seq >= state.frontier.size) break
      const ours = event?.tenant_id === state.tenantId && event.mode === state.mode
      const hash = ours ? authenticLeafHash(event, key) : undefined
      if (seq !== size + leaves.length || !hash?.equals(leafHash)) {
        throw new LogForks('a leaf is not that of an event of the vault')
      }
      leaves.push(hash)
    }
  }
  const grown = appendLeaves(signed, leaves).frontier
  if (!encodeFrontier(grown).equals(encodeFrontier(state.frontier))) throw new LogForks('the log has another frontier')
  return { from: size, leaves }
}

async function storedFrontier(database: Database, state: LogState, size: number): Promise<Frontier> {
  try {
    return await frontierAt(size, storedHashes(database, state))
  } catch (error) {
    if (error instanceof RangeError) throw new LogForks('leaves of the log are missing', { cause: error })
    throw error
  }
}
