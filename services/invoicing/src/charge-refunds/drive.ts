import { formatId } from '@kontor/ids'
import { DomainError } from '@kontor/problem'
import type { Processor, RefundOutcome } from '@kontor/processors'
import type { FoundCharge } from '../charges/findable.ts'
import type { ChargeRefund, LearnedBy } from './charge-refund.ts'
import type { ChargeRefundLedger, Written } from './ledger.ts'

/**
 * Asks the processor what the ledger says is next, and writes down what it answers. What is asked is committed; no connection and no lock
 * is held meanwhile, so that this may end anywhere, and be done by two at once.
 */
export async function drive(
  ledger: Pick<ChargeRefundLedger, 'hear'>,
  processor: Processor,
  charge: FoundCharge,
  { refund, next }: Written,
  by: LearnedBy,
): Promise<ChargeRefund> {
  if (next === undefined) return refund
  const outcome = await ask(processor, charge, refund, next)
  return ledger.hear(charge, refund.id, next, outcome, by)
}

/** The same refund is always asked for in the same words, under the same key. */
async function ask(
  processor: Processor,
  charge: FoundCharge,
  refund: ChargeRefund,
  next: 'refund' | 'retrieve',
): Promise<RefundOutcome> {
  if (next === 'retrieve') return processor.retrieveRefund(refund.reference as string)
  const name = formatId('crf', refund.id)
  try {
    return await processor.refund({
      idempotencyKey: `${name}:refund`,
      // A charge that took money is known there.
      reference: charge.reference as string,
      ...(charge.movement === null ? {} : { movement: charge.movement }),
      amount: { minor: refund.amount_minor, currency: refund.currency },
      ourReference: name,
    })
  } catch (error) {
    // An amount that this processor never sends back: it says so before anything is sent.
    if (!(error instanceof DomainError)) throw error
    return { outcome: 'declined', reason: 'invalid_request', soft: false, code: error.code }
  }
}
