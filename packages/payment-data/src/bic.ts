import { getCountrySpecifications } from 'ibantools'
import { InvalidBic } from './errors.ts'
import type { Opaque } from './opaque.ts'

/** A business identifier code of 8 or 11 characters that went through `parseBic`. It names a bank, not a person: no secret. */
export type Bic = Opaque<string, 'Bic'>

/** Party prefix (4, letters or digits since the edition of 2014), country (2), party suffix (2), branch (3, optional). */
const FORM = /^[A-Za-z0-9]{4}([A-Za-z]{2})[A-Za-z0-9]{2}(?:[A-Za-z0-9]{3})?$/

const COUNTRIES = getCountrySpecifications()

/**
 * @param input In either case, with spaces around it or between its parts.
 * @returns Upper case, without spaces.
 * @throws {InvalidBic} Another form, or no such country. Whether the bank exists is not checked.
 * @see ISO 9362:2022
 */
export function parseBic(input: string): Bic {
  const typed = input.replace(/ /g, '')
  const country = FORM.exec(typed)?.[1]?.toUpperCase()
  if (country === undefined) throw new InvalidBic('expected 8 or 11 letters and digits')
  if (!Object.hasOwn(COUNTRIES, country)) throw new InvalidBic('its country does not exist')
  return typed.toUpperCase() as Bic
}
