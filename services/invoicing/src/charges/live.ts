import { bucketOf } from '@kontor/ids'
import type { Tx } from '@kontor/postgres'
import type { ChargeState } from './charge.ts'
import { ChargeUnderWay } from './errors.ts'

/**
 * For whoever ends what a charge is for, and holds it: whoever charges it holds it too. The database says the same.
 *
 * @throws {ChargeUnderWay} A charge of it may still take money.
 */
export async function refuseLiveCharge(tx: Tx, documentId: string): Promise<void> {
  const live: { id: string; state: ChargeState } | undefined = await tx('charge')
    .select('id', 'state')
    .where({ bucket: bucketOf(documentId), invoice_id: documentId })
    .andWhereRaw('charge_is_live(state)')
    .orderBy('id')
    .first()
  if (live) throw new ChargeUnderWay(live.id, live.state)
}
