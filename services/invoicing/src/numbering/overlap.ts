import type { FormatPart } from './format.ts'

/** The characters that may stand in each place of a customer number, year and month. Months are words, because 13 is none. */
export interface FieldAlphabet {
  readonly customer: readonly string[]
  readonly year: readonly string[]
  readonly months: readonly string[]
  /** With a zero among them. */
  readonly digits: string
}

const DIGITS = '0123456789'
/** As `drawCustomerNumber` and the calendar make them. The check digit is left out, which can only refuse more. */
export const FIELDS: FieldAlphabet = {
  customer: ['123456789', ...Array<string>(8).fill(DIGITS)],
  year: Array<string>(4).fill(DIGITS),
  months: Array.from({ length: 12 }, (_, index) => String(index + 1).padStart(2, '0')),
  digits: DIGITS,
}

interface Edge {
  /** The characters that lead on; empty where none is read. */
  readonly characters: string
  readonly to: number
}

/** A nondeterministic finite automaton: state 0 begins, the last state accepts. */
type Automaton = readonly (readonly Edge[])[]

/**
 * Decides whether two formats could ever print the same number: exactly, by walking the automata of both at once.
 *
 * A counter has no largest value here, so that no pair passes because its meeting is far away.
 *
 * @returns A shortest number that both print; undefined where there is none.
 */
export function findOverlap(
  one: readonly FormatPart[],
  other: readonly FormatPart[],
  fields: FieldAlphabet = FIELDS,
): string | undefined {
  const [left, right] = [automatonOf(one, fields), automatonOf(other, fields)]
  const seen = new Set<number>()
  let frontier: [a: number, b: number, read: string][] = [[0, 0, '']]
  while (frontier.length > 0) {
    const next: typeof frontier = []
    // What is reached without reading belongs to the same step, so that the number found is a shortest one.
    for (const [a, b, read] of frontier) {
      const key = a * right.length + b
      if (seen.has(key)) continue
      seen.add(key)
      if (a === left.length - 1 && b === right.length - 1) return read
      for (const { characters, to } of left[a] ?? []) {
        if (characters === '') frontier.push([to, b, read])
        else
          for (const edge of right[b] ?? []) {
            const shared = [...characters].find((character) => edge.characters.includes(character))
            if (shared !== undefined) next.push([to, edge.to, read + shared])
          }
      }
      for (const { characters, to } of right[b] ?? []) if (characters === '') frontier.push([a, to, read])
    }
    frontier = next
  }
  return undefined
}

function automatonOf(parts: readonly FormatPart[], fields: FieldAlphabet): Automaton {
  const states: Edge[][] = [[]]
  let end = 0
  const add = () => states.push([]) - 1
  /** @returns The state behind one character. */
  const read = (from: number, characters: string, to = add()) => {
    states[from]?.push({ characters, to })
    return to
  }
  const readAll = (places: readonly string[], from: number) => places.reduce((at, place) => read(at, place), from)
  for (const part of parts) {
    if (part.kind === 'literal') end = readAll([...part.text], end)
    else if (part.kind === 'seq') end = addSeq(end, part.width, fields.digits, { add, read })
    else if (part.kind !== 'month') end = readAll(fields[part.kind], end)
    else {
      const months = fields.months.map((month) => readAll([...month], end))
      end = add()
      for (const month of months) read(month, '', end)
    }
  }
  // The accepting state is the last one, whatever was added before it.
  read(end, '', add())
  return states
}

/** One or more: `width` digits that are not all zero, or more digits of which the first is no zero. */
function addSeq(
  from: number,
  width: number,
  digits: string,
  { add, read }: { add(): number; read(from: number, characters: string, to?: number): number },
): number {
  const nonZero = digits.replace('0', '')
  const end = add()
  let zeros = from
  let counted: number | undefined
  for (let place = 1; place <= width; place++) {
    const next = add()
    if (counted !== undefined) read(counted, digits, next)
    read(zeros, nonZero, next)
    counted = next
    if (place < width) zeros = read(zeros, '0')
  }
  if (counted !== undefined) read(counted, '', end)
  let long = read(from, nonZero)
  for (let place = 1; place <= width; place++) long = read(long, digits)
  read(long, digits, long)
  read(long, '', end)
  return end
}
