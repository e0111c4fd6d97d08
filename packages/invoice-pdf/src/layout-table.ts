import type { ColumnKey, RowContent, TableContent } from './content-lines.ts'
import type { FlowBox } from './flow.ts'
import type { Fonts } from './fonts.ts'
import {
  type Box,
  HAIRLINE,
  INK,
  LEFT,
  type Mark,
  MUTED,
  RIGHT,
  rule,
  style,
  type TextStyle,
  textAt,
  textUpTo,
} from './page.ts'
import { wrap } from './wrap.ts'

/** Preferred size first. Numbers that leave no room for the description make the whole table smaller. */
const SIZES = [9.2, 8.6, 8, 7.4, 6.8, 6.2]
const NAME_WIDTH_MIN = 150
const UNIT_WIDTH_MAX = 62
const GAP = 10
/** Between a quantity and its unit. */
const UNIT_GAP = 6
/** Above and below the text of a row, at density 1. */
const PADDING = 4
/** A row of more lines than this may be broken over pages, else it stays whole. */
const WHOLE_ROW_LINES_MAX = 14

const KEYS: readonly ColumnKey[] = ['position', 'name', 'quantity', 'unit', 'price', 'vat', 'amount']
const RIGHT_ALIGNED: ReadonlySet<ColumnKey> = new Set(['quantity', 'price', 'vat', 'amount'])

interface Column {
  readonly x: number
  readonly width: number
}

interface TableLayout {
  readonly columns: Readonly<Record<ColumnKey, Column>>
  readonly body: TextStyle
  readonly small: TextStyle
  readonly head: TextStyle
  readonly strong: TextStyle
  readonly padding: number
}

export interface LaidOutTable {
  readonly head: Box
  readonly rows: readonly FlowBox[]
  carry(sum: string, where: 'forward' | 'brought'): Box
}

/** One line of a cell, and the column whose edge it keeps to. */
interface CellLine {
  readonly key: ColumnKey
  readonly text: string
  readonly style: TextStyle
}

/** @param density White space as a share of the usual: below 1 to fit one page less. */
export function layOutTable(table: TableContent, fonts: Fonts, density: number): LaidOutTable {
  const layout = measure(table, fonts, density)
  const { head: headStyle, strong, columns, padding } = layout
  const cell = (key: ColumnKey, text: string, top: number, textStyle: TextStyle): Mark =>
    RIGHT_ALIGNED.has(key)
      ? textUpTo(fonts, text, columns[key].x + columns[key].width, top, textStyle)
      : textAt(fonts, text, columns[key].x, top, textStyle)
  const headHeight = headStyle.leading + padding
  return {
    head: {
      height: headHeight,
      marks: [
        ...KEYS.map((key) => cell(key, table.heads[key].text, 0, headStyle)),
        rule(LEFT, RIGHT, headHeight, 0.9, INK),
      ],
    },
    rows: table.rows.flatMap((row) => rowBoxes(row, layout, fonts, cell)),
    carry: (sum, where) => {
      const label = where === 'forward' ? table.carriedForward : table.broughtForward
      const height = strong.leading + 2 * padding
      return {
        height,
        marks: [
          cell('name', label.text, padding, strong),
          cell('amount', sum, padding, strong),
          ...(where === 'brought' ? [rule(LEFT, RIGHT, height, 0.4, HAIRLINE)] : []),
        ],
      }
    },
  }
}

/** Numbers get the width they need, the description the rest. */
function measure(table: TableContent, fonts: Fonts, density: number): TableLayout {
  const padding = PADDING * density
  let layout = measureAt(SIZES[0] ?? 9, padding, table, fonts)
  for (const size of SIZES.slice(1)) {
    if (layout.columns.name.width >= NAME_WIDTH_MIN) break
    layout = measureAt(size, padding, table, fonts)
  }
  return layout
}

function measureAt(size: number, padding: number, table: TableContent, fonts: Fonts): TableLayout {
  const body = style(size)
  const small = style(size - 1, 'regular', MUTED)
  const head = style(size - 1.2, 'bold', MUTED)
  const strong = style(size, 'bold')
  const widest = (key: ColumnKey, texts: readonly string[], textStyle: TextStyle) =>
    Math.max(
      fonts[head.face].width(table.heads[key].text, head.size),
      ...texts.map((text) => fonts[textStyle.face].width(text, textStyle.size)),
    )
  const of = (key: 'position' | 'quantity' | 'unit' | 'price' | 'vat' | 'amount') =>
    table.rows.map((row) => row[key].text)
  const bases = table.rows.flatMap((row) => (row.priceBasis ? [row.priceBasis.text] : []))
  const widths = {
    position: widest('position', of('position'), body),
    quantity: widest('quantity', of('quantity'), body),
    unit: Math.min(widest('unit', of('unit'), body), UNIT_WIDTH_MAX),
    price: Math.max(widest('price', of('price'), body), widest('price', bases, small)),
    vat: widest('vat', of('vat'), body),
    // Sums that are carried over are wider than any amount, and bold.
    amount: Math.max(
      widest('amount', of('amount'), body),
      widest(
        'amount',
        table.rows.map((row) => row.carried.text),
        strong,
      ),
    ),
  }
  const taken = Object.values(widths).reduce((sum, width) => sum + width, 0)
  const name = RIGHT - LEFT - taken - 5 * GAP - UNIT_GAP
  const columns = {} as Record<ColumnKey, Column>
  let x = LEFT
  for (const key of KEYS) {
    const width = key === 'name' ? name : widths[key]
    columns[key] = { x, width }
    x += width + (key === 'quantity' ? UNIT_GAP : GAP)
  }
  return { columns, body, small, head, strong, padding }
}

/** A row as a stack of lines, so that a row longer than a page can be broken. */
function rowBoxes(
  row: RowContent,
  { columns, body, small, padding }: TableLayout,
  fonts: Fonts,
  cell: (key: ColumnKey, text: string, top: number, textStyle: TextStyle) => Mark,
): FlowBox[] {
  const wrapped = (text: string, key: ColumnKey, textStyle: TextStyle): CellLine[] =>
    wrap(text, fonts[textStyle.face], textStyle.size, columns[key].width).map((line) => ({
      key,
      text: line,
      style: textStyle,
    }))
  const stacks: CellLine[][] = [
    [{ key: 'position', text: row.position.text, style: body }],
    [...wrapped(row.name.text, 'name', body), ...row.details.flatMap((detail) => wrapped(detail.text, 'name', small))],
    [{ key: 'quantity', text: row.quantity.text, style: body }],
    wrapped(row.unit.text, 'unit', body),
    [
      { key: 'price', text: row.price.text, style: body },
      ...(row.priceBasis ? [{ key: 'price' as const, text: row.priceBasis.text, style: small }] : []),
    ],
    [{ key: 'vat', text: row.vat.text, style: body }],
    [{ key: 'amount', text: row.amount.text, style: body }],
  ]
  const count = Math.max(...stacks.map((stack) => stack.length))
  return Array.from({ length: count }, (_, i): FlowBox => {
    const isFirst = i === 0
    const isLast = i === count - 1
    const cells = stacks.flatMap((stack) => stack[i] ?? [])
    const leading = Math.max(...cells.map((line) => line.style.leading))
    const top = isFirst ? padding : 0
    const height = top + leading + (isLast ? padding : 0)
    const marks = cells.map((line) => cell(line.key, line.text, top + (leading - line.style.leading) / 2, line.style))
    return {
      height,
      marks: isLast ? [...marks, rule(LEFT, RIGHT, height, 0.4, HAIRLINE)] : marks,
      // At least two lines of a broken row stand on either side of the break.
      keepWithNext: !isLast && (count <= WHOLE_ROW_LINES_MAX || isFirst || i === count - 2),
      row: { carried: row.carried.text },
    }
  })
}
