/** Digits that touch each other, as they stand in a text. */
interface Group {
  /** ASCII digits, whatever digits the text has. */
  readonly digits: string
  /** What stands between this group and the one before it in its run: '' at the start of a run, else one of the kinds below. */
  readonly gap: string
}

/** Groups with nothing but separators between them, such as the four groups of a printed card number. */
export interface DigitRun {
  readonly groups: readonly Group[]
  /** Up to eight characters right before the run: a `+` makes a telephone number of it, `RF` a creditor reference. */
  readonly before: string
}

/** The decimal digits of every script: a number typed on an Arabic or Devanagari keyboard is the same number. */
const DIGITS = /\p{Nd}+/gu
const SPACES = /[\t \u00a0\u2000-\u200a\u202f\u205f\u3000]/g
/** Soft hyphen, zero-width space and joiners, word joiner, marks of direction: somebody pasted them without seeing them. */
export const INVISIBLE = /[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g
const MARKS = [
  /^[-\u2010-\u2015\u2212]+$/,
  /^[.\u00b7\u2022]+$/,
  /^_+$/,
  /^:+$/,
  /^\/+$/,
  /^[|\u00a6]+$/,
  /^[,\u060c\uff0c]$/,
]
const MARK_KINDS = '-._:/|,'
/** What stands between the members of a list as well: there, only groups of three digits and more make one number. */
const LISTING = new Set(['|', ','])

/** Longer than any separator that a person would put into a number. */
const GAP_LENGTH_MAX = 6

/**
 * Finds every run of digits, in one pass over the text.
 *
 * @param text Of any length and content; the time grows with the length and with nothing else.
 */
export function digitRuns(text: string): DigitRun[] {
  const runs: { groups: Group[]; before: string }[] = []
  let end = 0
  for (const match of text.matchAll(DIGITS)) {
    const gap = runs.length === 0 ? undefined : separatorKind(text.slice(end, match.index))
    const digits = asciiDigits(match[0])
    if (gap === undefined) {
      runs.push({ groups: [{ digits, gap: '' }], before: text.slice(Math.max(0, match.index - 8), match.index) })
    } else {
      runs.at(-1)?.groups.push({ digits, gap })
    }
    end = match.index + match[0].length
  }
  return runs
}

/**
 * Gives every sequence of whole groups in a run that has 13 to 19 digits to a test, until one passes.
 *
 * Whole groups only: a card number in the middle of a longer number that nothing interrupts is no card number,
 * and to look there would find one by chance in most long references. Dates and amounts side by side
 * ("30.03.2024-29.04.2024") do not count as one number, nor does a list ("12,13,14"): where separators of several kinds are
 * mixed, or commas or bars stand between, every group but the last must have three digits.
 */
export function someNumberIn({ groups }: DigitRun, test: (digits: string) => boolean): boolean {
  return groups.some((_, start) => {
    let digits = ''
    let kind: string | undefined
    let mixed = false
    let shortGroup = false
    for (let at = start; at < groups.length; at += 1) {
      const group = groups[at] as Group
      if (at > start) {
        shortGroup ||= (groups[at - 1] as Group).digits.length < 3
        mixed ||= (kind !== undefined && kind !== group.gap) || LISTING.has(group.gap)
        kind = group.gap
      }
      if (digits.length + group.digits.length > 19 || (mixed && shortGroup)) return false
      digits += group.digits
      if (digits.length >= 13 && test(digits)) return true
    }
    return false
  })
}

/** @returns One character for the kind of separator; `undefined` for what separates two numbers from each other. */
function separatorKind(gap: string): string | undefined {
  if (gap.length > GAP_LENGTH_MAX) return undefined
  const visible = gap.replace(INVISIBLE, '')
  const marks = visible.replace(SPACES, '')
  if (marks === '') return ' '
  const kind = MARK_KINDS.charAt(MARKS.findIndex((mark) => mark.test(marks)))
  // A comma with a space after it ends one thing and begins another; without one it is part of a number.
  return kind === '' || (kind === ',' && marks !== visible) ? undefined : kind
}

function asciiDigits(digits: string): string {
  return /^[0-9]*$/.test(digits) ? digits : [...digits].map(digitValue).join('')
}

/** Digits of other scripts, once they were met. */
const VALUES = new Map<string, number>()

/**
 * Unicode has the digits of a script in a row from 0 to 9, and where several rows follow each other, ten by ten.
 *
 * @see The Unicode Standard, 4.6
 */
function digitValue(digit: string): number {
  const known = VALUES.get(digit)
  if (known !== undefined) return known
  const at = digit.codePointAt(0) as number
  let first = at
  while (/\p{Nd}/u.test(String.fromCodePoint(first - 1))) first -= 1
  const value = (at - first) % 10
  VALUES.set(digit, value)
  return value
}
