import type { Checkpoint } from '@kontor/audit-log'
import type { Logger } from '@kontor/http-api'
import { EMPTY_FRONTIER } from '@kontor/merkle-log'
import type { Database } from '@kontor/postgres'
import type { TenantKeys } from '../keys/tenant-keys.ts'
import type { Signer } from '../signing/signer.ts'
import { findGap, LogForks } from './continuity.ts'
import { knownCheckpoints, SinkNotOurs } from './known-checkpoints.ts'
import { type LogId, type LogState, logIdOf, logKey } from './log.ts'
import { type Position, readPosition, writePosition } from './position-repo.ts'
import { type Candidate, findLogs, listCandidates, listLogs, writeGrowth } from './repo.ts'
import { alone } from './sealer-lock.ts'
import { appendCheckpoints, type NewCheckpoint } from './sign.ts'
import { type CheckpointSink, SinkFails, withSink } from './sink.ts'
import { type Sorted, sortOut } from './sort-out.ts'

export interface SealerDeps {
  readonly database: Database
  readonly tenantKeys: TenantKeys
  readonly signer: Signer
  readonly sink: CheckpointSink
  readonly logger: Logger
  readonly now: () => Date
  /** Runs a round while no other process does; gives up at once where one does. Left out in tests of what happens without. */
  readonly exclusively?: (work: () => Promise<void>) => Promise<void>
  /** Events in a batch at most. */
  readonly batchMax?: number
}

/** Puts committed events into the logs, and signs where the logs stand. */
export interface Sealer {
  /** Seals all that is there. Whatever goes wrong is logged and seen by the gate; the next round tries again. */
  round(): Promise<void>
  /** Begins to do so by itself, with a pause between rounds; settles after the first. */
  start(everyMs: number): Promise<void>
  /** Ends it, after the round under way. */
  stop(): Promise<void>
}

const BATCH_MAX = 2_000
const FIRST_ID = '00000000-0000-0000-0000-000000000000'
/** Below every transaction, and above all. */
const TX_MIN = '0'
const TX_MAX = '18446744073709551615'
/** While there is nothing to do, the position is written only so often: each time is a commit. */
const IDLE_WRITE_MS = 5_000
/** More than so many are of no use: the oldest that still holds is what counts. */
const SAMPLES_MAX = 256
/** Rounds after which every log is compared with the sink, were there no reason to. */
const COMPARE_EVERY = 240

export function sealer(deps: SealerDeps): Sealer {
  const { database, logger, sink, tenantKeys } = deps
  const { exclusively = (work) => alone(database, work), batchMax = BATCH_MAX } = deps
  const known = knownCheckpoints(sink, deps.signer, () => logger.error({ event: 'audit_sink_line_garbled' }))
  const sorter = sortOut({ tenantKeys, logger })
  /** When which transactions had not committed yet: once all below have ended, whatever was committed by then is sealed. */
  let samples: { readonly at: Date; readonly xmax: bigint }[] = []
  let rounds = 0
  let complaint: string | undefined

  /** Every log, or the ones at hand, is compared with the sink; what it has more is signed. */
  async function compare(states: readonly LogState[]): Promise<void> {
    const gaps: NewCheckpoint[] = []
    for (const state of states) {
      const checkpoint = known.get(logKey(state))
      const gap = await findGap({ database, tenantKeys }, state, checkpoint)
      const copied = state.checkpointSize === state.frontier.size
      if (gap.leaves.length > 0 || !copied) gaps.push({ log: state, frontier: state.frontier, ...gap })
    }
    await appendCheckpoints(deps, known, gaps)
  }

  async function compareEverything(carried: readonly Checkpoint[]): Promise<void> {
    const states = await listLogs(database)
    const there = new Set(states.map(logKey))
    for (const checkpoint of known.all()) {
      const log = logIdOf(checkpoint)
      if (log && checkpoint.size > 0 && !there.has(logKey(log))) throw new LogForks('a log that was signed is gone')
    }
    await compare(states)
    known.compared()
    const anew = new Set(carried.map((checkpoint) => logKey(logIdOf(checkpoint) as LogId)))
    const repeated = states.filter((state) => anew.has(logKey(state)))
    await appendCheckpoints(
      deps,
      known,
      repeated.map((log) => ({ log, frontier: log.frontier, from: log.frontier.size, leaves: [] })),
    )
  }

  /** Seals what one batch has. @returns Whether some of it has to wait for its tenant's keys. */
  async function seal(batch: readonly Candidate[]): Promise<Sorted> {
    const sorted = await sorter.sort(batch)
    if (sorted.logs.length === 0) return sorted
    const there = await findLogs(
      database,
      sorted.logs.map(({ log }) => log),
    )
    // A log that is not there is an empty one, and may have been signed as more than that.
    const names = new Set(there.map(logKey))
    const fresh = sorted.logs.filter(({ log }) => !names.has(logKey(log)))
    const states = [...there, ...fresh.map(({ log }) => ({ ...log, frontier: EMPTY_FRONTIER, checkpointSize: 0 }))]
    await compare(states)
    const growths = sorter.grow(sorted, states)
    await writeGrowth(database, growths)
    await appendCheckpoints(
      deps,
      known,
      growths.map(({ log, frontier, leaves }) => ({
        log,
        frontier,
        from: frontier.size - leaves.length,
        leaves: leaves.map(({ hash }) => hash),
      })),
    )
    return sorted
  }

  async function sealAll(position: Position): Promise<void> {
    const { same_cluster, xmin, xmax } = position
    // A dump that was restored in another cluster has transactions of that one's counting: there only the leaves say what is
    // sealed, and what is seen of a transaction that has not ended here cannot be of one under way.
    const window = same_cluster
      ? { from: position.sealed_below, below: xmin, also: TX_MAX }
      : { from: TX_MIN, below: xmin, also: xmax }
    let after = { tx: TX_MIN, id: FIRST_ID }
    let waitsFrom: string | undefined
    let forged = 0
    for (;;) {
      const batch = await listCandidates(database, { ...window, after, limit: batchMax })
      const last = batch.at(-1)
      if (!last) break
      const sorted = await seal(batch.filter(({ sealed }) => !sealed))
      waitsFrom ??= sorted.waitsFrom
      forged += sorted.forged
      after = { tx: last.tx, id: last.id }
      if (batch.length < batchMax) break
    }
    await move(position, waitsFrom, forged)
  }

  async function move(position: Position, waitsFrom: string | undefined, forged: number): Promise<void> {
    const waiting = waitsFrom !== undefined
    if (!waiting && samples.length < SAMPLES_MAX) samples.push({ at: position.now, xmax: BigInt(position.xmax) })
    const reached = waiting ? undefined : samples.findLast(({ xmax }) => xmax <= BigInt(position.xmin))
    if (reached) samples = samples.filter(({ at }) => at > reached.at)
    const sealedBelow = waitsFrom ?? position.xmin
    const moves = !position.same_cluster || BigInt(sealedBelow) !== BigInt(position.sealed_below)
    const since = reached ? reached.at.getTime() - position.complete_until_at.getTime() : 0
    if (!moves && forged === 0 && since < IDLE_WRITE_MS && !position.sink_failing && position.halted === null) return
    await writePosition(database, {
      // In another cluster nothing is known before everything was looked at.
      ...(waiting && !position.same_cluster ? {} : { sealedBelow }),
      ...(reached ? { completeUntil: reached.at } : {}),
      sinkFailing: false,
      halted: null,
      forged,
    })
  }

  async function work(): Promise<void> {
    const position = await readPosition(database)
    try {
      await withSink(() => sink.probe())
      const { changed, carried } = await known.refresh()
      rounds += 1
      if (changed || position.halted !== null || rounds % COMPARE_EVERY === 0) await compareEverything(carried)
      else {
        await compare(await findLogs(database, []))
      }
      await sealAll(position)
    } catch (error) {
      await report(position, error)
      throw error
    }
  }

  async function report(position: Position, error: unknown): Promise<void> {
    if (error instanceof SinkFails && !position.sink_failing) await writePosition(database, { sinkFailing: true })
    const halted = error instanceof LogForks ? 'fork' : error instanceof SinkNotOurs ? 'sink' : null
    if (halted !== null && position.halted !== halted) await writePosition(database, { halted })
  }

  /** Says each trouble once, until it is another or over. */
  function complain(error: unknown): void {
    const name = error instanceof Error ? `${error.name} ${error.message}` : 'unknown'
    if (name === complaint) return
    complaint = name
    logger.error({ event: 'audit_sealing_failed', err: error })
  }

  async function round(): Promise<void> {
    try {
      await exclusively(work)
      if (complaint !== undefined) logger.info({ event: 'audit_sealing_recovered' })
      complaint = undefined
    } catch (error) {
      complain(error)
    }
  }

  let running: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  return {
    round,
    start(everyMs) {
      const again = () => {
        running = round().then(() => {
          if (!stopped) timer = setTimeout(again, everyMs).unref()
        })
      }
      again()
      return running
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      await running
    },
  }
}
