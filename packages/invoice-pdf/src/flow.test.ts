import test from 'ava'
import fc from 'fast-check'
import { type FlowBox, type Frame, flow } from './flow.ts'
import { type Box, type Mark, style } from './page.ts'

/** A box that shows its name at its upper edge. */
const box = (name: string, height = 10): Box => ({ height, marks: [named(name)] })
const named = (text: string): Mark => ({ kind: 'text', x: 0, y: 0, width: 1, text, style: style(10) })
const row = (name: string, carried: string): FlowBox => ({ ...box(name), row: { carried } })

const FRAME: Frame = {
  firstTop: 50,
  top: 0,
  bottom: 100,
  tableHead: box('head'),
  carry: (sum, where) => box(`${where} ${sum}`),
}
const shown = (pages: Mark[][]) => pages.map((marks) => marks.map((mark) => (mark.kind === 'text' ? mark.text : '')))

test('what fits stays on the first page', (t) => {
  t.deepEqual(shown(flow([box('a'), box('b')], FRAME)), [['a', 'b']])
})

test('a table that is broken carries its sum over and repeats its head', (t) => {
  const rows = ['1', '2', '3', '4', '5', '6'].map((name) => row(name, `sum ${name}`))
  t.deepEqual(shown(flow([{ ...box('head'), keepWithNext: true, row: {} }, ...rows], FRAME)), [
    ['head', '1', '2', '3', 'forward sum 3'],
    ['head', 'brought sum 3', '4', '5', '6'],
  ])
})

test('the sum that is carried over has its place reserved', (t) => {
  const rows = Array.from({ length: 40 }, (_, i) => row(String(i), String(i)))
  for (const marks of flow(rows, FRAME)) {
    for (const mark of marks) t.true(mark.y + 10 <= FRAME.bottom)
  }
})

test('totals take the last row with them and leave no head behind', (t) => {
  const rows = ['1', '2', '3'].map((name) => row(name, `sum ${name}`))
  const chained = rows.map((last, i) => (i === 2 ? { ...last, keepWithNext: true } : last))
  t.deepEqual(shown(flow([...chained, box('totals', 25)], FRAME)), [
    ['1', '2', 'forward sum 2'],
    ['head', 'brought sum 2', '3', 'totals'],
  ])
})

test('behind the table nothing is carried over', (t) => {
  t.deepEqual(shown(flow([row('1', 'sum'), box('totals'), box('terms', 40)], FRAME)), [['1', 'totals'], ['terms']])
})

test('white space is dropped at the top of a page', (t) => {
  const [, second] = flow([box('a', 45), { ...box('b'), gap: 30 }], FRAME)
  t.is(second?.[0]?.y, FRAME.top)
})

test('a chain longer than a page is broken all the same', (t) => {
  const chain = Array.from({ length: 30 }, (_, i): FlowBox => ({ ...box(String(i)), keepWithNext: true }))
  const pages = flow(chain, FRAME)
  t.is(pages.flat().length, 30)
  for (const mark of pages.flat()) t.true(mark.y + 10 <= FRAME.bottom)
})

test('every box is drawn once, in order, whatever the pages', (t) => {
  const boxes = fc.array(
    fc.record({
      height: fc.integer({ min: 1, max: 60 }),
      keepWithNext: fc.boolean(),
      gap: fc.integer({ min: 0, max: 20 }),
    }),
    { minLength: 1, maxLength: 40 },
  )
  fc.assert(
    fc.property(boxes, (given) => {
      const pages = flow(
        given.map((one, i) => ({ ...one, ...box(String(i), one.height) })),
        FRAME,
      )
      t.deepEqual(
        shown(pages).flat(),
        given.map((_, i) => String(i)),
      )
      t.true(
        pages.every((page, i) => i === 0 || page.length > 0),
        'only the first page can be left to its head',
      )
    }),
  )
})
