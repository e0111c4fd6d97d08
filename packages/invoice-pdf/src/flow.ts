import { type Box, type Mark, moved } from './page.ts'

/** A box in the stream that is broken into pages. */
export interface FlowBox extends Box {
  /** White space above, dropped at the top of a page. */
  readonly gap?: number
  /** No page break between this box and the next, unless the chain is longer than a page. */
  readonly keepWithNext?: boolean
  /** A row of the line table, or a part of one; `carried` is the sum to carry over where a page ends below it. */
  readonly row?: { readonly carried?: string }
}

export interface Frame {
  /** Where the first page's stream begins; on the other pages it begins at `top`. */
  readonly firstTop: number
  readonly top: number
  readonly bottom: number
  /** Repeated above the rows of each further page. */
  readonly tableHead: Box
  /** The line that carries a sum over: below the last row of a page, and above the first of the next. */
  carry(sum: string, where: 'forward' | 'brought'): Box
}

/**
 * Fills pages from top to bottom. Chains stay together; a table that is broken carries its sum over and repeats its head.
 *
 * @returns The marks of each page, at least one.
 */
export function flow(boxes: readonly FlowBox[], frame: Frame): Mark[][] {
  const carryHeight = frame.carry('', 'forward').height
  const pages: Mark[][] = [[]]
  let y = frame.firstTop
  let previous: FlowBox | undefined
  let atTop = true

  const put = (box: Box) => {
    pages.at(-1)?.push(...moved(box.marks, y))
    y += box.height
  }
  const breakPage = (next: FlowBox) => {
    const carried = next.row ? previous?.row?.carried : undefined
    if (carried !== undefined) put(frame.carry(carried, 'forward'))
    pages.push([])
    y = frame.top
    atTop = true
    if (next.row && previous?.row) put(frame.tableHead)
    if (carried !== undefined) put(frame.carry(carried, 'brought'))
  }
  const heightOf = (chain: readonly FlowBox[]) =>
    chain.reduce((sum, box, i) => sum + box.height + (i === 0 && atTop ? 0 : (box.gap ?? 0)), 0)
  const overflows = (chain: readonly FlowBox[], following: FlowBox | undefined) =>
    y + heightOf(chain) + (chain.at(-1)?.row && following?.row ? carryHeight : 0) > frame.bottom

  let start = 0
  while (start < boxes.length) {
    const chain = chainFrom(boxes, start)
    const fits = heightOf(chain) <= frame.bottom - frame.top - frame.tableHead.height - 2 * carryHeight
    for (const [i, box] of chain.entries()) {
      const unit = fits ? chain : [box]
      const following = boxes[start + (fits ? chain.length : i + 1)]
      if ((i === 0 || !fits) && !isEmpty() && overflows(unit, following)) breakPage(box)
      if (!atTop) y += box.gap ?? 0
      put(box)
      atTop = false
      previous = box
    }
    start += chain.length
  }
  return pages

  function isEmpty(): boolean {
    return pages.length > 1 && atTop
  }
}

/** @returns The boxes from `start` to the first that may end a page. */
function chainFrom(boxes: readonly FlowBox[], start: number): FlowBox[] {
  let end = start
  while (end < boxes.length - 1 && boxes[end]?.keepWithNext) end++
  return boxes.slice(start, end + 1)
}
