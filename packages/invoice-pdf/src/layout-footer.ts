import type { Content } from './content.ts'
import type { Fonts } from './fonts.ts'
import { HAIRLINE, LEFT, type Mark, MM, MUTED, PAGE_HEIGHT, RIGHT, rule, style, textAt, textUpTo } from './page.ts'
import { wrap } from './wrap.ts'

const BOTTOM = PAGE_HEIGHT - 9 * MM
const TEXT = style(7, 'regular', MUTED, 1.28)
const FIRST_LINE = style(7, 'bold', MUTED, 1.28)
const PAGE_LINE = style(7.6, 'regular', MUTED, 1.3)
const COLUMN_GAP = 12

export interface Footer {
  /** Where the footer begins and the stream of the document ends. */
  readonly top: number
  /** The same on every page but for its page number. */
  marks(page: number, pages: number): Mark[]
}

/** Columns about the issuer at the foot of the page, and above them which page of which document this is. */
export function layOutFooter(content: Content, fonts: Fonts): Footer {
  const columns = columnsOf(content, fonts)
  const lines = Math.max(0, ...columns.map((column) => column.lines.length))
  const textTop = BOTTOM - lines * TEXT.leading
  const ruleY = textTop - 5
  const pageTop = ruleY - PAGE_LINE.leading - 3
  const fixed = [
    rule(LEFT, RIGHT, ruleY, 0.4, HAIRLINE),
    ...columns.flatMap(({ x, lines }, c) =>
      lines.map((text, i) =>
        textAt(fonts, text, x, textTop + i * TEXT.leading, c === 0 && i === 0 ? FIRST_LINE : TEXT),
      ),
    ),
  ]
  return {
    top: pageTop - 8,
    marks: (page, pages) => {
      const text = `${content.heading.text} ${content.number.text} · ${content.page.text} ${page} ${content.of.text} ${pages}`
      const parts = wrap(text, fonts.regular, PAGE_LINE.size, RIGHT - LEFT)
      const top = pageTop - (parts.length - 1) * PAGE_LINE.leading
      return [...parts.map((part, i) => textUpTo(fonts, part, RIGHT, top + i * PAGE_LINE.leading, PAGE_LINE)), ...fixed]
    },
  }
}

/** Columns of their own width with equal space between; of equal width, wrapped, where they need more than the page has. */
function columnsOf({ footer }: Content, fonts: Fonts): { x: number; lines: string[] }[] {
  const width = RIGHT - LEFT
  // The issuer's name is bold, even where it takes more than one line.
  const faceOf = (column: number, row: number) => (column === 0 && row === 0 ? fonts.bold : fonts.regular)
  const natural = footer.map((column, c) =>
    Math.max(...column.map(({ text }, row) => faceOf(c, row).width(text, TEXT.size))),
  )
  const free = width - natural.reduce((sum, own) => sum + own, 0)
  const gaps = footer.length - 1
  const fits = free >= gaps * COLUMN_GAP
  const equal = (width - gaps * COLUMN_GAP) / footer.length
  let x = LEFT
  return footer.map((column, i) => {
    const own = fits ? (natural[i] ?? 0) : equal
    // The hundredth of a point is for the widest line, whose own width this is.
    const lines = column.flatMap(({ text }, row) => wrap(text, faceOf(i, row), TEXT.size, own + 0.01))
    const placed = { x, lines }
    x += own + (fits ? free / Math.max(gaps, 1) : COLUMN_GAP)
    return placed
  })
}
