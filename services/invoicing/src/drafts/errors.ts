import { DomainError } from '@kontor/problem'

/** A draft that a paid proforma became says what was paid for: it is issued as it is. */
export class PaidFor extends DomainError {
  readonly code = 'paid_for'
  readonly status = 409
  readonly title = 'The draft is what a proforma was paid for'
  override readonly extensions: { proforma_id: string }
  /** @param proformaId `pro_…` */
  constructor(proformaId: string) {
    super('it is issued as it is; a credit note corrects it afterwards')
    this.extensions = { proforma_id: proformaId }
  }
}
