import type { Finding, HeldEntry, HeldLog } from '@kontor/audit-log'
import { hashOfLeaf } from '@kontor/audit-log'
import { formatId } from '@kontor/ids'
import { appendLeaves, EMPTY_FRONTIER, encodeFrontier, type Frontier, type TileHash } from '@kontor/merkle-log'
import type { Database } from '@kontor/postgres'
import { leafOfRow } from './event-row.ts'
import { type LogId, type LogState, logKey } from './log.ts'
import { type LeafRow, listLeaves, listLogs, listTiles, listUnsealed } from './repo.ts'

const PAGE = 2_000
const EMPTY: Omit<LogState, keyof LogId> = { frontier: EMPTY_FRONTIER, checkpointSize: 0 }

/**
 * Reads all logs out of the tables, and looks whether the tables agree with each other; whether they are what was signed, only
 * the sink can tell.
 *
 * @param also Logs that must be looked for even if the tables say nothing of them.
 * @returns By the name that checkpoints give them.
 */
export async function heldLogs(database: Database, also: readonly LogId[]): Promise<Map<string, HeldLog & LogId>> {
  const states = new Map<string, LogState>(also.map((log) => [logKey(log), { ...log, ...EMPTY }]))
  for (const state of await listLogs(database)) states.set(logKey(state), state)
  const unsealed = await listUnsealed(database)
  for (const log of unsealed) if (!states.has(logKey(log))) states.set(logKey(log), { ...log, ...EMPTY })
  const held = new Map<string, HeldLog & LogId>()
  for (const [name, state] of states) {
    const waiting = unsealed.filter((event) => logKey(event) === name)
    held.set(name, {
      tenantId: state.tenantId,
      mode: state.mode,
      ...(await readEntries(database, state)),
      forged: waiting.filter(({ passed }) => passed).map(({ id }) => formatId('evt', id)),
      unsealed: waiting.filter(({ passed }) => !passed).length,
    })
  }
  return held
}

async function readEntries(
  database: Database,
  state: LogState,
): Promise<{ readonly entries: HeldEntry[]; readonly findings: Finding[] }> {
  const entries: HeldEntry[] = []
  const findings: Finding[] = []
  const tiles: TileHash[] = []
  let frontier: Frontier = EMPTY_FRONTIER
  for (let from = 0; ; ) {
    const page = await listLeaves(database, state, from, PAGE)
    for (const row of page) {
      entries.push({ seq: row.seq, hash: row.leafHash })
      const finding = contradiction(row, state)
      if (finding) findings.push(finding)
    }
    const inside = page.filter(({ seq }) => seq < state.frontier.size).map(({ leafHash }) => leafHash)
    const grown = appendLeaves(frontier, inside)
    frontier = grown.frontier
    tiles.push(...grown.tiles)
    if (page.length < PAGE) break
    from = (page.at(-1) as LeafRow).seq + 1
  }
  if (!encodeFrontier(frontier).equals(encodeFrontier(state.frontier))) {
    findings.push({ kind: 'difference', seq: frontier.size, detail: 'the state of the log is not that of its entries' })
  }
  return { entries, findings: [...findings, ...(await wrongTiles(database, state, tiles))] }
}

/** What a leaf says against its own event. */
function contradiction({ seq, leafHash, event }: LeafRow, { tenantId, mode, frontier }: LogState): Finding | undefined {
  if (seq >= frontier.size) {
    return {
      kind: 'insertion',
      seq,
      detail: 'an entry stands behind the end of the log, and the sealer wrote none there',
    }
  }
  if (!event) return { kind: 'deletion', seq, detail: 'the event of the entry is gone' }
  const ours = event.tenant_id === tenantId && event.mode === mode
  if (ours && hashOfLeaf(leafOfRow(event)).equals(leafHash)) return undefined
  const id = formatId('evt', event.id)
  return { kind: 'edit', seq, detail: `the event ${id} is not as it was when it was sealed` }
}

/** Tiles only help to make proofs; a wrong one makes proofs that nobody accepts. */
async function wrongTiles(database: Database, log: LogId, tiles: readonly TileHash[]): Promise<Finding[]> {
  const place = ({ level, index }: Pick<TileHash, 'level' | 'index'>) => `${level} ${index}`
  const stored = new Map((await listTiles(database, log)).map((tile) => [place(tile), tile.hash]))
  return tiles
    .filter((tile) => !stored.get(place(tile))?.equals(tile.hash))
    .map(({ level, index }) => ({
      kind: 'difference' as const,
      seq: index * 2 ** level,
      detail: 'the stored hash over the entries from there on is not theirs',
    }))
}
