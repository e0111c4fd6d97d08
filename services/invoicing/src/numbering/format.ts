import { FormatInvalid, FormatLacks, FormatTooLong } from './errors.ts'

/** Who counts: each account for itself, or the issuer for all of them. */
export type Scope = 'account' | 'issuer'
/** How often a series begins anew. */
export type Period = 'none' | 'year' | 'month'

/** How the documents of one type are numbered. */
export interface Numbering {
  readonly scope: Scope
  readonly period: Period
  /** Literals with `{customer}`, `{seq}` or `{seq:5}`, `{year}` and `{month}`. */
  readonly format: string
}

/** A piece of a format. A `seq` has at least `width` digits, filled up with zeros from the left. */
export type FormatPart =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'customer' | 'year' | 'month' }
  | { readonly kind: 'seq'; readonly width: number }

/** What stands before and behind the digits of a series' numbers, once customer and period are known. */
export interface Affixes {
  readonly prefix: string
  readonly suffix: string
  readonly seqWidth: number
}

/** The longest number that a format may print. Bookkeeping takes 36 characters (DATEV, field Belegfeld 1). */
export const NUMBER_LENGTH_MAX = 36
/** A counter up to which that holds: nobody issues a million million documents. */
export const SEQ_DIGITS = 12
/** Digits of the longest run that a counter of 64 bits prints. */
const SEQ_DIGITS_MAX = 19
const WIDTHS = { customer: 9, year: 4, month: 2 } as const

const PART = /\{(customer|year|month|seq)(?::([1-9]|1[0-2]))?\}|([A-Za-z0-9._/-]+)/gy

/**
 * Reads a format.
 *
 * @throws {FormatInvalid} It is not made of letters, digits, `.` `_` `/` `-` and placeholders, names one twice, has no `{seq}`, or
 *   begins with a sign that a spreadsheet takes for the beginning of a formula.
 */
export function parseFormat(format: string): FormatPart[] {
  const parts: FormatPart[] = []
  PART.lastIndex = 0
  while (PART.lastIndex < format.length) {
    const match = PART.exec(format)
    if (!match) throw new FormatInvalid('use letters, digits, . _ / - and {customer}, {seq}, {seq:5}, {year}, {month}')
    const [, name, width, text] = match
    if (text !== undefined) parts.push({ kind: 'literal', text })
    else if (name === 'seq') parts.push({ kind: 'seq', width: Number(width ?? 1) })
    else if (width !== undefined) throw new FormatInvalid('only {seq} takes a width')
    else parts.push({ kind: name as 'customer' | 'year' | 'month' })
  }
  const named = parts.map(({ kind }) => kind).filter((kind) => kind !== 'literal')
  if (new Set(named).size !== named.length) throw new FormatInvalid('a placeholder stands there twice')
  if (!named.includes('seq')) throw new FormatInvalid('{seq} is missing')
  if (/^[^A-Za-z0-9{]/.test(format)) throw new FormatInvalid('begin with a letter, a digit or a placeholder')
  return parts
}

/**
 * Checks that a format tells all the series of its scope and period apart, and says nothing that they do not know.
 *
 * @throws {FormatInvalid | FormatLacks | FormatTooLong}
 */
export function checkNumbering({ scope, period, format }: Numbering): void {
  const parts = parseFormat(format)
  const has = (kind: FormatPart['kind']) => parts.some((part) => part.kind === kind)
  if (scope === 'account' && !has('customer')) throw new FormatLacks('customer')
  if (scope === 'issuer' && has('customer')) throw new FormatInvalid('a series of the issuer has no one customer')
  if (period !== 'none' && !has('year')) throw new FormatLacks('year')
  if (period === 'month' && !has('month')) throw new FormatLacks('month')
  if (period === 'none' && has('year')) throw new FormatInvalid('a series without period has no one year')
  if (period !== 'month' && has('month')) throw new FormatInvalid('only a series of a month has one month')
  if (longest(parts) > NUMBER_LENGTH_MAX) throw new FormatTooLong(NUMBER_LENGTH_MAX)
}

function longest(parts: readonly FormatPart[]): number {
  const lengths = parts.map((part) => {
    if (part.kind === 'literal') return part.text.length
    return part.kind === 'seq' ? Math.max(part.width, SEQ_DIGITS) : WIDTHS[part.kind]
  })
  return lengths.reduce((sum, length) => sum + length, 0)
}

/**
 * The period that a day falls into, as a series stores it.
 *
 * @param day `YYYY-MM-DD`.
 * @returns Empty, `2026` or `2026-11`.
 */
export function periodOf(period: Period, day: string): string {
  return period === 'none' ? '' : day.slice(0, period === 'year' ? 4 : 7)
}

/** @param series What the placeholders of the format stand for in one series. */
export function resolveFormat(
  format: string,
  series: { readonly customerNumber: string; readonly period: string },
): Affixes {
  const parts = parseFormat(format)
  const print = (part: FormatPart) => {
    if (part.kind === 'literal') return part.text
    if (part.kind === 'customer') return series.customerNumber
    return part.kind === 'year' ? series.period.slice(0, 4) : series.period.slice(5)
  }
  const at = parts.findIndex(({ kind }) => kind === 'seq')
  return {
    prefix: parts.slice(0, at).map(print).join(''),
    suffix: parts
      .slice(at + 1)
      .map(print)
      .join(''),
    seqWidth: (parts[at] as FormatPart & { kind: 'seq' }).width,
  }
}

/** The longest number that a series can get, to check before the draw that it can be printed. */
export function longestNumber({ prefix, suffix }: Affixes): string {
  return `${prefix}${'9'.repeat(SEQ_DIGITS_MAX)}${suffix}`
}

/** A number as the series prints it; the draw does the same in SQL. */
export function printNumber({ prefix, suffix, seqWidth }: Affixes, seq: bigint): string {
  return `${prefix}${seq.toString().padStart(seqWidth, '0')}${suffix}`
}
