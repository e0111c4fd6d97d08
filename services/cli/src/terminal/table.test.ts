import test from 'ava'
import { layOutTable, widthOf } from './table.ts'

const columns = [
  { title: 'Name', value: (row: readonly [string, string]) => row[0], maxWidth: 8 },
  { title: 'Total', value: (row: readonly [string, string]) => row[1], align: 'right' as const },
]

test('columns are as wide as what stands in them, numbers to the right, without trailing blanks', (t) => {
  t.deepEqual(
    layOutTable(columns, [
      ['Ä', '1.00'],
      ['Bo', '1,000.00'],
    ]),
    ['Name     Total', '────  ────────', 'Ä         1.00', 'Bo    1,000.00'],
  )
})

test('a long value is cut with an ellipsis, never in the middle of a character', (t) => {
  t.is(layOutTable(columns, [['Abcdefghi', '1']])[2], 'Abcdefg…      1')
  t.is(layOutTable(columns, [['Abcdef👩‍👩‍👧x', '1']])[2], 'Abcdef…      1')
})

test('a table without rows is its titles', (t) => {
  t.deepEqual(layOutTable(columns, []), ['Name  Total', '────  ─────'])
})

test('combining marks take no room and East Asian characters two cells', (t) => {
  t.is(widthOf('e\u0301'), 1)
  t.is(widthOf('商店'), 4)
})
