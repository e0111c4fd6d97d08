import { bucketOf, type NewId } from '@kontor/ids'
import { addJobs } from '@kontor/jobs'
import type { Tx } from '@kontor/postgres'
import { recordEvent } from '../events/event.ts'
import * as repo from './repo.ts'
import type { InvoiceRun } from './run.ts'

/** The task of the job queue that issues a piece of a run. */
export const PIECE_TASK = 'invoice_run.piece'

/** Drafts of one job: as many as are drawn together at most. */
export const PIECE_SIZE = 64

/** What the job of a piece is told. */
export interface Piece {
  readonly tenant_id: string
  readonly mode: 'test' | 'live'
  readonly run_id: string
  readonly wave: number
  /** The position of its first draft. */
  readonly from: number
}

/**
 * Takes a run that is held a step further, if it is time: to its next wave, whose jobs are enqueued here, or to its end. Called again at
 * any time it does nothing twice, because the row says which wave was enqueued.
 */
export async function advance(
  tx: Tx,
  run: InvoiceRun,
  { newId, at }: { readonly newId: NewId; readonly at: Date },
): Promise<void> {
  if (run.finished_at !== null) return
  const next = await repo.firstQueued(tx, run.id)
  if (next?.wave === run.wave) return
  if (next) {
    await repo.updateRun(tx, run, { wave: next.wave })
    const { tenant_id, mode, id } = run
    const pieces: Piece[] = []
    for (let from = next.from; from < next.until; from += PIECE_SIZE) {
      pieces.push({ tenant_id, mode, run_id: id, wave: next.wave, from })
    }
    await addJobs(
      tx,
      pieces.map((piece) => ({ task: PIECE_TASK, payload: { ...piece } })),
    )
    return
  }
  await repo.updateRun(tx, run, { finished_at: at })
  await recordEvent(
    tx,
    { tenantId: run.tenant_id, mode: run.mode, keyId: run.key_id },
    {
      id: newId(bucketOf(run.id)),
      type: 'invoice_run.finished',
      accountId: null,
      objectId: run.id,
      objectVersion: run.version + 1,
      at,
    },
  )
}
