import { DomainError } from '@kontor/problem'

/** Why an invoice is out in the world already: it can only be taken back by a credit note. */
export type TooLate = 'country' | 'sent' | 'allocated' | 'credited' | 'exported'

const BECAUSE: Readonly<Record<TooLate, string>> = {
  country: 'issuers in France have no void',
  sent: 'it was sent',
  allocated: 'money or credit was allocated to it',
  credited: 'a credit note or another invoice refers to it',
  exported: 'an export that covers its date was taken since it was issued',
}

export class UseCreditNote extends DomainError {
  readonly code = 'use_credit_note'
  readonly status = 409
  readonly title = 'It is too late to make the invoice void'
  override readonly extensions: { because: TooLate }
  constructor(because: TooLate) {
    super(`${BECAUSE[because]}; cancel it by a credit note`)
    this.extensions = { because }
  }
}

export class SentInFuture extends DomainError {
  readonly code = 'date_in_future'
  readonly status = 422
  readonly title = 'The invoice would be sent in the future'
  constructor() {
    super('record it when it has been sent')
  }
}
