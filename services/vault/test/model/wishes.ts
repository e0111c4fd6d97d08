import fc from 'fast-check'
import type { Request } from './request.ts'
import { attachedMeanwhile, onToken } from './token-wishes.ts'
import { rivals, tokenizing } from './tokenize-wishes.ts'
import { HOUR_MS, upTo, type Wish, wish } from './wish.ts'

const again = fc
  .nat({ max: 30 })
  .map((n) =>
    wish(
      `repeat ${n}`,
      (known) => known.sent.at(-1 - (n % Math.max(known.sent.length, 1))) ?? { does: 'read', token: known.nobody },
    ),
  )

const listing = upTo(2).map((n) =>
  wish(`list ${n}`, ({ accounts }) => ({ does: 'list', account: accounts[n] as string })),
)

const onAccount = (n: number) =>
  fc.constantFrom('erase', 'hold', 'hold until', 'release').map((does) =>
    wish(`${does} ${n}`, ({ accounts, state }): Request => {
      const account = accounts[n] as string
      if (does === 'erase' || does === 'release') return { does, account }
      return { does: 'hold', account, untilMs: does === 'hold' ? null : state.nowMs + HOUR_MS }
    }),
  )

/** A request of any kind, the frequent ones more often. */
const any: fc.Arbitrary<Wish> = fc.oneof(
  { weight: 8, arbitrary: tokenizing },
  { weight: 3, arbitrary: again },
  { weight: 8, arbitrary: fc.nat({ max: 5 }).chain(onToken) },
  { weight: 1, arbitrary: listing },
  { weight: 1, arbitrary: upTo(2).chain(onAccount) },
)

const several = (arbitrary: fc.Arbitrary<Wish>, count: number) =>
  fc.array(arbitrary, { minLength: count, maxLength: count })

/** Two or three about one token. */
const aboutOneToken = fc
  .tuple(fc.nat({ max: 2 }), fc.constantFrom(2, 3))
  .chain(([n, count]) =>
    several(fc.oneof({ weight: 4, arbitrary: onToken(n) }, { weight: 1, arbitrary: again }), count),
  )

/** An erasure or a hold, and what it must not meet halfway. */
const aroundAccount = fc.tuple(onAccount(1), fc.oneof(several(onAccount(1), 1), rivals(1), several(any, 1)), any)

/** Requests that are sent at once: alone, any two or three, or such as get in each other's way. */
export const wishes: fc.Arbitrary<Wish[]> = fc.oneof(
  { weight: 3, arbitrary: several(any, 1) },
  { weight: 2, arbitrary: several(any, 2) },
  { weight: 1, arbitrary: several(any, 3) },
  { weight: 3, arbitrary: fc.constantFrom(2, 3).chain(rivals) },
  { weight: 3, arbitrary: aboutOneToken },
  { weight: 1, arbitrary: attachedMeanwhile },
  { weight: 1, arbitrary: aroundAccount.map(([first, others, last]) => [first, ...others, last]) },
)
