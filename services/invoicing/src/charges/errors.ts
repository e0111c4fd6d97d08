import { formatId } from '@kontor/ids'
import { DomainError } from '@kontor/problem'
import type { ChargeState } from './charge.ts'

/** Certainly nothing was carried out. The charge stays, takes nothing, and the same request takes it up again. */
export class ChargeNotSent extends DomainError {
  readonly code = 'processor_not_reached'
  readonly status = 502
  readonly title = 'The processor could not be reached'
  override readonly extensions: { charge_id: string }
  constructor(chargeId: string) {
    super('nothing was charged; repeat the request with the same Idempotency-Key')
    this.extensions = { charge_id: formatId('chg', chargeId) }
  }
}

export class CaptureExceedsCharge extends DomainError {
  readonly code = 'capture_exceeds_charge'
  readonly status = 422
  readonly title = 'More would be taken than is held'
  override readonly extensions: { charged_minor: number }
  constructor(chargedMinor: bigint) {
    super(`${chargedMinor} minor units are held`)
    this.extensions = { charged_minor: Number(chargedMinor) }
  }
}

/** What it is for is not ended before the charge has ended. */
export class ChargeUnderWay extends DomainError {
  readonly code = 'charge_under_way'
  readonly status = 409
  readonly title = 'A charge of it may still take money'
  override readonly extensions: { charge_id: string; state: ChargeState }
  constructor(chargeId: string, state: ChargeState) {
    super('let the charge end, or cancel it first')
    this.extensions = { charge_id: formatId('chg', chargeId), state }
  }
}
