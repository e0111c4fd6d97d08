import { findMissingGlyph } from '@kontor/invoice-pdf'

/** First and last of the runs of characters that nearly every document is written in. */
const RUNS = [
  [' ', '~'],
  ['\u00a1', '\u00ac'],
  ['\u00ae', '\u017f'],
  ['\u2013', '\u2014'],
  ['\u2018', '\u201e'],
  ['\u2022', '\u2022'],
  ['\u20ac', '\u20ac'],
] as const

const EVERY_PLAIN = RUNS.map(([first, last]) => from(first, last)).join('')
const PLAIN = new RegExp(`^[${RUNS.map(([first, last]) => `${escaped(first)}-${escaped(last)}`).join('')}]*$`)

/** Our fonts have them all, which is asked of the fonts and not assumed: without one of them, nothing is plain. */
const COVERED = findMissingGlyph([{ field: 'plain text', text: EVERY_PLAIN }]) === undefined

/**
 * Tells fast that everything in a JSON text can be printed: 2 µs for a snapshot, where composing what stands on its pages and
 * looking at each character takes 250.
 *
 * @returns False says nothing, except that somebody has to look.
 */
export function isPlain(json: string): boolean {
  // A character behind an escape is not seen here; the short escapes stand for line breaks and the like, which are not printed.
  return COVERED && PLAIN.test(json) && !json.includes('\\u')
}

function from(first: string, last: string): string {
  const codePoints = Array.from({ length: codeOf(last) - codeOf(first) + 1 }, (_, index) => codeOf(first) + index)
  return String.fromCodePoint(...codePoints)
}

function escaped(character: string): string {
  return `\\u${codeOf(character).toString(16).padStart(4, '0')}`
}

function codeOf(character: string): number {
  return character.charCodeAt(0)
}
