import test from 'ava'
import { unwrapRow } from './unwrap-row.ts'

const rows = (...wrapped: (string | undefined)[]) => {
  const left = wrapped.map((text) => (text === undefined ? undefined : { wrapped: text }))
  return async () => left.shift()
}
const opensOnly = (text: string) => async (row: { wrapped: string }) => {
  if (row.wrapped !== text) throw new Error(`${row.wrapped} does not open`)
  return row.wrapped
}

test('a row that was wrapped anew in between is read again', async (t) => {
  t.is(await unwrapRow({ wrapped: 'a' }, rows('b', 'c'), opensOnly('c')), 'c')
})

test('a row that opens is not read again', async (t) => {
  t.is(await unwrapRow({ wrapped: 'a' }, () => Promise.reject(new Error('read')), opensOnly('a')), 'a')
})

test('a row that stays as it is fails as it failed', async (t) => {
  await t.throwsAsync(unwrapRow({ wrapped: 'a' }, rows('b', 'b'), opensOnly('c')), { message: 'b does not open' })
})

test('a row that is gone is nothing', async (t) => {
  t.is(await unwrapRow({ wrapped: 'a' }, rows(undefined), opensOnly('c')), undefined)
})

test('a row that always changes is given up', async (t) => {
  let n = 0
  const reread = async () => ({ wrapped: `row ${++n}` })
  await t.throwsAsync(unwrapRow({ wrapped: 'row 0' }, reread, opensOnly('none')))
  t.is(n, 5)
})
