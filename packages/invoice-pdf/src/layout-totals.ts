import type { TotalsContent, VatContent } from './content-totals.ts'
import type { FlowBox } from './flow.ts'
import type { Fonts } from './fonts.ts'
import {
  ACCENT,
  type Box,
  HAIRLINE,
  INK,
  LEFT,
  type Mark,
  MM,
  MUTED,
  moved,
  RIGHT,
  rule,
  style,
  type TextStyle,
  textAt,
  textUpTo,
} from './page.ts'
import type { Printed } from './printed.ts'
import { wrap } from './wrap.ts'

const STEP = style(9.5, 'regular', INK, 1.48)
const PAYABLE = style(12.5, 'bold', INK, 1.3)
const HEAD = style(8, 'bold', MUTED, 1.4)
const VAT = style(8.5, 'regular', INK, 1.45)
const NOTE = style(7.8, 'regular', MUTED, 1.3)

const TOTALS_WIDTH = 85 * MM
const VAT_WIDTH = 66 * MM
const GAP = 14
/** A taller block than this is broken into its rows rather than kept in one piece. */
const WHOLE_HEIGHT_MAX = 300

/**
 * The totals on the right and the VAT breakdown beside them on the left; below them, where large amounts need more room.
 *
 * @returns Boxes that stay together unless they would fill most of a page.
 */
export function layOutTotals(totals: TotalsContent, vat: VatContent, fonts: Fonts, density: number): FlowBox[] {
  const right = totalsBoxes(totals, fonts)
  const left = vatBoxes(vat, fonts, LEFT + VAT_WIDTH)
  const rightHeight = heightOf(right.boxes)
  if (
    left.fits &&
    right.left >= LEFT + VAT_WIDTH + GAP &&
    Math.max(rightHeight, heightOf(left.boxes)) <= WHOLE_HEIGHT_MAX
  ) {
    return [{ gap: 12 * density, ...sideBySide(left.boxes, right.boxes) }]
  }
  const below = vatBoxes(vat, fonts, RIGHT).boxes
  return [...chain(right.boxes, 12 * density), ...chain(below, 14 * density)]
}

/** The first and the last two boxes never part; more only where they are few. */
function chain(boxes: readonly Box[], gap: number): FlowBox[] {
  const isWhole = heightOf(boxes) <= WHOLE_HEIGHT_MAX
  return boxes.map((box, i) => ({
    ...box,
    ...(i === 0 ? { gap } : {}),
    keepWithNext: i < boxes.length - 1 && (isWhole || i === 0 || i === boxes.length - 2),
  }))
}

function sideBySide(left: readonly Box[], right: readonly Box[]): Box {
  return {
    height: Math.max(heightOf(left), heightOf(right)),
    marks: [...stacked(left), ...stacked(right)],
  }
}

function stacked(boxes: readonly Box[]): Mark[] {
  let y = 0
  return boxes.flatMap((box) => {
    const marks = moved(box.marks, y)
    y += box.height
    return marks
  })
}

function heightOf(boxes: readonly Box[]): number {
  return boxes.reduce((sum, box) => sum + box.height, 0)
}

/** @returns The rows, and where the block begins: further left than usual when the amounts are long. */
function totalsBoxes({ steps, payable }: TotalsContent, fonts: Fonts): { boxes: Box[]; left: number } {
  const widthOf = ({ text }: Printed, textStyle: TextStyle) => fonts[textStyle.face].width(text, textStyle.size)
  const amountWidth = Math.max(...steps.map((step) => widthOf(step.value, STEP)))
  const payableWidth = widthOf(payable.label, PAYABLE) + GAP + widthOf(payable.value, PAYABLE)
  const left = Math.max(LEFT, RIGHT - Math.max(TOTALS_WIDTH, payableWidth, amountWidth + GAP + 100))
  const boxes = steps.map(({ label, value }): Box => {
    const lines = wrap(label.text, fonts[STEP.face], STEP.size, RIGHT - left - GAP - amountWidth)
    return {
      height: lines.length * STEP.leading,
      marks: [
        ...lines.map((text, i) => textAt(fonts, text, left, i * STEP.leading, STEP)),
        textUpTo(fonts, value.text, RIGHT, (lines.length - 1) * STEP.leading, STEP),
      ],
    }
  })
  return { boxes: [...boxes, payableBox(payable, left, fonts)], left }
}

function payableBox({ label, value }: TotalsContent['payable'], left: number, fonts: Fonts): Box {
  const top = 5
  const height = top + 5 + PAYABLE.leading + 5
  return {
    height,
    marks: [
      rule(left, RIGHT, top, 0.9, INK),
      textAt(fonts, label.text, left, top + 5, PAYABLE),
      textUpTo(fonts, value.text, RIGHT, top + 5, PAYABLE),
      rule(left, RIGHT, height, 1.8, ACCENT),
    ],
  }
}

/** @returns The breakdown between the left margin and `right`, and whether its numbers had the room they need. */
function vatBoxes(
  { heading, heads, rows, notes }: VatContent,
  fonts: Fonts,
  right: number,
): { boxes: Box[]; fits: boolean } {
  const widest = (key: 'rate' | 'base' | 'tax') =>
    Math.max(
      fonts[HEAD.face].width(heads[key].text, HEAD.size),
      ...rows.map((row) => fonts[VAT.face].width(row[key].text, VAT.size)),
    )
  const [rate, base, tax] = [widest('rate'), widest('base'), widest('tax')]
  const needed = rate + base + tax + 2 * GAP
  // Wide columns stand close to their labels, not at the far end of the page.
  const taxRight = Math.min(right, LEFT + Math.max(needed, VAT_WIDTH))
  const baseRight = taxRight - Math.max(tax, 52) - GAP
  const cells = (
    row: Readonly<Record<'rate' | 'base' | 'tax', Printed>>,
    top: number,
    textStyle: TextStyle,
  ): Mark[] => [
    textAt(fonts, row.rate.text, LEFT, top, textStyle),
    textUpTo(fonts, row.base.text, baseRight, top, textStyle),
    textUpTo(fonts, row.tax.text, taxRight, top, textStyle),
  ]
  const headHeight = HEAD.leading + 3
  const boxes: Box[] = [
    // Two points bring its baseline to that of the first step beside it.
    { height: HEAD.leading + 4, marks: [textAt(fonts, heading.text, LEFT, 2, HEAD)] },
    { height: headHeight + 2, marks: [...cells(heads, 0, HEAD), rule(LEFT, taxRight, headHeight, 0.4, HAIRLINE)] },
    ...rows.map((row): Box => {
      const said = row.note ? wrap(row.note.text, fonts[NOTE.face], NOTE.size, taxRight - LEFT) : []
      return {
        height: VAT.leading + said.length * NOTE.leading + (said.length > 0 ? 3 : 0),
        marks: [
          ...cells(row, 0, VAT),
          ...said.map((text, i) => textAt(fonts, text, LEFT, VAT.leading + i * NOTE.leading, NOTE)),
        ],
      }
    }),
    ...notes.flatMap(({ text }) =>
      wrap(text, fonts[NOTE.face], NOTE.size, taxRight - LEFT).map((part): Box => {
        return { height: NOTE.leading, marks: [textAt(fonts, part, LEFT, 0, NOTE)] }
      }),
    ),
  ]
  return { boxes, fits: needed <= right - LEFT }
}
