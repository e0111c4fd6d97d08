import { SeriesOverlap } from './errors.ts'
import { checkNumbering, type FormatPart, type Numbering, parseFormat } from './format.ts'
import { NUMBERED_TYPES, type NumberedType } from './numbered-type.ts'
import { findOverlap } from './overlap.ts'

/** How an issuer numbers each type of document. */
export type Numberings = Readonly<Record<NumberedType, Numbering>>

const DEFAULT_PREFIX: Readonly<Record<NumberedType, string>> = {
  quote: 'Q-',
  proforma: 'P-',
  invoice: '',
  credit_note: 'CN-',
  receipt: 'R-',
}

/** What an issuer has that was told nothing else: each account counts for itself, for ever. No two of them can meet. */
export const DEFAULT_NUMBERINGS = Object.fromEntries(
  NUMBERED_TYPES.map((type) => [
    type,
    { scope: 'account', period: 'none', format: `${DEFAULT_PREFIX[type]}{customer}-{seq}` },
  ]),
) as Numberings

/** A format under which series of one type were made. */
export interface UsedNumbering extends Numbering {
  readonly document_type: NumberedType
}

/** @param given What the issuer chose; every other type keeps its default. */
export function completeNumberings(given: Partial<Numberings> | null | undefined): Numberings {
  return { ...DEFAULT_NUMBERINGS, ...given }
}

/**
 * Checks each format by itself, then every pair of them, and each against those that earlier series were made with: whatever was
 * issued once keeps its number, so that a format stays taken for ever.
 *
 * @param used May contain what is chosen again: a series that goes on meets nobody but itself.
 * @throws {FormatInvalid | FormatLacks | FormatTooLong} Naming the field.
 * @throws {SeriesOverlap} 422 for two of the request, 409 for one of the request and one of before.
 */
export function checkNumberings(numberings: Numberings, used: readonly UsedNumbering[]): void {
  for (const type of NUMBERED_TYPES) {
    try {
      checkNumbering(numberings[type])
    } catch (error) {
      throw (error as FormatError).at(`/${type}/format`)
    }
  }
  const chosen = NUMBERED_TYPES.map((document_type) => ({ document_type, ...numberings[document_type] }))
  for (const [index, one] of chosen.entries()) {
    const path = `/${one.document_type}/format`
    for (const other of chosen.slice(index + 1)) {
      if (meet(one, other)) throw new SeriesOverlap([one.document_type, other.document_type], false).at(path)
    }
    for (const earlier of used) {
      if (meet(one, earlier)) throw new SeriesOverlap([one.document_type, earlier.document_type], true).at(path)
    }
  }
}

type FormatError = Error & { at(path: string): Error }

/**
 * Whether two numberings could give one number to two documents.
 *
 * Within one type, scope and period, a series is one row whatever its format, and a number tells its series: formats that differ
 * only in the width of the counter then print the same number for the same series alone, whose format is one.
 */
function meet(one: UsedNumbering, other: UsedNumbering): boolean {
  const [parts, otherParts] = [parseFormat(one.format), parseFormat(other.format)]
  const sameSeries =
    one.document_type === other.document_type && one.scope === other.scope && one.period === other.period
  if (sameSeries && skeleton(parts) === skeleton(otherParts)) return false
  return findOverlap(parts, otherParts) !== undefined
}

/** The format without the width of its counter, the only part of it that is not of fixed width. */
function skeleton(parts: readonly FormatPart[]): string {
  return parts.map((part) => (part.kind === 'literal' ? part.text : `{${part.kind}}`)).join('')
}
