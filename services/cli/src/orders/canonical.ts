import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { InvalidOrder } from './errors.ts'
import type { OrderForm, PartyForm } from './order-form.ts'

/**
 * Names an order by its content, so that a second run finds what the first one made of it, whatever the file is called and
 * however it is laid out. What others printed of it, and whose it is, does not change what is made of it.
 *
 * Of an instrument only what a token shows in clear goes in: the hash is stored as an external id, and whoever knows the rest
 * of an order would find the number, the code and the holder by trying them all (12 s for a card number on one core). The
 * payer's account is left out for the same reason.
 *
 * @returns SHA-256 in hexadecimal of the canonical order (RFC 8785) without `expected` and `source`.
 */
export function orderHash(order: OrderForm): string {
  const { expected, source, instrument, payment, ...content } = order
  return sha256({
    ...content,
    ...(instrument ? { instrument: inClear(instrument) } : {}),
    ...(payment ? { payment: payment.map(({ payer_iban, ...means }) => means) } : {}),
  })
}

/**
 * Names the registration of an order's instrument. The vault keeps of an Idempotency-Key only a keyed HMAC, so this one may
 * depend on everything: an order whose card was corrected registers the new one.
 *
 * @returns SHA-256 in hexadecimal of the instrument and the hash of its order.
 */
export function instrumentHash(order: OrderForm): string {
  return sha256([orderHash(order), order.instrument ?? null])
}

/** Kind and last digits: less than every token shows (two of an account number, which may be short). */
function inClear(instrument: NonNullable<OrderForm['instrument']>): { type: string; last: string } {
  // Whether these are texts at all is the vault's to judge.
  const { card, bank_account } = instrument as {
    card?: { number?: unknown }
    bank_account?: { iban?: unknown; account_number?: unknown }
  }
  const last = (value: unknown, count: number) =>
    typeof value === 'string' ? value.replace(/[^0-9A-Za-z]/g, '').slice(-count) : ''
  const digits = card ? last(card.number, 4) : last(bank_account?.iban ?? bank_account?.account_number, 2)
  return { type: String(instrument.type), last: digits }
}

/** @returns The external id of the issuer that stands for a seller: the same for every order that describes it alike. */
export function issuerExternalId(seller: PartyForm): string {
  return `seller-${sha256(seller)}`
}

/** @returns The external id of the account of a buyer with a seller. */
export function accountExternalId(seller: PartyForm, buyer: PartyForm): string {
  return `customer-${sha256([seller, buyer])}`
}

/**
 * Writes a hash in letters. Sixteen letters stand for the hexadecimal digits, because a run of digits in a hash can look like
 * a card number or an IBAN by chance, and services refuse an Idempotency-Key that does.
 */
export function inLetters(hash: string): string {
  return hash.replace(/[0-9a-f]/g, (digit) => 'abcdefghijklmnop'.charAt(Number.parseInt(digit, 16)))
}

/** @throws {InvalidOrder} Half a surrogate pair stands in a text, so that it is no Unicode and has no canonical form (RFC 8785, 3.1). */
function sha256(value: unknown): string {
  return createHash('sha256').update(canonicalText(value), 'utf8').digest('hex')
}

function canonicalText(value: unknown): string {
  try {
    return canonicalize(value) ?? ''
  } catch {
    throw new InvalidOrder([{ path: '', code: 'wrong_format', message: 'holds a text that is not Unicode' }])
  }
}
