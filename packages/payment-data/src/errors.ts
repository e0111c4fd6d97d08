import { DomainError } from '@kontor/problem'

// Every class here takes a sentence about the rule that was broken. None of them is ever given the input.

export class InvalidPan extends DomainError {
  readonly code = 'invalid_pan'
  readonly status = 422
  readonly title = 'The card number is not valid'
}

export class InvalidExpiry extends DomainError {
  readonly code = 'invalid_expiry'
  readonly status = 422
  readonly title = 'The expiry date of the card is not valid'
}

export class ExpiredCard extends DomainError {
  readonly code = 'card_expired'
  readonly status = 422
  readonly title = 'The card has expired'
}

export class InvalidCvc extends DomainError {
  readonly code = 'invalid_cvc'
  readonly status = 422
  readonly title = 'The card verification code is not valid'
}

export class InvalidIban extends DomainError {
  readonly code = 'invalid_iban'
  readonly status = 422
  readonly title = 'The IBAN is not valid'
}

export class InvalidBic extends DomainError {
  readonly code = 'invalid_bic'
  readonly status = 422
  readonly title = 'The BIC is not valid'
}

export class InvalidRoutingNumber extends DomainError {
  readonly code = 'invalid_routing_number'
  readonly status = 422
  readonly title = 'The routing number is not valid'
}

export class InvalidAccountNumber extends DomainError {
  readonly code = 'invalid_account_number'
  readonly status = 422
  readonly title = 'The account number is not valid'
}

export class InvalidPayerId extends DomainError {
  readonly code = 'invalid_payer_id'
  readonly status = 422
  readonly title = 'The PayPal payer id is not valid'
}

export class InvalidEmail extends DomainError {
  readonly code = 'invalid_email'
  readonly status = 422
  readonly title = 'The e-mail address is not valid'
}

export class InvalidHolderName extends DomainError {
  readonly code = 'invalid_holder_name'
  readonly status = 422
  readonly title = 'The name of the holder is not valid'
}
