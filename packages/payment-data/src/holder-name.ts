import { InvalidHolderName } from './errors.ts'
import type { Opaque } from './opaque.ts'
import { Secret } from './secret.ts'
import { containsLuhnRun } from './sensitive-text.ts'

/** The name that a card or an account is in, that went through `parseHolderName`. */
export type HolderName = Opaque<string, 'HolderName'>

const LENGTH_MAX = 200

/** Control characters, line and paragraph separators, lone surrogates, and the marks that turn the reading direction round. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u202a-\u202e\u2066-\u2069]/u

/**
 * @param input A person's or a company's name in any script.
 * @returns The name in NFC, without spaces around it; otherwise as it was written.
 * @throws {InvalidHolderName} Nothing in it, more than 200 characters, control characters, or what may be a card number. The message never repeats the input.
 */
export function parseHolderName(input: string): Secret<HolderName> {
  // Normalising can only shorten or lengthen a text by a small factor: far too long is far too long, before any work is done.
  if (input.length > 20 * LENGTH_MAX) throw new InvalidHolderName('expected at most 200 characters')
  const name = input.normalize('NFC').trim()
  if (!/[\p{L}\p{N}]/u.test(name)) throw new InvalidHolderName('expected at least one letter or digit')
  if ([...name].length > LENGTH_MAX) throw new InvalidHolderName('expected at most 200 characters')
  if (UNPRINTABLE.test(name)) throw new InvalidHolderName('expected no control characters')
  if (containsLuhnRun(name)) throw new InvalidHolderName('expected a name, not a card number')
  return new Secret(name as HolderName)
}
