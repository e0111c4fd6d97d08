import type { Logger } from '@kontor/http-api'
import type { Database } from '@kontor/postgres'
import type { Completer } from './complete.ts'
import type { Gate } from './gate.ts'
import type { Replayer } from './replay.ts'

export interface WatchDeps {
  readonly gate: Gate
  readonly replayer: Replayer
  readonly completer: Completer
  readonly databases: { readonly vault: Database; readonly keys: Database }
  readonly logger: Logger
}

/** Notices restores and lost halves of erasures. */
export interface Watch {
  /** Looks for the first time, and from then on again and again. @returns When the first look is over, however it went. */
  start(): Promise<void>
  /** Looks now. */
  look(): Promise<void>
  /** Ends it. A look under way may fail when its databases are closed, which is of no consequence. */
  stop(): void
}

const LOOK_EVERY_MS = 5_000
const AGAIN_AFTER_MS = 1_000

/**
 * Which incarnation of a database answers. A backup is put in place with a server that starts anew, or as a database that is
 * made anew; either changes this, and ends every connection. So asking each new connection is enough to know before it is used.
 */
const INCARNATION = `select extract(epoch from pg_postmaster_start_time())::text || ' ' || (select oid from pg_database
  where datname = current_database()) as incarnation`

/**
 * Makes the watch over the two databases. The gate opens when they were compared; it closes when one of them turns out to be
 * another incarnation than the one that was compared, or lacks one of the newest erasures.
 */
export function watch({ gate, replayer, completer, databases, logger }: WatchDeps): Watch {
  const seen = new Map<string, string>()
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let running: Promise<void> | undefined
  const unsubscribe: (() => void)[] = []

  function note(name: string, rows: { incarnation: string }[]): void {
    const incarnation = rows[0]?.incarnation ?? ''
    if (seen.get(name) === incarnation) return
    seen.set(name, incarnation)
    gate.close()
  }

  function subscribe(): void {
    for (const [name, database] of Object.entries(databases)) {
      unsubscribe.push(database.onConnection<{ incarnation: string }>(INCARNATION, (rows) => note(name, rows)))
    }
  }

  async function work(): Promise<void> {
    if (unsubscribe.length === 0) subscribe()
    for (const [name, database] of Object.entries(databases)) {
      note(name, await database.hotSql<{ incarnation: string }>('incarnation', INCARNATION, []))
    }
    if (gate.isOpen() && (await replayer.differs())) gate.close()
    if (gate.isOpen()) {
      const completed = await completer.completeAll()
      if (completed > 0) logger.warn({ event: 'erasures_completed', count: completed })
      return
    }
    const generation = gate.generation()
    const { subjects, keys } = await replayer.compareAll()
    if (subjects + keys > 0) logger.warn({ event: 'erasures_replayed', subjects, keys })
    gate.open(generation)
  }

  /** One look at a time; whoever asks meanwhile waits for the one under way. */
  function look(): Promise<void> {
    running ??= work()
      .catch((error: unknown) => {
        if (!stopped) logger.warn({ event: 'erasures_not_compared', err: error })
      })
      .finally(() => {
        running = undefined
      })
    return running
  }

  function again(): void {
    if (stopped) return
    timer = setTimeout(() => void look().then(again), gate.isOpen() ? LOOK_EVERY_MS : AGAIN_AFTER_MS).unref()
  }

  return {
    async start() {
      await look()
      again()
    },
    look,
    stop() {
      stopped = true
      clearTimeout(timer)
      for (const end of unsubscribe) end()
    },
  }
}
