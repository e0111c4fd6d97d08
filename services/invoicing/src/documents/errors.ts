import { DomainError } from '@kontor/problem'

export class DueBeforeIssue extends DomainError {
  readonly code = 'due_before_issue'
  readonly status = 422
  readonly title = 'The document would be due before it is issued'
  constructor() {
    super('the due date must not be before the issue date')
  }
}

export class DateInFuture extends DomainError {
  readonly code = 'date_in_future'
  readonly status = 422
  readonly title = 'The issue date lies in the future'
  override readonly extensions: { today: string }
  constructor(today: string) {
    super(`in the issuer's time zone today is ${today}`)
    this.extensions = { today }
  }
}

/** A correction cannot be older than what it corrects. */
export class DateBeforeOriginal extends DomainError {
  readonly code = 'date_before_original'
  readonly status = 422
  readonly title = 'A correction would be dated before the invoice that it corrects'
  override readonly extensions: { earliest: string }
  constructor(earliest: string) {
    super(`that invoice was issued on ${earliest}`)
    this.extensions = { earliest }
  }
}

export class InvalidDate extends DomainError {
  readonly code = 'invalid_date'
  readonly status = 422
  readonly title = 'There is no such day'
  constructor() {
    super('the calendar has no such day')
  }
}

export class PeriodReversed extends DomainError {
  readonly code = 'period_reversed'
  readonly status = 422
  readonly title = 'The period ends before it begins'
  constructor() {
    super('the last day must not be before the first')
  }
}

export class InvalidCashDiscount extends DomainError {
  readonly code = 'invalid_cash_discount'
  readonly status = 422
  readonly title = 'A cash discount is of a part, and each one lasts longer than the one before'
  constructor() {
    super('give percent above 0 and below 100, and within_days above those of the one before')
  }
}

export class PayeeAmbiguous extends DomainError {
  readonly code = 'payee_ambiguous'
  readonly status = 422
  readonly title = 'A payment names two payee accounts'
  constructor() {
    super('give either iban or account_number')
  }
}

export class UnknownReference extends DomainError {
  readonly code: string
  readonly status = 422
  readonly title = 'The request names something that does not exist'
  constructor(what: 'account' | 'invoice' | 'issuer' | 'line' | 'token') {
    super(`there is no such ${what}`)
    this.code = `unknown_${what}`
  }
}

export class GlyphMissing extends DomainError {
  readonly code = 'glyph_missing'
  readonly status = 422
  readonly title = 'A text has a character that cannot be printed'
  override readonly extensions: { codepoint: string; field: string }
  constructor(codepoint: string, field: string) {
    super(`no font of ours has ${codepoint}`)
    this.extensions = { codepoint, field }
  }
}

/** The draft was issued or changed by somebody else in the meantime. */
export class InvalidTransition extends DomainError {
  readonly code = 'invalid_transition'
  readonly status = 409
  readonly title = 'The document is not in a state that allows this'
  override readonly extensions: { from: string; to: string; allowed: readonly string[] }
  constructor(from: string, to: string, allowed: readonly string[]) {
    super(`it is ${from} and cannot become ${to}`)
    this.extensions = { from, to, allowed }
  }
}

export class DateBeforePrevious extends DomainError {
  readonly code = 'date_before_previous'
  readonly status = 409
  readonly title = 'An earlier number of the series has a later date'
  override readonly extensions: { earliest: string }
  constructor(earliest: string) {
    super(`the earliest issue date that this series still takes is ${earliest}`)
    this.extensions = { earliest }
  }
}

/** Somebody changed the draft between reading it and drawing its number. */
export class DraftChanged extends DomainError {
  readonly code = 'draft_changed'
  readonly status = 409
  readonly title = 'The draft changed while it was being issued'
  constructor() {
    super('read it again and issue what you read')
  }
}

export class NotIssued extends DomainError {
  readonly code = 'not_issued'
  readonly status = 409
  readonly title = 'A draft has no number and no PDF yet'
  constructor() {
    super('issue the document first')
  }
}

/** EN 16931-1, BR-E-10: what is exempt says why. */
export class ExemptionReasonMissing extends DomainError {
  readonly code = 'exemption_reason_missing'
  readonly status = 422
  readonly title = 'The document does not say why no VAT is charged'
  constructor() {
    super('category E needs a VATEX code or a reason in vat_exemptions')
  }
}

/** BR-S-10, BR-Z-10, BR-AF-10, BR-AG-10 forbid a reason; BR-E-01 and its like know one breakdown of a category. */
export class ExemptionReasonNotAllowed extends DomainError {
  readonly code = 'exemption_reason_not_allowed'
  readonly status = 422
  readonly title = 'There is nothing that this exemption reason could be of'
  constructor() {
    super('give one reason for each of the categories E, AE, K, G and O that the document has')
  }
}

/** BR-CL-22. */
export class UnknownExemptionCode extends DomainError {
  readonly code = 'unknown_exemption_code'
  readonly status = 422
  readonly title = 'The VATEX list has no such code for this VAT category'
  constructor() {
    super('take a code of the VATEX list that fits the category')
  }
}

/** BR-O-11 to BR-O-14. */
export class VatCategoryExclusive extends DomainError {
  readonly code = 'vat_category_exclusive'
  readonly status = 422
  readonly title = 'What is not subject to VAT stands on a document of its own'
  constructor() {
    super('category O allows no other category beside it')
  }
}

/** BR-AE-02, BR-IC-02 and their like. */
export class BuyerVatIdMissing extends DomainError {
  readonly code = 'buyer_vat_id_missing'
  readonly status = 422
  readonly title = 'The VAT category needs the buyer’s VAT id'
  constructor(category: 'AE' | 'K') {
    super(category === 'AE' ? 'category AE needs the VAT id or the register number' : 'category K needs the VAT id')
  }
}

/** BR-S-02, BR-Z-02, BR-E-02, BR-AE-02, BR-IC-02, BR-G-02 and their like. */
export class SellerVatIdMissing extends DomainError {
  readonly code = 'seller_vat_id_missing'
  readonly status = 422
  readonly title = 'The VAT category needs the issuer’s VAT id'
  constructor(vatIdOnly: boolean) {
    super(vatIdOnly ? 'categories K and G need the VAT id' : 'give the issuer a VAT id or a tax number')
  }
}

/** BR-IC-11. */
export class DeliveryDateMissing extends DomainError {
  readonly code = 'delivery_date_missing'
  readonly status = 422
  readonly title = 'An intra-community supply says when it was delivered'
  constructor() {
    super('give delivery_on or period')
  }
}

export class UnknownRateForDate extends DomainError {
  readonly code = 'unknown_rate_for_date'
  readonly status = 422
  readonly title = 'The country has no such VAT rate on the day of the supply'
  override readonly extensions: { country: string; supply_on: string; rates: readonly string[] }
  constructor(country: string, supplyOn: string, rates: readonly string[]) {
    super(`on ${supplyOn} the rates are ${rates.join(', ')}`)
    this.extensions = { country, supply_on: supplyOn, rates }
  }
}

/** BR-53. */
export class ExchangeRateMissing extends DomainError {
  readonly code = 'exchange_rate_missing'
  readonly status = 422
  readonly title = 'VAT in another currency needs an exchange rate'
  constructor() {
    super('give the rate, its day and its source')
  }
}

/** An invoice of ours is credited where it stands, so that what is left of it is looked after. */
export class OwnInvoice extends DomainError {
  readonly code = 'own_invoice'
  readonly status = 422
  readonly title = 'The invoice that is referred to was issued here'
  constructor() {
    super('credit it under /v1/invoices/{id}/credit-notes; correct it with corrects_id')
  }
}

export class CorrectionNotAllowed extends DomainError {
  readonly code = 'correction_not_allowed'
  readonly status = 422
  readonly title = 'The invoice cannot refer to another one like this'
  constructor() {
    super('corrects_id belongs to type_code 384; preceding_invoice names an invoice of another system')
  }
}

/** A draft that a release before changed without its part of the quote. */
export class NotAsTaken extends DomainError {
  readonly code = 'not_as_taken'
  readonly status = 409
  readonly title = 'The draft has other quantities than it took of its quote'
  constructor() {
    super('change its lines, or drop it and convert the quote again')
  }
}
