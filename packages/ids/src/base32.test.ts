import test from 'ava'
import fc from 'fast-check'
import { decodeBase32, encodeBase32 } from './base32.ts'

test('bytes of any length come back as they were written', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) =>
        Buffer.from(bytes).equals(decodeBase32(encodeBase32(bytes), bytes.length)),
      ),
    ),
  )
})

test('80 bits are 16 characters and 256 bits are 52, none of them i, l, o or u', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 10, maxLength: 10 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (short, long) =>
          /^[0-9a-hjkmnp-tv-z]{16}$/.test(encodeBase32(short)) && /^[0-9a-hjkmnp-tv-z]{52}$/.test(encodeBase32(long)),
      ),
    ),
  )
})
