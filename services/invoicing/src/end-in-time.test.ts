import test from 'ava'
import { endInTime } from './end-in-time.ts'

test('what ends in time is waited for', async (t) => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const ended = endInTime(promise, 60_000)
  resolve()
  t.true(await ended)
})

test('what never ends is left behind', async (t) => {
  t.false(await endInTime(new Promise(() => {}), 10))
})

test('what fails on the way says so', async (t) => {
  await t.throwsAsync(endInTime(Promise.reject(new Error('no')), 60_000), { message: 'no' })
})
