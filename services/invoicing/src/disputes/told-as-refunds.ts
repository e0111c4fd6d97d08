import { least } from '@kontor/money'
import type { Tx } from '@kontor/postgres'
import type { DisputeStep } from './dispute.ts'
import * as repo from './repo.ts'

/**
 * What PayPal gives to a buyer it tells twice: by the end of the dispute, and as a refund of the charge (`PAYMENT.CAPTURE.REFUNDED` where the
 * seller accepts, `PAYMENT.CAPTURE.REVERSED` where PayPal decides), which has an id of its own and does not name the dispute. Only amounts
 * tell that both are one: whichever is learnt first is booked, and the other is counted against it.
 */
export interface Refunded {
  /** Refunds that were made at the processor and are booked, one each. */
  readonly minors: readonly bigint[]
  /** What of them other disputes were counted against. */
  readonly countedMinor: bigint
}

/** A refund that is older than a word by which the dispute was undecided is other money; both clocks and late words are allowed for. */
const SLACK_MS = 24 * 3_600_000

/** How long ago a refund may have been learnt to be the dispute's: after the last word before it was lost for the first time. */
function since(steps: readonly DisputeStep[]): Date {
  const lost = steps.findIndex(({ state }) => state === 'lost')
  const open = (lost < 0 ? steps : steps.slice(0, lost)).at(-1)
  return new Date((open?.occurred_at.getTime() ?? SLACK_MS) - SLACK_MS)
}

/** Refunds that can be what a dispute of PayPal came to. Whoever writes either holds the payment of the charge. */
export async function toldAsRefunds(
  tx: Tx,
  chargeId: string,
  disputeId: string | undefined,
  steps: readonly DisputeStep[],
): Promise<Refunded> {
  const minors = await repo.refundedAtPaypal(tx, chargeId, since(steps))
  return { minors, countedMinor: await repo.countedForOthers(tx, chargeId, disputeId) }
}

/**
 * How much of what was lost has been told as refunds; `exact` where one of them is all of it. Where amounts differ, what agrees is taken for
 * the same money, and a person looks.
 */
export function inRefunds(lostMinor: bigint, { minors, countedMinor }: Refunded): { minor: bigint; exact: boolean } {
  const left = minors.reduce((sum, minor) => sum + minor, -countedMinor)
  const minor = left > 0n ? least(left, lostMinor) : 0n
  return { minor, exact: minor === lostMinor && minors.includes(lostMinor) }
}

/** What disputes of PayPal took of a charge, one each: as chargebacks, or though it was not there any more. */
export type LostInDisputes = (tx: Tx, chargeId: string) => Promise<readonly bigint[]>

export const lostInDisputes: LostInDisputes = repo.takenAtPaypal
