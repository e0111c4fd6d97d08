import { formatId, parseId } from '@kontor/ids'
import { DomainError } from '@kontor/problem'

/** Where a reader of events stands: behind this one, in the order of transactions. */
export interface Place {
  /** An `xid8` as text. */
  readonly tx: string
  /** UUID of the event. */
  readonly id: string
}

/** Before every event. */
export const BEGINNING: Place = { tx: '0', id: '00000000-0000-0000-0000-000000000000' }

const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/** The form of a cursor on the wire: a mark of the database's cluster, the transaction and the event. */
export const CURSOR = '^[0-9a-f]{8}\\.(0|[1-9][0-9]{0,18})\\.[0-7][0-9a-hjkmnp-tv-z]{25}$'

/** The cursor was given by another cluster of PostgreSQL: after a dump was restored, transactions are counted anew. */
export class CursorExpired extends DomainError {
  readonly code = 'cursor_expired'
  readonly status = 410
  readonly title = 'The database was restored since this cursor was given'
  constructor() {
    super('begin again with from, a little before the last event that you have; you will see some twice')
  }
}

/** Behind everything of transactions below `horizon`, every one of which has ended. */
export const placeBefore = (horizon: string): Place => ({ tx: String(BigInt(horizon) - 1n), id: LAST_ID })

/** @param cluster Eight hexadecimal digits that mark the cluster whose transactions are counted. */
export function formatCursor({ tx, id }: Place, cluster: string): string {
  return `${cluster}.${tx}.${formatId('evt', id).slice('evt_'.length)}`
}

/**
 * @param text Of the form `CURSOR`.
 * @throws {CursorExpired} It comes from another cluster, where the same number is another transaction.
 */
export function parseCursor(text: string, cluster: string): Place {
  const [of, tx = '', id] = text.split('.')
  if (of !== cluster) throw new CursorExpired()
  return { tx, id: parseId('evt', `evt_${id}`) }
}
