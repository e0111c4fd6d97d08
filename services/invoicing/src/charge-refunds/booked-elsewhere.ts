import type { Tx } from '@kontor/postgres'
import type { RefundOutcome } from '@kontor/processors'
import type { LostInDisputes } from '../disputes/told-as-refunds.ts'
import { type ChargeRefund, KNOWN_AS_DISPUTE } from './charge-refund.ts'
import * as repo from './repo.ts'
import * as rules from './rules.ts'
import { referenceIn } from './steps.ts'

/** How much of a refund a dispute took before; `exact` where it is the same to the cent. */
type Disputed = ReturnType<typeof rules.inDisputes>

/** What has gone is written down elsewhere, and only there. */
const known = (code: string, reference: string | null): RefundOutcome => ({
  outcome: 'declined',
  reason: 'not_refundable',
  soft: false,
  code,
  ...(reference === null ? {} : { reference }),
})

/** Finds money that is told as a refund, and is booked as something else already. Documents, payment and refund are held. */
export function bookedElsewhere(lostInDisputes: LostInDisputes) {
  return {
    /** What PayPal gives back in a dispute it tells as a refund as well. The dispute may have booked it. */
    async inDisputes(tx: Tx, held: ChargeRefund, { outcome }: RefundOutcome): Promise<Disputed> {
      const isNews = held.origin === 'processor' && held.processor === 'paypal' && rules.isLive(held.state)
      if (!isNews || outcome !== 'succeeded') return { minor: 0n, exact: false }
      const taken = await lostInDisputes(tx, held.charge_id)
      return rules.inDisputes(held.amount_minor, taken, await repo.knownOfDisputes(tx, held.charge_id))
    },

    /** An outcome, or that its money is booked already: as a dispute, or because a processor that did not keep our name told of a stranger's. */
    async told(tx: Tx, held: ChargeRefund, outcome: RefundOutcome, disputed: Disputed): Promise<RefundOutcome> {
      if (disputed.exact) return known(KNOWN_AS_DISPUTE, held.reference)
      const reference = referenceIn(held, outcome)
      if (reference === undefined) return outcome
      const other = await repo.findByReference(tx, { ...held, id: held.charge_id }, reference)
      return !other || other.id === held.id ? outcome : known('known_as_another_refund', null)
    },
  }
}
