import type { Section } from './content.ts'
import type { PaymentContent } from './content-payment.ts'
import type { FlowBox } from './flow.ts'
import type { Fonts } from './fonts.ts'
import { type Box, INK, LEFT, type Mark, MM, MUTED, RIGHT, style, textAt } from './page.ts'
import type { Pair, Printed } from './printed.ts'
import { wrap } from './wrap.ts'

const HEADING = style(9.5, 'bold', INK, 1.5)
const BODY = style(9.2, 'regular', INK, 1.36)
const LABEL = style(9.2, 'regular', MUTED, 1.36)
const VALUE = style(9.2, 'bold', INK, 1.36)

const SECTION_GAP = 15
const PARAGRAPH_GAP = 5
const LABEL_GAP = 10
/** Groups of details stand in two columns; the second begins where the totals do. */
const COLUMNS = [
  { x: LEFT, right: RIGHT - 85 * MM - 12 },
  { x: RIGHT - 85 * MM, right: RIGHT },
] as const

/** What is said about paying, in one piece. */
export function layOutPayment(
  { heading, sentences, details }: PaymentContent,
  fonts: Fonts,
  density: number,
): FlowBox[] {
  const boxes = [
    headingBox(heading, fonts, density),
    ...sentences.flatMap((sentence) => lines(sentence, fonts)),
    ...detailRows(details, fonts).map((box) => ({ ...box, gap: PARAGRAPH_GAP })),
  ]
  return boxes.map((box, i) => ({ ...box, keepWithNext: i < boxes.length - 1 }))
}

export function layOutSection({ heading, paragraphs }: Section, fonts: Fonts, density: number): FlowBox[] {
  const firstGap = heading ? 0 : SECTION_GAP * density
  return [
    ...(heading ? [headingBox(heading, fonts, density)] : []),
    ...paragraphs.flatMap((paragraph, i) => lines(paragraph, fonts, i === 0 ? firstGap : PARAGRAPH_GAP)),
  ]
}

function headingBox({ text }: Printed, fonts: Fonts, density: number): FlowBox {
  const marks = [textAt(fonts, text, LEFT, 0, HEADING)]
  return { gap: SECTION_GAP * density, keepWithNext: true, height: HEADING.leading, marks }
}

/** The lines of a paragraph; its first two and its last two stay on one page. */
function lines({ text }: Printed, fonts: Fonts, gap = 0): FlowBox[] {
  const wrapped = wrap(text, fonts[BODY.face], BODY.size, RIGHT - LEFT)
  return wrapped.map((part, i) => ({
    ...(i === 0 ? { gap } : {}),
    height: BODY.leading,
    marks: [textAt(fonts, part, LEFT, 0, BODY)],
    keepWithNext: i < wrapped.length - 1 && (i === 0 || i === wrapped.length - 2),
  }))
}

/** @returns One box for each two groups, side by side. */
function detailRows(groups: readonly (readonly Pair[])[], fonts: Fonts): Box[] {
  const labelWidths = COLUMNS.map((_, c) =>
    Math.max(
      0,
      ...groups
        .filter((_, g) => g % COLUMNS.length === c)
        .flat()
        .map(({ label }) => fonts[LABEL.face].width(label.text, LABEL.size)),
    ),
  )
  return Array.from({ length: Math.ceil(groups.length / COLUMNS.length) }, (_, row) => {
    const cells = COLUMNS.map((column, c) =>
      detailCell(groups[row * COLUMNS.length + c] ?? [], column, (labelWidths[c] ?? 0) + LABEL_GAP, fonts),
    )
    return { height: Math.max(...cells.map((cell) => cell.height)), marks: cells.flatMap((cell) => cell.marks) }
  })
}

function detailCell(
  group: readonly Pair[],
  { x, right }: { x: number; right: number },
  indent: number,
  fonts: Fonts,
): Box {
  const marks: Mark[] = []
  let y = 0
  for (const { label, value } of group) {
    marks.push(textAt(fonts, label.text, x, y, LABEL))
    for (const part of wrap(value.text, fonts[VALUE.face], VALUE.size, right - x - indent)) {
      marks.push(textAt(fonts, part, x + indent, y, VALUE))
      y += VALUE.leading
    }
  }
  return { height: y, marks }
}
