import { randomBytes, randomInt } from 'node:crypto'
import { isValidIban, luhnHolds } from '@kontor/payment-data'

/** How a value is written, which decides in which forms it is looked for. */
export type MarkKind = 'digits' | 'iban' | 'words' | 'cvc' | 'json'

/** A value that belongs to nobody, was made for one use in one run, and can therefore be found by that use alone. */
export interface Mark {
  /** What it was used for. A finding says this, and never the value. */
  readonly name: string
  readonly kind: MarkKind
  readonly value: string
}

/** Leading digits and length of card numbers, of every brand that is told apart and of every length from 12 to 19. */
export const CARDS = {
  maestro12: ['67', 12],
  visa13: ['4', 13],
  diners14: ['36', 14],
  amex15: ['37', 15],
  visa: ['4', 16],
  mastercard: ['55', 16],
  discover: ['6011', 16],
  jcb: ['3530', 16],
  mir: ['2200', 16],
  unionpay17: ['62', 17],
  maestro18: ['67', 18],
  visa19: ['4', 19],
  unionpay19: ['62', 19],
} as const satisfies Record<string, readonly [prefix: string, length: number]>

export type CardName = keyof typeof CARDS

/** Bank codes and account numbers by country: `n` stands for a digit, `a` for a capital letter. */
const BBANS = { DE: 'n'.repeat(18), AT: 'n'.repeat(16), CH: 'n'.repeat(17), GB: `aaaa${'n'.repeat(14)}` } as const

/** Makes marks and remembers them, so that what was used is what is searched for. */
export function markMaker() {
  const marks: Mark[] = []
  const keep = (name: string, kind: MarkKind, value: string): string => {
    marks.push({ name, kind, value })
    return value
  }
  return {
    /** Everything made so far. */
    marks: marks as readonly Mark[],
    /** A card number whose check digit is right. */
    card: (name: string, card: CardName = 'visa') => keep(name, 'digits', cardNumber(card)),
    /** A card number with one digit mistyped, which is nearly as bad to lose. */
    mistypedCard: (name: string) => keep(name, 'digits', mistyped(cardNumber('mastercard'))),
    iban: (name: string, country: keyof typeof BBANS = 'DE') => keep(name, 'iban', iban(country)),
    mistypedIban: (name: string) => keep(name, 'iban', mistyped(iban('AT'))),
    /** A United States account number, which has no check digit. */
    account: (name: string, length = 17) => keep(name, 'digits', digits(length)),
    email: (name: string) => `${keep(name, 'words', `${letters(12)}.${letters(8)}`)}@example.com`,
    payerId: (name: string) => keep(name, 'words', letters(13).toUpperCase()),
    /** Two words that no language has. */
    holder: (name: string) => keep(name, 'words', `${capital(letters(10))} ${capital(letters(12))}`),
    bic: (name: string) => keep(name, 'words', `${letters(4)}de${letters(5)}`.toUpperCase()),
    text: (name: string) => keep(name, 'words', letters(16)),
    cvc: (name: string, length: 3 | 4 | 8 = 3) => keep(name, 'cvc', digits(length)),
    /** A whole instrument, as it is written and as it is canonical: searched for as a digest only, its parts are marks of their own. */
    json(name: string, value: unknown): void {
      keep(name, 'json', JSON.stringify(value))
      keep(name, 'json', JSON.stringify(sorted(value)))
    },
  }
}

export type MarkMaker = ReturnType<typeof markMaker>

/** What becomes of the values that are made. */
export interface MarkMakers {
  /** Sealed in the vault: whoever may reveal gets them, and nobody else. */
  readonly sealed: MarkMaker
  /** Refused or thrown away: nobody ever gets them again. */
  readonly dropped: MarkMaker
}

function cardNumber(card: CardName): string {
  const [prefix, length] = CARDS[card]
  const head = prefix + digits(length - prefix.length - 1)
  return head + [...'0123456789'].find((check) => luhnHolds(head + check))
}

function iban(country: keyof typeof BBANS): string {
  const bban = BBANS[country].replace(/[na]/g, (kind) => (kind === 'n' ? digits(1) : letters(1).toUpperCase()))
  const number = `${bban}${country}00`.replace(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55))
  const check = String(98n - (BigInt(number) % 97n)).padStart(2, '0')
  const made = `${country}${check}${bban}`
  if (!isValidIban(made)) throw new Error('the made IBAN is none')
  return made
}

/** Changes the sixth digit from the end: the last four may stand in clear. */
function mistyped(number: string): string {
  const at = number.length - 6
  return number.slice(0, at) + ((Number(number[at]) + 1) % 10) + number.slice(at + 1)
}

function digits(length: number): string {
  return Array.from({ length }, (_, at) => randomInt(at === 0 ? 1 : 0, 10)).join('')
}

function letters(length: number): string {
  return [...randomBytes(length)].map((byte) => String.fromCharCode(97 + (byte % 26))).join('')
}

/** For plain values, what RFC 8785 makes of them. */
function sorted(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner)]))
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)
