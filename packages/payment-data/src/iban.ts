import { getCountrySpecifications, isValidIBAN } from 'ibantools'
import { InvalidIban } from './errors.ts'
import type { Opaque } from './opaque.ts'
import { Secret } from './secret.ts'
import { withoutSeparators } from './separators.ts'

/** An IBAN in electronic form (no spaces, upper case) that went through `parseIban`. */
export type Iban = Opaque<string, 'Iban'>

/** What may stand in clear beside a sealed IBAN. */
export interface IbanClear {
  /** ISO 3166-1 alpha-2, or XK. */
  readonly country: string
  readonly lastFour: string
}

/** Tested before the case is changed, because upper case makes letters of what were none (the ligature U+FB01 becomes FI). */
const FORM = /^[A-Za-z]{2}\d{2}[A-Za-z0-9]+$/

const COUNTRIES = getCountrySpecifications()

/**
 * Reads an IBAN as a person types it.
 *
 * Countries that use IBANs without being in SWIFT's registry are accepted too: the registry grows (Burundi, Djibouti,
 * the Falkland Islands and Honduras came in by release 102) and banks credit them either way.
 *
 * @param input With spaces or hyphens anywhere, in either case.
 * @returns The electronic form, wrapped so that it cannot be logged.
 * @throws {InvalidIban} Unknown country, wrong length or form for it, or wrong check digits. The message never repeats the input.
 * @see ISO 13616-1; ISO 7064 (mod 97-10)
 */
export function parseIban(input: string): Secret<Iban> {
  const typed = withoutSeparators(input)
  if (!FORM.test(typed)) throw new InvalidIban('expected a country code, two check digits, letters and digits')
  const iban = typed.toUpperCase()
  const length = ibanLength(iban.slice(0, 2))
  if (length === undefined) throw new InvalidIban('its country has no IBANs')
  if (iban.length !== length) throw new InvalidIban('IBANs of this country have another length')
  if (!isValidIBAN(iban)) throw new InvalidIban('its check digits or its form do not hold')
  return new Secret(iban as Iban)
}

/** For payee accounts, which are public and may be wrong without being refused. */
export function isValidIban(text: string): boolean {
  const typed = withoutSeparators(text)
  if (!FORM.test(typed)) return false
  const iban = typed.toUpperCase()
  return iban.length === ibanLength(iban.slice(0, 2)) && isValidIBAN(iban)
}

export function ibanClear(iban: Iban): IbanClear {
  return { country: iban.slice(0, 2), lastFour: iban.slice(-4) }
}

/**
 * Writes an IBAN for people, in groups of four.
 *
 * @param text An IBAN, checked or not: for payee accounts that are printed as they were given.
 */
export function formatIban(text: string): string {
  return withoutSeparators(text)
    .toUpperCase()
    .replace(/.{4}(?=.)/g, '$& ')
}

/** @returns How many characters an IBAN of that country has; `undefined` where there are none. */
export function ibanLength(country: string): number | undefined {
  return Object.hasOwn(COUNTRIES, country) ? (COUNTRIES[country]?.chars ?? undefined) : undefined
}
