import { type Entry, entryOf } from '@kontor/audit-log'
import { NotFound } from '@kontor/http-api'
import { consistencyProof, inclusionProof } from '@kontor/merkle-log'
import type { Database } from '@kontor/postgres'
import { EventNotSealed, InvalidTreeSize, NoCheckpoint } from './errors.ts'
import { type EventRow, eventOfRow } from './event-row.ts'
import { type EventFilter, findEvent, listEvents } from './events-repo.ts'
import type { LogId } from './log.ts'
import { findCheckpoint, listLeaves, type StoredCheckpoint, storedHashes } from './repo.ts'

/** An event and the seq under which it is sealed; null while it is not. */
export interface ShownEvent extends Entry {
  readonly seq: number | null
}

/** What proves that an event is in the log (RFC 9162, 2.1.3). */
export interface Inclusion {
  readonly event: ShownEvent
  readonly index: number
  readonly path: readonly Buffer[]
  readonly checkpoint: StoredCheckpoint
}

/** The use cases of an auditor. */
export function audit({ database }: { readonly database: Database }) {
  async function newestCheckpoint(log: LogId): Promise<StoredCheckpoint> {
    const checkpoint = await findCheckpoint(database, log)
    if (!checkpoint) throw new NoCheckpoint()
    return checkpoint
  }

  return {
    /** @throws {NoCheckpoint} */
    newestCheckpoint,

    /** Lists events in the order of their ids; more may appear among them until their transactions have ended. */
    async events(log: LogId, filter: EventFilter): Promise<{ events: ShownEvent[]; more: boolean }> {
      const rows = await listEvents(database, log, { ...filter, limit: filter.limit + 1 })
      const events = rows.slice(0, filter.limit).map((row) => shown(row, row.seq === null ? null : Number(row.seq)))
      return { events, more: rows.length > filter.limit }
    },

    /** Lists what is sealed in the order of the log, which never changes. */
    async entries(log: LogId, from: number, limit: number): Promise<{ entries: ShownEvent[]; more: boolean }> {
      const rows = await listLeaves(database, log, from, limit + 1)
      // An event that somebody has deleted is missing here too, and the verifier says so.
      const entries = rows.slice(0, limit).flatMap(({ seq, event }) => (event ? [shown(event, seq)] : []))
      return { entries, more: rows.length > limit }
    },

    /**
     * @throws {NotFound} Unknown, or another tenant's or mode's.
     * @throws {EventNotSealed} No checkpoint is over it yet.
     */
    async inclusion(log: LogId, eventId: string): Promise<Inclusion> {
      const row = await findEvent(database, log, eventId)
      if (!row) throw new NotFound('event')
      const checkpoint = await findCheckpoint(database, log)
      if (row.seq === null || !checkpoint || Number(row.seq) >= checkpoint.size) throw new EventNotSealed()
      const index = Number(row.seq)
      const path = await inclusionProof(index, checkpoint.size, storedHashes(database, log))
      return { event: shown(row, index), index, path, checkpoint }
    },

    /** @throws {InvalidTreeSize} */
    async consistency(log: LogId, first: number, second: number): Promise<Buffer[]> {
      const { size } = await newestCheckpoint(log)
      if (first > second || second > size) throw new InvalidTreeSize(size)
      return consistencyProof(first, second, storedHashes(database, log))
    },
  }
}

export type Audit = ReturnType<typeof audit>

function shown(row: EventRow, seq: number | null): ShownEvent {
  return { seq, ...entryOf(eventOfRow(row), row.mac) }
}
