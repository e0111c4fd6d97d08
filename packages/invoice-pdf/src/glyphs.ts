import { DomainError, type FieldError } from '@kontor/problem'
import coverage from '../fonts/coverage.json' with { type: 'json' }
import { cleanText } from './clean-text.ts'
import type { Printed } from './printed.ts'

export interface MissingGlyph {
  readonly field: string
  /** `U+4E2D`. */
  readonly codepoint: string
}

const LINE_FEED = 0x0a
/** First and last of each run of code points that both faces have a glyph for, ascending. */
const RUNS = coverage as readonly (readonly number[])[]
/** Latin text is looked up far more often than anything else: a table for the code points below U+0250. */
const LATIN = Array.from({ length: 0x250 }, (_, codePoint) => codePoint === LINE_FEED || isInRuns(codePoint))

/** @returns The first character that no font of ours can print, looked at as it would be printed; undefined when all can be. */
export function findMissingGlyph(texts: Iterable<Printed>): MissingGlyph | undefined {
  for (const { field, text } of texts) {
    for (const character of cleanText(text)) {
      const codePoint = character.codePointAt(0) ?? 0
      if (!isCovered(codePoint))
        return { field, codepoint: `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}` }
    }
  }
  return undefined
}

function isCovered(codePoint: number): boolean {
  return LATIN[codePoint] ?? isInRuns(codePoint)
}

function isInRuns(codePoint: number): boolean {
  let low = 0
  let high = RUNS.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const [first = 0, last = 0] = RUNS[middle] ?? []
    if (codePoint < first) high = middle - 1
    else if (codePoint > last) low = middle + 1
    else return true
  }
  return false
}

/** A document holds a character that cannot be printed. Thrown rather than print a box in its place. */
export class GlyphMissing extends DomainError {
  readonly code = 'glyph_missing'
  readonly status = 422
  readonly title = 'A character cannot be printed'
  override readonly extensions: Readonly<Record<string, unknown>>
  override readonly errors: readonly FieldError[]

  /** @param missing As `findMissingGlyph` returns it; a caller may give its own name of the field. */
  constructor({ field, codepoint }: MissingGlyph) {
    super(`none of the embedded fonts has a glyph for ${codepoint}`)
    this.extensions = { codepoint, field }
    this.errors = [{ path: field, code: this.code, message: `contains ${codepoint}, which no embedded font can print` }]
  }
}
