import type { Content } from './content.ts'
import { type FlowBox, flow } from './flow.ts'
import type { Fonts } from './fonts.ts'
import { layOutFooter } from './layout-footer.ts'
import { layOutCopy, layOutHead, layOutRunningHead } from './layout-head.ts'
import { layOutPayment, layOutSection } from './layout-sections.ts'
import { layOutTable } from './layout-table.ts'
import { layOutTotals } from './layout-totals.ts'
import type { Mark } from './page.ts'

/** White space as a share of the usual. The second is tried where the first leaves a page over. */
const DENSITY = 1
const DENSITY_COMPACT = 0.6
/** Saving one page of many is not worth a cramped table on all of them. */
const COMPACT_PAGES_MAX = 4

/**
 * Decides where everything stands.
 *
 * @param country The issuer's, for the place of the address.
 * @returns The marks of each page, in reading order.
 */
export function layOut(content: Content, fonts: Fonts, options: { country: string; hasLogo: boolean }): Mark[][] {
  const pages = layOutAt(DENSITY, content, fonts, options)
  if (pages.length === 1 || pages.length > COMPACT_PAGES_MAX) return pages
  const compact = layOutAt(DENSITY_COMPACT, content, fonts, options)
  return compact.length < pages.length ? compact : pages
}

function layOutAt(
  density: number,
  content: Content,
  fonts: Fonts,
  options: { country: string; hasLogo: boolean },
): Mark[][] {
  const head = layOutHead(content, fonts, options)
  const runningHead = layOutRunningHead(content, fonts)
  const footer = layOutFooter(content, fonts)
  const copy = layOutCopy(content, fonts)
  const table = layOutTable(content.table, fonts, density)
  const boxes: FlowBox[] = [
    { ...table.head, keepWithNext: true, row: {} },
    ...keptWithTotals(table.rows),
    ...layOutTotals(content.totals, content.vat, fonts, density),
    ...layOutPayment(content.payment, fonts, density),
    ...content.sections.flatMap((section) => layOutSection(section, fonts, density)),
  ]
  const pages = flow(boxes, {
    firstTop: head.bottom,
    top: runningHead.bottom,
    bottom: footer.top,
    tableHead: table.head,
    carry: table.carry,
  })
  return pages.map((marks, i) => [
    ...copy,
    ...(i === 0 ? head.marks : runningHead.marks),
    ...marks,
    ...footer.marks(i + 1, pages.length),
  ])
}

/** Totals never stand alone on a page: the last row goes with them. */
function keptWithTotals(rows: readonly FlowBox[]): FlowBox[] {
  return rows.map((row, i) => (i === rows.length - 1 ? { ...row, keepWithNext: true } : row))
}
