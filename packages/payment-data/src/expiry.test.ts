import test from 'ava'
import fc from 'fast-check'
import { ExpiredCard, InvalidExpiry } from './errors.ts'
import { parseExpiry } from './expiry.ts'

test('a card is good until the last day of its month', (t) => {
  t.deepEqual(parseExpiry(11, 2026, '2026-11-30'), { month: 11, year: 2026 })
  t.throws(() => parseExpiry(11, 2026, '2026-12-01'), { instanceOf: ExpiredCard })
  t.deepEqual(parseExpiry(1, 2027, '2026-12-31'), { month: 1, year: 2027 })
  t.throws(() => parseExpiry(12, 2026, '2027-01-01'), { instanceOf: ExpiredCard })
})

test('an expired card has a code of its own', (t) => {
  const error = t.throws(() => parseExpiry(1, 2020, '2026-11-23'), { instanceOf: ExpiredCard })
  t.is(error.code, 'card_expired')
  t.is(error.status, 422)
})

for (const [month, year, because] of [
  [0, 2030, /month/],
  [13, 2030, /month/],
  [1.5, 2030, /month/],
  [Number.NaN, 2030, /month/],
  [1, 30, /four digits/],
  [1, 20301, /four digits/],
  [1, 2030.5, /four digits/],
  [1, 2077, /too far/],
] as const) {
  test(`${month}/${year} is no expiry date`, (t) => {
    const error = t.throws(() => parseExpiry(month, year, '2026-11-23'), {
      instanceOf: InvalidExpiry,
      message: because,
    })
    t.is(error.code, 'invalid_expiry')
  })
}

test('a day that is not of the form YYYY-MM-DD is our own mistake', (t) => {
  t.throws(() => parseExpiry(1, 2030, '23.11.2026'), { instanceOf: RangeError })
})

test('a card is refused as expired exactly when its month is over', (t) => {
  const months = fc.record({ month: fc.integer({ min: 1, max: 12 }), year: fc.integer({ min: 2000, max: 2050 }) })
  const text = ({ month, year }: { month: number; year: number }) => `${year}-${String(month).padStart(2, '0')}`
  t.notThrows(() =>
    fc.assert(
      fc.property(months, months, (card, now) => {
        try {
          parseExpiry(card.month, card.year, `${text(now)}-15`)
          return text(card) >= text(now)
        } catch (error) {
          return error instanceof ExpiredCard && text(card) < text(now)
        }
      }),
    ),
  )
})
