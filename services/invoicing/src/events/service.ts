import type { Database } from '@kontor/postgres'
import type { Owner } from '../issuers/repo.ts'
import { BEGINNING, formatCursor, type Place, parseCursor, placeBefore } from './cursor.ts'
import { startOf } from './place-in-time.ts'
import { type EventRow, readEvents, readEventsOf, readHorizon } from './repo.ts'
import { matchesType } from './type-pattern.ts'

/** Which events are asked for; what is `undefined` does not matter. */
export interface EventQuery {
  /** A cursor, or `end`: behind everything. */
  readonly after: string | undefined
  /** See `matchesType`. */
  readonly type: string | undefined
  readonly accountId: string | undefined
  readonly objectId: string | undefined
  readonly from: Date | undefined
  readonly limit: number
}

export interface EventPage {
  readonly events: readonly EventRow[]
  readonly nextAfter: string
  readonly more: boolean
}

/** Events that a filter looks at in one request; it goes on behind them, whether one matched or not. */
const LOOKED_AT_MAX = 2_000

/** Reading what happened. */
export function events({ database }: { readonly database: Database }) {
  async function placeOf(owner: Owner, { after, from }: EventQuery, horizon: string, cluster: string): Promise<Place> {
    if (after === 'end') return placeBefore(horizon)
    if (after !== undefined) return parseCursor(after, cluster)
    return from === undefined ? BEGINNING : startOf(database, owner, from, horizon)
  }

  return {
    /**
     * Reads events in the order of their transactions. Nothing ever appears before a place that was given as `nextAfter`.
     *
     * @throws {CursorExpired}
     */
    async list(owner: Owner, query: EventQuery): Promise<EventPage> {
      const { type, accountId, objectId, from, limit } = query
      const { horizon, cluster } = await readHorizon(database)
      const after = await placeOf(owner, query, horizon, cluster)
      const filtered = type !== undefined || accountId !== undefined || objectId !== undefined || from !== undefined
      const lookAt = filtered ? LOOKED_AT_MAX : limit
      const of = objectId ?? accountId
      const rows = await (of === undefined
        ? readEvents(database, owner, after, lookAt)
        : readEventsOf(database, owner, of, after, lookAt))
      const matching = rows.filter(
        (row) =>
          (type === undefined || matchesType(type, row.type)) &&
          (accountId === undefined || row.account_id === accountId) &&
          (objectId === undefined || row.object_id === objectId) &&
          (from === undefined || row.at >= from),
      )
      const found = matching.slice(0, limit)
      const cut = matching.length > limit
      const last = (cut ? found.at(-1) : rows.at(-1)) ?? after
      return { events: found, nextAfter: formatCursor(last, cluster), more: cut || rows.length === lookAt }
    },
  }
}
