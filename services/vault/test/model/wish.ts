import fc from 'fast-check'
import type { Request } from './request.ts'
import type { State } from './state.ts'

/** What a client may know when it decides what to ask. */
export interface Known {
  readonly accounts: readonly string[]
  /** Every token that was ever answered, in the order of the answers. */
  readonly tokens: readonly string[]
  /** Every request under an Idempotency-Key that was ever sent. */
  readonly sent: readonly Extract<Request, { idempotencyKey: string }>[]
  /** One of the states that the vault may be in. */
  readonly state: State
  /** An id of a token that never was. */
  readonly nobody: string
}

/**
 * A request of which only so much is decided as makes sense before the run: a token is “the last but two there is then”. So a
 * failing run can be made shorter, and still says something.
 */
export type Wish = (known: Known) => Request

export const HOUR_MS = 3_600_000

/** @param text What the report of a failure calls it. */
export function wish(text: string, make: Wish): Wish {
  return Object.assign(make, { [fc.toStringMethod]: () => text, toString: () => text })
}

export const upTo = (count: number): fc.Arbitrary<number> => fc.nat({ max: count - 1 })

/** Mostly the first, so that requests meet; sometimes another. */
export const mostlyFirst = (count: number): fc.Arbitrary<number> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: upTo(count) })

export const seldom = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary })
