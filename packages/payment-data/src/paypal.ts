import { InvalidEmail, InvalidPayerId } from './errors.ts'
import type { Opaque } from './opaque.ts'
import { Secret } from './secret.ts'

/** An e-mail address that went through `parsePaypalEmail`. */
export type PaypalEmail = Opaque<string, 'PaypalEmail'>

/** 13 characters by which PayPal knows an account, that went through `parsePaypalPayerId`. */
export type PaypalPayerId = Opaque<string, 'PaypalPayerId'>

/** RFC 5321, 4.5.3.1.1 and 4.5.3.1.3 (less the angle brackets around a path). */
const LOCAL_LENGTH_MAX = 64
const ADDRESS_LENGTH_MAX = 254

/** RFC 5322 `dot-atom` with the letters of RFC 6531; a quoted local part is lawful, but no PayPal account has one. */
const LOCAL_PART = /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u
/** Two labels or more, none of which starts or ends with a hyphen. */
const DOMAIN = /^(?:[\p{L}\p{M}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?\.)+[\p{L}\p{M}\p{N}-]{2,63}$/u

/**
 * @param input With spaces around it, if so pasted.
 * @returns The address in NFC with its domain in lower case; the local part keeps its case, which belongs to the mail server.
 * @throws {InvalidEmail} Not an address. The message never repeats the input.
 */
export function parsePaypalEmail(input: string): Secret<PaypalEmail> {
  if (input.length > 2 * ADDRESS_LENGTH_MAX) throw new InvalidEmail('the address is too long')
  const text = input.trim().normalize('NFC')
  const at = text.lastIndexOf('@')
  const local = text.slice(0, Math.max(at, 0))
  const domain = text.slice(at + 1).toLowerCase()
  if (at < 1) throw new InvalidEmail('expected one @ with something on both sides')
  const address = `${local}@${domain}`
  // Lower case can be longer than upper case: measured before, what was stored could not be read again.
  if (address.length > ADDRESS_LENGTH_MAX || local.length > LOCAL_LENGTH_MAX)
    throw new InvalidEmail('the address is too long')
  if (!LOCAL_PART.test(local)) throw new InvalidEmail('the part before the @ is not of the form of an address')
  if (!DOMAIN.test(domain)) throw new InvalidEmail('the part after the @ is not a domain')
  return new Secret(address as PaypalEmail)
}

/**
 * @param input 13 upper-case letters and digits. PayPal's description of its API names a narrower alphabet (no 0, 1, I, O); we take
 *   the wider one, because only PayPal can say whether an id exists, and an id refused here could not be stored at all.
 * @throws {InvalidPayerId} Another form. The message never repeats the input.
 */
export function parsePaypalPayerId(input: string): Secret<PaypalPayerId> {
  const payerId = input.trim()
  if (!/^[A-Z0-9]{13}$/.test(payerId)) throw new InvalidPayerId('expected 13 upper-case letters and digits')
  return new Secret(payerId as PaypalPayerId)
}

/**
 * Cuts an address down to what may be stored in clear: `b•••@example.com`.
 *
 * The number of dots says nothing about the length. A local part of one character is hidden whole.
 */
export function maskEmail(email: string): string {
  const at = email.lastIndexOf('@')
  if (at < 0) return '•••'
  const [first = '', ...rest] = email.slice(0, at)
  return `${rest.length > 0 ? first : ''}•••${email.slice(at)}`
}
