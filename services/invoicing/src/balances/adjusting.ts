import type { Principal } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import type { Tx } from '@kontor/postgres'
import type { Deps } from '../deps.ts'
import { dayIn } from '../documents/calendar.ts'
import { recordEvent } from '../events/event.ts'
import { type OpenDocument, snapshotOf } from './open.ts'
import * as repo from './repo.ts'
import { vatCorrection } from './vat-correction.ts'

/** @returns Writes what is no longer asked for, or that it is asked for again, with its correction of VAT. */
export function adjusting(deps: Pick<Deps, 'newId' | 'now'>) {
  return async function adjust(
    tx: Tx,
    actor: Principal,
    invoice: OpenDocument,
    change: Pick<repo.Adjustment, 'kind' | 'amount_minor'> & Partial<Pick<repo.Adjustment, 'reason' | 'reverses_id'>>,
    source?: repo.Source,
  ): Promise<repo.Adjustment> {
    const { issuer, totals } = snapshotOf(invoice)
    const at = deps.now()
    const adjustment: repo.Adjustment = {
      id: deps.newId(bucketOf(invoice.id)),
      mode: actor.mode,
      account_id: invoice.account_id,
      invoice_id: invoice.id,
      vat: vatCorrection(totals, await repo.adjustedMinor(tx, invoice.id), change.amount_minor),
      reason: null,
      payment_id: source?.kind === 'payment' ? source.id : null,
      credit_note_id: source?.kind === 'credit_note' ? source.id : null,
      reverses_id: null,
      adjusted_on: dayIn(issuer.time_zone, at),
      created_at: at,
      ...change,
    }
    await repo.insertAdjustment(tx, actor, adjustment)
    await recordEvent(tx, actor, {
      id: deps.newId(bucketOf(invoice.id)),
      type: 'adjustment.recorded',
      accountId: invoice.account_id,
      objectId: adjustment.id,
      objectVersion: 1,
      at,
    })
    return adjustment
  }
}
