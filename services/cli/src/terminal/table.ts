/** A column of a table for people. */
export interface Column<Row> {
  readonly title: string
  readonly value: (row: Row) => string
  readonly align?: 'left' | 'right'
  /** Longer values are cut, with an ellipsis. */
  readonly maxWidth?: number
}

const GAP = '  '

/**
 * Lays out rows in columns that are as wide as their content, and no wider.
 *
 * @returns Lines without trailing blanks: the titles, a rule, the rows.
 */
export function layOutTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const cells = columns.map((column) => rows.map((row) => cut(column.value(row), column.maxWidth)))
  const widths = columns.map(({ title }, at) => Math.max(widthOf(title), ...(cells[at] ?? []).map(widthOf)))
  const line = (texts: readonly string[]) =>
    texts
      .map((text, at) => pad(text, widths[at] ?? 0, columns[at]?.align))
      .join(GAP)
      .trimEnd()
  return [
    line(columns.map(({ title }) => title)),
    widths.map((width) => '─'.repeat(width)).join(GAP),
    ...rows.map((_, row) => line(cells.map((column) => column[row] ?? ''))),
  ]
}

/** @returns How many cells of a terminal a text takes: combining marks take none, wide characters of East Asia two. */
export function widthOf(text: string): number {
  let width = 0
  for (const { segment } of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)) {
    width += WIDE.test(segment) ? 2 : 1
  }
  return width
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u

function cut(text: string, maxWidth = Number.POSITIVE_INFINITY): string {
  if (widthOf(text) <= maxWidth) return text
  let kept = ''
  for (const { segment } of new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)) {
    if (widthOf(kept + segment) > maxWidth - 1) break
    kept += segment
  }
  return `${kept.trimEnd()}…`
}

function pad(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const blanks = ' '.repeat(Math.max(0, width - widthOf(text)))
  return align === 'left' ? text + blanks : blanks + text
}
