import { formatId } from '@kontor/ids'
import { DomainError } from '@kontor/problem'

/** Certainly nothing was carried out. The refund stays, sends nothing back, and the same request takes it up again. */
export class RefundNotSent extends DomainError {
  readonly code = 'processor_not_reached'
  readonly status = 502
  readonly title = 'The processor could not be reached'
  override readonly extensions: { charge_refund_id: string }
  constructor(refundId: string) {
    super('nothing was refunded; repeat the request with the same Idempotency-Key')
    this.extensions = { charge_refund_id: formatId('crf', refundId) }
  }
}

/** A processor tells of a refund before we know that the charge took anything: the job of the charge finds that out, and it is told again. */
export class ChargeNotPaidYet extends DomainError {
  readonly code = 'charge_not_paid_yet'
  readonly status = 503
  readonly title = 'The charge of the refund is not known to have taken money'
  constructor() {
    super('it is looked at again')
  }
}

/** A refund that was made elsewhere, and whose amount cannot be one of its charge's: somebody must look. */
export class RefundUnreadable extends DomainError {
  readonly code = 'refund_unreadable'
  readonly status = 503
  readonly title = 'The processor tells of a refund that cannot be one of this charge'
  constructor() {
    super('it names no amount, or another currency')
  }
}
