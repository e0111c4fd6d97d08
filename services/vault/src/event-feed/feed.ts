import { entryOf } from '@kontor/audit-log'
import { formatId } from '@kontor/ids'
import type { Database } from '@kontor/postgres'
import { type EventRow, eventOfRow } from '../audit/event-row.ts'
import type { LogId } from '../audit/log.ts'
import { accountsOf } from './accounts-repo.ts'

/** An event as whoever follows the vault sees it: ids and a version. */
export interface FedEvent {
  readonly id: string
  readonly type: string
  readonly at: string
  readonly account_id: string | null
  readonly object_id: string
  readonly object_version: number
  readonly mode: LogId['mode']
}

/** What the feed asks the audit's log for. */
export interface SealedLog {
  /** Entries from a seq on; an event that somebody deleted is missing. */
  readonly entries: (log: LogId, from: number, limit: number) => Promise<{ seq: number; event: EventRow | undefined }[]>
  /** How many entries it has. */
  readonly size: (log: LogId) => Promise<number>
}

/** Entries that a filter looks at in one request; it goes on behind them, whether one matched or not. */
const LOOKED_AT_MAX = 1_000

/**
 * Reads the events of a tenant for whoever follows them. Their order is that of the audit's log, which has no gaps and never changes,
 * so that the number of an entry is a place to go on from: no index and no look at running transactions of its own.
 */
export function feed({ database, log: sealed }: { readonly database: Database; readonly log: SealedLog }) {
  return {
    /** @param after How many entries were seen; `end` for all there are now. */
    async list(
      log: LogId,
      query: { readonly after: number | 'end'; readonly type: string | undefined; readonly limit: number },
    ): Promise<{ events: FedEvent[]; nextAfter: number; more: boolean }> {
      const { after, type, limit } = query
      if (after === 'end') return { events: [], nextAfter: await sealed.size(log), more: false }
      const lookAt = type === undefined ? limit : LOOKED_AT_MAX
      const entries = await sealed.entries(log, after, lookAt)
      const matching = entries.flatMap(({ seq, event }) =>
        event && (type === undefined || matches(type, event.type)) ? [{ seq, event }] : [],
      )
      const found = matching.slice(0, limit)
      const cut = matching.length > limit
      const accounts = await accountsOf(database, [...new Set(found.map(({ event }) => event.subject_id))])
      return {
        events: found.map(({ event }) => shown(event, accounts.get(event.subject_id))),
        nextAfter: ((cut ? found : entries).at(-1)?.seq ?? after - 1) + 1,
        more: cut || entries.length === lookAt,
      }
    },
  }
}

export type Feed = ReturnType<typeof feed>

const matches = (pattern: string, type: string) => pattern === type || pattern === `${type.split('.')[0]}.*`

function shown(row: EventRow, accountId: string | undefined): FedEvent {
  const { id, type, at, object_id, object_version } = entryOf(eventOfRow(row), row.mac)
  const account_id = accountId === undefined ? null : formatId('acc', accountId)
  return { id, type, at, account_id, object_id, object_version, mode: row.mode }
}
