import { cleanLine, cleanText } from './clean-text.ts'

/** A text that is printed, and the JSON path of the field it comes from, e.g. `lines[3].name`. Words of ours come from `language`. */
export interface Printed {
  readonly field: string
  readonly text: string
  /** Where several fields make one text: each of them. */
  readonly parts?: readonly Printed[]
}

/** A label with its value. */
export interface Pair {
  readonly label: Printed
  readonly value: Printed
}

/** A word or sentence of the catalogue. */
export function words(text: string): Printed {
  return { field: 'language', text }
}

/** A text on one line. */
export function line(field: string, text: string): Printed {
  return { field, text: cleanLine(text) }
}

/** A text that keeps the line breaks it has. */
export function paragraph(field: string, text: string): Printed {
  return { field, text: cleanText(text).trim() }
}

/** @returns Nothing for a field that is absent or has nothing visible in it, so that callers can spread the result into a list. */
export function lineIfGiven(field: string, text: string | undefined): Printed[] {
  const printed = line(field, text ?? '')
  return printed.text === '' ? [] : [printed]
}

/** @returns One text made of several fields; undefined when there are none. */
export function joined(parts: readonly Printed[], separator: string): Printed | undefined {
  const [first] = parts
  if (!first) return undefined
  return parts.length === 1
    ? first
    : { field: first.field, text: parts.map((part) => part.text).join(separator), parts }
}

/** A row of a label and a value; none when the value is absent. */
export function pairIfGiven(label: string, field: string, text: string | undefined): Pair[] {
  return lineIfGiven(field, text).map((value) => ({ label: words(label), value }))
}

/** @returns Every printed text within a value, the parts of a text before the text. */
export function* printedIn(value: unknown): Iterable<Printed> {
  if (typeof value !== 'object' || value === null) return
  for (const inner of Object.values(value)) yield* printedIn(inner)
  if (isPrinted(value)) yield value
}

function isPrinted(value: object): value is Printed {
  return 'field' in value && typeof value.field === 'string' && 'text' in value && typeof value.text === 'string'
}
