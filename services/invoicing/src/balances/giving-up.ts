import type { Principal } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import type { Tx } from '@kontor/postgres'
import type { Deps } from '../deps.ts'
import { recordEvent } from '../events/event.ts'
import type { adjusting } from './adjusting.ts'
import { AdjustmentReversed, WriteOffExceedsOpen } from './errors.ts'
import { type OpenDocument, snapshotOf } from './open.ts'
import type * as repo from './repo.ts'

/** What nobody is going to pay, and what somebody pays after all. Of an invoice that the caller's transaction holds. */
export function givingUp(deps: Pick<Deps, 'newId'>, adjust: ReturnType<typeof adjusting>) {
  async function became(
    tx: Tx,
    actor: Principal,
    invoice: OpenDocument,
    type: 'invoice.written_off' | 'invoice.reopened',
    at: Date,
  ): Promise<void> {
    await recordEvent(tx, actor, {
      id: deps.newId(bucketOf(invoice.id)),
      type,
      accountId: invoice.account_id,
      objectId: invoice.id,
      objectVersion: invoice.version,
      at,
    })
  }

  return {
    /**
     * Gives up what is open on an invoice, or a part of it.
     *
     * @param amountMinor Everything unless given.
     * @throws {WriteOffExceedsOpen} Less is open, or nothing at all.
     */
    async writeOff(
      tx: Tx,
      actor: Principal,
      invoice: OpenDocument,
      { amountMinor = invoice.open_minor, reason }: { amountMinor: bigint | undefined; reason: string },
    ): Promise<repo.Adjustment> {
      snapshotOf(invoice)
      if (amountMinor > invoice.open_minor || amountMinor === 0n) {
        throw new WriteOffExceedsOpen(invoice.open_minor).at('/amount_minor')
      }
      const adjustment = await adjust(tx, actor, invoice, { kind: 'write_off', amount_minor: amountMinor, reason })
      // What became of the invoice, for the report of its series: only where nothing is asked for any more.
      if (amountMinor === invoice.open_minor) {
        await became(tx, actor, invoice, 'invoice.written_off', adjustment.created_at)
      }
      return adjustment
    },

    /**
     * Asks again for what was let go of an invoice: the whole of one adjustment, once.
     *
     * @throws {AdjustmentReversed} It was taken back before, or is what took another one back.
     */
    async reverse(
      tx: Tx,
      actor: Principal,
      invoice: OpenDocument,
      standing: repo.Adjustment & { readonly is_reversed: boolean },
      reason: string | null,
    ): Promise<repo.Adjustment> {
      const { id, kind, amount_minor, reverses_id } = standing
      if (reverses_id !== null || standing.is_reversed) throw new AdjustmentReversed(reverses_id !== null)
      const change = { kind, amount_minor: -amount_minor, reverses_id: id, reason }
      const reversal = await adjust(tx, actor, invoice, change)
      if (invoice.open_minor === 0n) await became(tx, actor, invoice, 'invoice.reopened', reversal.created_at)
      return reversal
    },
  }
}
