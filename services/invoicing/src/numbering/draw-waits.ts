import { bucketOf } from '@kontor/ids'
import { type Database, outcomeUnknown, sqlstate } from '@kontor/postgres'
import { IdempotencyInProgress } from '../idempotency/errors.ts'
import type { DrawOutcome, DrawRequest } from './draw.ts'
import { SeriesBusy } from './errors.ts'
import { seriesBucket } from './series.ts'

/** How long a draw waits for a draft or a series that another transaction holds. */
const LOCK_WAIT_MS = 2_000
/** And once more, whoever seems to be the one that is held: a series that is only busy is free again long before. */
const SECOND_WAIT_MS = 200
/** So many of them are given their second wait; the others of a batch in which everything is held are told at once. */
const SECOND_WAITS_MAX = 8

type DrawOnce = (batch: readonly DrawRequest[], patienceMs: number) => Promise<DrawOutcome[]>

/**
 * Draws a batch; when something in it is held for too long, finds out what, so that it holds up nobody else: who is free is drawn at
 * once, who waits for a held series hears `series_busy`, and whose own draft is held hears `idempotency_in_progress`.
 */
export function drawPatiently(
  database: Database,
  drawOnce: DrawOnce,
): (batch: readonly DrawRequest[]) => Promise<(DrawOutcome | Error)[]> {
  return async (batch) => {
    try {
      return await drawOnce(batch, LOCK_WAIT_MS)
    } catch (error) {
      if (!isLockTimeout(error)) throw error
    }
    const outcomes = new Map<DrawRequest, DrawOutcome | Error>()
    /** Nothing is thrown from here on: what was drawn by then must be told to whom it belongs. */
    const drawInto = async (part: readonly DrawRequest[], onHeld: (request: DrawRequest) => Error) => {
      if (part.length === 0) return
      try {
        const drawn = await drawOnce(part, SECOND_WAIT_MS)
        for (const [index, request] of part.entries()) outcomes.set(request, drawn[index] as DrawOutcome)
      } catch (error) {
        const one = part.length === 1 || outcomeUnknown(error)
        if (one || isLockTimeout(error)) {
          for (const request of part) outcomes.set(request, isLockTimeout(error) ? onHeld(request) : (error as Error))
        } else for (const request of part) await drawInto([request], onHeld)
      }
    }
    const { free, suspects } = await sort(database, batch)
    await drawInto(free, () => new SeriesBusy())
    for (const [index, { held, requests }] of suspects.entries()) {
      const refusal = () => (held === 'series' ? new SeriesBusy() : new IdempotencyInProgress())
      if (index < SECOND_WAITS_MAX) await drawInto(requests, refusal)
      else for (const request of requests) outcomes.set(request, refusal())
    }
    return batch.map((request) => outcomes.get(request) as DrawOutcome | Error)
  }
}

interface Suspects {
  readonly held: 'series' | 'draft'
  readonly requests: readonly DrawRequest[]
}

/** Asks which rows can be had without waiting. It holds what it gets until it has all answers, and changes nothing. */
const HELD_SQL = `
with request as (
  select * from json_to_recordset($1) as r(ord int, bucket smallint, document_id uuid, series_bucket smallint, issuer_id uuid,
         series_account_id uuid, document_type text, period text)
),
draft as materialized (
  select request.ord from request cross join lateral (
    select document.id from document where document.bucket = request.bucket and document.id = request.document_id
       for update skip locked) as had
),
counter as materialized (
  select series.bucket, series.id from series
   where (series.bucket, series.id) in (select candidate.bucket, candidate.id from request join series as candidate
       on candidate.bucket = request.series_bucket and candidate.issuer_id = request.issuer_id
      and candidate.account_id is not distinct from request.series_account_id
      and candidate.document_type = request.document_type and candidate.period = request.period)
     for update skip locked
)
select request.ord, (draft.ord is null) as draft_held,
       exists (select from series
        where series.bucket = request.series_bucket and series.issuer_id = request.issuer_id
          and series.account_id is not distinct from request.series_account_id
          and series.document_type = request.document_type and series.period = request.period
          and not exists (select from counter where counter.bucket = series.bucket and counter.id = series.id)) as series_held
  from request left join draft on draft.ord = request.ord
 order by request.ord
`

async function sort(
  database: Database,
  batch: readonly DrawRequest[],
): Promise<{ readonly free: readonly DrawRequest[]; readonly suspects: readonly Suspects[] }> {
  const rows = await database.hotSql<{ draft_held: boolean; series_held: boolean }>('draw_held', HELD_SQL, [
    JSON.stringify(
      batch.map(({ documentId, series }, ord) => ({
        ord,
        bucket: bucketOf(documentId),
        document_id: documentId,
        series_bucket: seriesBucket(series),
        issuer_id: series.issuerId,
        series_account_id: series.accountId,
        document_type: series.documentType,
        period: series.period,
      })),
    ),
  ])
  const free = batch.filter((_, index) => !rows[index]?.draft_held && !rows[index]?.series_held)
  const ofSeries = batch.filter((_, index) => rows[index]?.series_held)
  const ofDrafts = batch.filter((_, index) => rows[index]?.draft_held && !rows[index]?.series_held)
  const series = Map.groupBy(
    ofSeries,
    ({ series: { accountId, issuerId, documentType, period } }) => `${accountId ?? issuerId}/${documentType}/${period}`,
  )
  return {
    free,
    suspects: [
      ...[...series.values()].map((requests): Suspects => ({ held: 'series', requests })),
      ...ofDrafts.map((request): Suspects => ({ held: 'draft', requests: [request] })),
    ],
  }
}

function isLockTimeout(error: unknown): boolean {
  return sqlstate(error) === '55P03'
}
