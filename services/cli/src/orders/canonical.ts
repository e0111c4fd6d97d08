import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import type { OrderForm, PartyForm } from './order-form.ts'

/**
 * Names an order by its content, so that a second run finds what the first one made of it, whatever the file is called and
 * however it is laid out. What others printed of it, and whose it is, does not change what is made of it.
 *
 * @returns SHA-256 in hexadecimal of the canonical order (RFC 8785) without `expected` and `source`.
 */
export function orderHash(order: OrderForm): string {
  const { expected, source, ...content } = order
  return sha256(content)
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

function sha256(value: unknown): string {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('only JSON has a canonical form')
  return createHash('sha256').update(text, 'utf8').digest('hex')
}
