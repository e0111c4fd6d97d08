import { type DigitRun, digitRuns, INVISIBLE, someNumberIn } from './digit-runs.ts'
import { ibanLength, isValidIban } from './iban.ts'
import { schemeOf } from './iin-ranges.ts'
import { luhnHolds } from './luhn.ts'

// Free text (notes, descriptions, idempotency keys) is stored and printed in clear, so it must not carry what belongs into the vault.
// One number in ten satisfies Luhn by chance. What proves by a mark before it, by its form or by check digits of its own to be
// something else is therefore left out of the search, else every tenth German mobile number on an invoice would be refused.

/** Eight, four, four, four and twelve hexadecimal digits (RFC 9562, 4). */
const UUID = /(?<![0-9A-Za-z])[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![0-9A-Za-z])/gi
/** A hash in hexadecimal: 128 bits or more. */
const HEX_DIGEST = /(?<![0-9A-Za-z])(?:[0-9a-f]{32,}|[0-9A-F]{32,})(?![0-9A-Za-z])/g
const IBAN_START = /[A-Za-z]{2}[0-9]{2}/g
const IBAN_SEPARATOR = /[ \u00a0\u202f._:/\u2010\u2011-]/

/** Stands for what was taken out of a text. It separates numbers, and is none itself. */
const TAKEN_OUT = '\u0000'

/**
 * Tells whether a card number stands in a text: 13 to 19 digits that satisfy Luhn, begin as a known scheme's numbers do and are as long
 * as they are, written together or with spaces, hyphens, dots and the like.
 *
 * Not taken for card numbers: valid IBANs and creditor references, telephone numbers with a leading +, Swiss QR references as they are
 * printed, 13-digit article numbers marked `EAN` or `GTIN`, UUIDs and hashes.
 *
 * @param text Of any length and content; the time grows with the length and with nothing else.
 */
export function containsPan(text: string): boolean {
  const rest = withoutIbans(text).replace(UUID, takenOutIfHex).replace(HEX_DIGEST, takenOutIfHex)
  return digitRuns(rest).some((run) => !isReference(run) && !isTelephoneNumber(run) && someNumberIn(run, isCardNumber))
}

/** Tells whether an IBAN stands in a text, in either case, written together or with spaces, hyphens, dots and the like. */
export function containsIban(text: string): boolean {
  return ibanSpans(text.replace(INVISIBLE, '')).next().done === false
}

/** Like `containsPan`, but for every scheme, known or not, and with no exceptions: for fields where no long number belongs. */
export function containsLuhnRun(text: string): boolean {
  return digitRuns(text).some((run) => someNumberIn(run, luhnHolds))
}

function isCardNumber(digits: string): boolean {
  return luhnHolds(digits) && (schemeOf(digits)?.lengths.includes(digits.length) ?? false)
}

/** A + and at most 15 digits (ITU-T E.164, 6.1). */
function isTelephoneNumber({ before, groups }: DigitRun): boolean {
  return /\+ ?$/.test(before) && joined(groups).length <= 15
}

function isReference({ before, groups }: DigitRun): boolean {
  const digits = joined(groups)
  if (/rf$/i.test(before)) return digits.length <= 23 && isCreditorReference(digits)
  if (/(?:ean|gtin)[ .:]*$/i.test(before)) return isGtin13(digits)
  return groups.map((group) => group.digits.length).join() === '2,5,5,5,5,5' && isQrReference(digits)
}

/**
 * German and British article numbers begin with 40–44 and 50, as 13-digit Visa and Maestro numbers do.
 *
 * @see GS1 General Specifications, 7.9.1
 */
function isGtin13(digits: string): boolean {
  const sum = [...digits].reduce((total, digit, at) => total + Number(digit) * (at % 2 === 0 ? 1 : 3), 0)
  return digits.length === 13 && sum % 10 === 0
}

/** @see ISO 11649: `RF`, two check digits, up to 21 characters; mod 97-10 as in an IBAN, with R = 27 and F = 15 */
function isCreditorReference(digits: string): boolean {
  return BigInt(`${digits.slice(2)}2715${digits.slice(0, 2)}`) % 97n === 1n
}

/** @see Swiss Implementation Guidelines QR-bill, annex B: modulo 10, recursive */
function isQrReference(digits: string): boolean {
  const next = [0, 9, 4, 6, 8, 2, 7, 1, 3, 5] as const
  const carry = [...digits.slice(0, -1)].reduce((sum, digit) => next[(sum + Number(digit)) % 10] as number, 0)
  return (10 - carry) % 10 === Number(digits.at(-1))
}

function joined(groups: DigitRun['groups']): string {
  return groups.map((group) => group.digits).join('')
}

function takenOutIfHex(word: string): string {
  return /[a-f]/i.test(word) ? TAKEN_OUT : word
}

function withoutIbans(text: string): string {
  let rest = ''
  let end = 0
  for (const [from, to] of ibanSpans(text)) {
    rest += text.slice(end, from) + TAKEN_OUT
    end = to
  }
  return rest + text.slice(end)
}

/** @returns Start and end of each valid IBAN, in order, none within another. */
function* ibanSpans(text: string): Generator<[from: number, to: number]> {
  const starts = new RegExp(IBAN_START)
  for (let match = starts.exec(text); match; match = starts.exec(text)) {
    const from = match.index
    const to = ibanEnd(text, from)
    if (to === undefined) {
      starts.lastIndex = from + 1 // "XDE89": the next start may overlap this one.
    } else {
      yield [from, to]
      starts.lastIndex = to
    }
  }
}

/** Looks no further than an IBAN of that country is long, so that a hostile text costs no more than its length. */
function ibanEnd(text: string, from: number): number | undefined {
  const length = ibanLength(text.slice(from, from + 2).toUpperCase())
  if (length === undefined) return undefined
  let iban = ''
  let separators = 0
  let at = from
  for (; iban.length < length && at < text.length; at += 1) {
    const character = text.charAt(at)
    if (/[0-9A-Za-z]/.test(character)) {
      iban += character
      separators = 0
    } else {
      separators += 1
      if (separators > 1 || !IBAN_SEPARATOR.test(character)) return undefined
    }
  }
  return isValidIban(iban) ? at : undefined
}
