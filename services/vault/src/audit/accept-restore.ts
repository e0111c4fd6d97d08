import { type Checkpoint, logOf } from '@kontor/audit-log'
import { appendLeaves, EMPTY_FRONTIER, EMPTY_ROOT, encodeFrontier, type Frontier } from '@kontor/merkle-log'
import { findGap, LogForks } from './continuity.ts'
import { knownCheckpoints } from './known-checkpoints.ts'
import { type LogState, logIdOf, logKey } from './log.ts'
import { listLeaves, listLogs } from './repo.ts'
import type { SealerDeps } from './sealer.ts'
import { alone } from './sealer-lock.ts'
import { appendCheckpoints, type NewCheckpoint } from './sign.ts'

/** A log that goes on from an older state than what had been signed. */
export interface AcceptedLog {
  readonly tenant: string
  readonly mode: string
  /** Where it goes on. */
  readonly size: number
  /** How far it had been signed. */
  readonly signedSize: number
}

/** The tables contradict themselves: no backup can have made them so. */
export class LogDamaged extends Error {
  override readonly name = 'LogDamaged'
}

/** A sealer is at work at this moment. */
export class SealerBusy extends Error {
  override readonly name = 'SealerBusy'
}

const PAGE = 5_000

/**
 * Accepts that an older database was put back: for each log that does not go on from its newest checkpoint, a checkpoint is
 * signed that says where it goes on, and what is given up. It stays in the sink for every verifier to see.
 *
 * @returns The logs that were accepted, none if every log goes on from where it was signed.
 * @throws {LogDamaged} What is there is not a state that the log ever had.
 * @throws {SealerBusy} Ask again.
 */
export async function acceptRestore(deps: SealerDeps): Promise<AcceptedLog[]> {
  let accepted: AcceptedLog[] | undefined
  await alone(deps.database, async () => {
    accepted = await acceptAll(deps)
  })
  if (!accepted) throw new SealerBusy('a sealer is at work')
  return accepted
}

async function acceptAll(deps: SealerDeps): Promise<AcceptedLog[]> {
  const known = knownCheckpoints(deps.sink, deps.signer, () => {})
  await known.refresh()
  const states = new Map((await listLogs(deps.database)).map((state) => [logKey(state), state]))
  const news: NewCheckpoint[] = []
  const accepted: AcceptedLog[] = []
  for (const checkpoint of known.all()) {
    const log = logIdOf(checkpoint)
    if (!log) continue
    const state = states.get(logOf(checkpoint)) ?? { ...log, frontier: EMPTY_FRONTIER, checkpointSize: 0 }
    if (await goesOn(deps, state, checkpoint)) continue
    await proveWhole(deps, state)
    const { size, root, tenant, mode } = checkpoint
    news.push({ log, frontier: state.frontier, from: state.frontier.size, leaves: [], restored: { size, root } })
    accepted.push({ tenant, mode, size: state.frontier.size, signedSize: size })
  }
  await appendCheckpoints(deps, known, news)
  return accepted
}

async function goesOn(deps: SealerDeps, state: LogState, checkpoint: Checkpoint): Promise<boolean> {
  try {
    await findGap(deps, state, checkpoint.size === 0 ? { size: 0, root: EMPTY_ROOT } : checkpoint)
    return true
  } catch (error) {
    if (error instanceof LogForks) return false
    throw error
  }
}

/** Computes the log's frontier anew from its leaves. */
async function proveWhole({ database }: SealerDeps, state: LogState): Promise<void> {
  let frontier: Frontier = EMPTY_FRONTIER
  while (frontier.size < state.frontier.size) {
    const page = await listLeaves(database, state, frontier.size, PAGE)
    const leaves = page.filter(({ seq }, n) => seq === frontier.size + n && seq < state.frontier.size)
    if (leaves.length === 0) throw new LogDamaged('leaves of a log are missing')
    frontier = appendLeaves(
      frontier,
      leaves.map(({ leafHash }) => leafHash),
    ).frontier
  }
  if (!encodeFrontier(frontier).equals(encodeFrontier(state.frontier))) {
    throw new LogDamaged('the frontier of a log is not that of its leaves')
  }
}
