import { DomainError } from '@kontor/problem'

export class SelectionUnclear extends DomainError {
  readonly code = 'selection_unclear'
  readonly status = 422
  readonly title = 'It is not clear which drafts are to be issued'
  constructor() {
    super('give invoice_ids, or else issuer_id, account_id or created_before')
  }
}

export class TooManyDrafts extends DomainError {
  readonly code = 'too_many_drafts'
  readonly status = 422
  readonly title = 'More drafts than one run takes'
  override readonly extensions: { max: number }
  constructor(max: number) {
    super(`a run takes ${max} drafts at most: make several, by issuer or account`)
    this.extensions = { max }
  }
}
