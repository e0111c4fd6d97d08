import { type Bucket, bucketOf } from '@kontor/ids'
import { coalescer, type Database } from '@kontor/postgres'
import type { DocumentType } from './document-type.ts'
import { DRAW_SQL } from './draw-sql.ts'
import { drawPatiently } from './draw-waits.ts'
import { type SeriesKey, seriesBucket } from './series.ts'

/** Everything that a draw writes except the number itself, which only the draw knows. */
export interface DrawRequest {
  readonly tenantId: string
  readonly mode: 'test' | 'live'
  readonly actorKeyId: string
  readonly documentId: string
  readonly documentType: DocumentType
  /** The draft that was validated; a later version takes no number. */
  readonly version: number
  readonly accountId: string
  readonly series: SeriesKey
  readonly issueOn: string
  readonly snapshot: string
  readonly snapshotHash: Buffer
  readonly eventId: string
  readonly issuedAt: Date
  readonly idempotency: { readonly bucket: Bucket; readonly keyHmac: Buffer; readonly requestHmac: Buffer }
  /** The answer as JSON text with `numberMark` in the place of the number. */
  readonly answer: string
  readonly numberMark: string
}

export type DrawOutcome =
  | { readonly kind: 'issued'; readonly number: string }
  /** Issued or changed by somebody else: no number was taken. */
  | { readonly kind: 'not_a_draft' }
  /** The series has a later date already: no number was taken. */
  | { readonly kind: 'date_before_previous'; readonly earliest: string }
  /** The series is still to be made: no number was taken. */
  | { readonly kind: 'no_series' }

interface OutcomeRow {
  readonly number: string | null
  readonly was_draft: boolean
  readonly has_series: boolean
  readonly earliest: string | null
}

/** Documents drawn by one statement at most. Beyond 64 the statement grows faster than the batch gains. */
const BATCH_MAX = 64
/**
 * Draws under way at once in a process, of different series. While one waits for the disk the other is worked out: over 1,000
 * accounts two were half as fast again as one, and four slower than two.
 */
const LANES = 2

/**
 * Makes the function that gives documents their numbers: concurrent requests are drawn together, by one statement that
 * takes its locks in key order, so that two processes cannot deadlock.
 *
 * A document that is held by somebody else for longer is told so (409 `idempotency_in_progress`), and so are those of a series that is
 * held (503 `series_busy`); both take no number.
 * The outcome of a draw whose connection broke is unknown to us; the caller's retry finds the answer by its key.
 *
 * @param coalesce False draws each request by a statement of its own, to measure what drawing them together brings.
 */
export function numberDraw(database: Database, coalesce = true): (request: DrawRequest) => Promise<DrawOutcome> {
  const drawOnce = async (batch: readonly DrawRequest[], patienceMs: number): Promise<DrawOutcome[]> => {
    const rows = await database.hotSql<OutcomeRow>('draw_numbers', DRAW_SQL, [
      JSON.stringify(batch.map(toRow)),
      String(patienceMs),
    ])
    return rows.map(toOutcome)
  }
  const write = drawPatiently(database, drawOnce)
  if (!coalesce) {
    return async (request) => {
      const [outcome] = await write([request])
      if (outcome instanceof Error) throw outcome
      return outcome as DrawOutcome
    }
  }
  const lanes = Array.from({ length: LANES }, () =>
    coalescer<DrawRequest, DrawOutcome>({
      batchMax: BATCH_MAX,
      // A document twice in one batch would be drawn twice by it.
      keyOf: (request) => request.documentId,
      write,
    }),
  )
  return (request) => {
    const draw = lanes[laneOf(request.series)] as (typeof lanes)[number]
    return draw(request)
  }
}

/** Always the same lane for a series: in two of them, its draws would only wait for each other. */
function laneOf({ accountId, issuerId }: SeriesKey): number {
  return Number.parseInt((accountId ?? issuerId).slice(-2), 16) % LANES
}

function toRow(request: DrawRequest, index: number): Record<string, unknown> {
  const { series } = request
  return {
    ord: index,
    bucket: bucketOf(request.documentId),
    document_id: request.documentId,
    version: request.version,
    tenant_id: request.tenantId,
    mode: request.mode,
    actor_key_id: request.actorKeyId,
    account_id: request.accountId,
    issuer_id: series.issuerId,
    document_type: series.documentType,
    series_key: [series.issuerId, series.accountId, series.documentType, series.period, series.format].join('/'),
    series_bucket: seriesBucket(series),
    series_account_id: series.accountId,
    period: series.period,
    format: series.format,
    issue_on: request.issueOn,
    snapshot: request.snapshot,
    snapshot_hash: request.snapshotHash.toString('hex'),
    event_id: request.eventId,
    event_type: `${request.documentType}.issued`,
    issued_at: request.issuedAt.toISOString(),
    key_bucket: request.idempotency.bucket,
    key_hmac: request.idempotency.keyHmac.toString('hex'),
    request_hmac: request.idempotency.requestHmac.toString('hex'),
    answer: request.answer,
    number_mark: request.numberMark,
  }
}

function toOutcome(row: OutcomeRow): DrawOutcome {
  if (row.number !== null) return { kind: 'issued', number: row.number }
  if (!row.was_draft) return { kind: 'not_a_draft' }
  if (row.has_series && row.earliest !== null) return { kind: 'date_before_previous', earliest: row.earliest }
  return { kind: 'no_series' }
}
