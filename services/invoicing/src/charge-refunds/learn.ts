import { parseId } from '@kontor/ids'
import type { Processor, RefundOutcome } from '@kontor/processors'
import type { Charges } from '../charges/findable.ts'
import type { Deps } from '../deps.ts'
import type { Owner } from '../issuers/repo.ts'
import type { ChargeRefund } from './charge-refund.ts'
import type { ChargeRefundLedger } from './ledger.ts'
import * as repo from './repo.ts'

/**
 * For whoever learns something of a refund that was not asked for here, such as from a webhook. It may be told any number of times, and in
 * any order, before our own request is answered as well: the processor keeps our name of what we asked for. What it knows under no name
 * of ours was made elsewhere, and becomes a refund as well.
 *
 * @param reference The processor's id of the refund.
 * @param charge The processor's id of the charge.
 */
export type LearnOfRefund = (
  owner: Owner,
  processor: Processor['name'],
  reference: string,
  outcome: RefundOutcome,
  charge: string,
) => Promise<void>

export function learningOfRefunds(
  { database }: Pick<Deps, 'database'>,
  charges: Charges,
  ledger: Pick<ChargeRefundLedger, 'hear' | 'adopt'>,
): LearnOfRefund {
  /** The one that we asked for under this name, unless it is known by another id: a name can be copied. */
  async function ownOf(owner: Owner, chargeId: string, reference: string, name: string | undefined) {
    const id = name && idIn(name)
    const own: ChargeRefund | undefined = id ? await repo.findRefund(database, owner, id) : undefined
    const fits = own?.charge_id === chargeId && (own.reference === null || own.reference === reference)
    return fits ? own : undefined
  }

  return async (owner, processor, reference, outcome, chargeReference) => {
    const charge = await charges.findByReference(owner, processor, chargeReference)
    if (!charge) return
    const known =
      (await repo.findByReference(database.knex, charge, reference)) ??
      (await ownOf(owner, charge.id, reference, outcome.ourReference))
    if (known) await ledger.hear(charge, known.id, 'told', outcome, 'webhook')
    else await ledger.adopt(charge, reference, outcome)
  }
}

/** @returns `undefined` for what is no name of ours. */
function idIn(name: string): string | undefined {
  try {
    return parseId('crf', name)
  } catch {
    return undefined
  }
}
