import test from 'ava'
import { newKey } from './new-key.ts'

test('a key has no digit that could be part of a card number, and comes once', (t) => {
  const keys = Array.from({ length: 1_000 }, newKey)
  for (const key of keys) t.regex(key, /^cli-[a-p]{32}$/)
  t.is(new Set(keys).size, keys.length)
})
