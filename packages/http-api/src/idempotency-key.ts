import { containsIban, containsPan } from '@kontor/payment-data'
import { IdempotencyKeyInvalid, IdempotencyKeyRequired } from './errors.ts'

const FORM = /^[A-Za-z0-9_.:-]{8,128}$/

/**
 * Reads the header by which a caller names one intent.
 *
 * @param header The value of `Idempotency-Key`.
 * @returns The key.
 * @throws {IdempotencyKeyRequired} When there is none.
 * @throws {IdempotencyKeyInvalid} When it has another form, or holds what looks like a PAN or an IBAN: a caller who
 *   names an intent after a card number would spread that number over logs and proxies.
 */
export function readIdempotencyKey(header: string | string[] | undefined): string {
  if (header === undefined || header === '') throw new IdempotencyKeyRequired()
  if (typeof header !== 'string' || !FORM.test(header)) throw new IdempotencyKeyInvalid()
  if (containsPan(header) || containsIban(header)) {
    throw new IdempotencyKeyInvalid('it looks like a card or bank account number; use a random value')
  }
  return header
}
