import { containsPan, ibanLength } from '@kontor/payment-data'
import { DomainError, type FieldError } from '@kontor/problem'

/** Text that holds what looks like a card number. Payment data goes to the vault and nowhere else. */
export class SensitiveText extends DomainError {
  readonly code = 'sensitive_text'
  readonly status = 422
  readonly title = 'A field holds what looks like a card number'
  override readonly errors: readonly FieldError[]
  constructor(paths: readonly string[]) {
    super('card numbers belong in the vault; send a token instead')
    this.errors = paths.map((path) => ({
      path,
      code: 'sensitive_text',
      message: 'holds what looks like a card number',
    }))
  }
}

/** Payee accounts are public business data, and their digits may look like a card number by chance. */
const ACCOUNT_FIELDS = new Set(['iban'])
/**
 * Register numbers, GLNs, GTINs, SIRETs, account numbers: 13 and 14 digits with a check digit are common there, so only
 * longer runs count.
 */
const IDENTIFIER_FIELDS = new Set([
  'legal_id',
  'vat_id',
  'tax_number',
  'seller_item_id',
  'phone',
  'id',
  'external_id',
  'account_number',
])
/** Everything but digits, of which full-width ones are some. */
const NO_DIGITS = /[^0-9\uff10-\uff19]/g

/**
 * Looks through every text of a request for card numbers.
 *
 * @param body Any JSON value.
 * @throws {SensitiveText} Naming the fields, never their content.
 */
export function refuseCardNumbers(body: unknown): void {
  const paths: string[] = []
  visit(body, '', '', paths)
  if (paths.length > 0) throw new SensitiveText(paths.slice(0, 20))
}

function visit(value: unknown, path: string, name: string, paths: string[]): void {
  if (typeof value === 'string') {
    if (value.length < 13) return
    if (ACCOUNT_FIELDS.has(name)) {
      if (isCardBehindLetters(value)) paths.push(path)
      return
    }
    if (IDENTIFIER_FIELDS.has(name) && value.replace(NO_DIGITS, '').length < 15) return
    if (containsPan(value)) paths.push(path)
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) visit(item, `${path}/${index}`, name, paths)
  } else if (value !== null && typeof value === 'object') {
    for (const [key, item] of Object.entries(value)) visit(item, `${path}/${key}`, key, paths)
  }
}

/**
 * An IBAN may be mistyped, which is a warning; what has not even the length that its country's IBANs have, and is a card number
 * behind its first four characters, is none.
 */
function isCardBehindLetters(text: string): boolean {
  const typed = text.replace(/[^0-9A-Za-z]/g, '')
  return typed.length !== ibanLength(typed.slice(0, 2).toUpperCase()) && containsPan(typed.slice(4))
}
