/** A clock that stands still until a test moves it. */
export interface FixedClock {
  now(): Date
  /** Milliseconds since 1970. */
  nowMs(): number
  advance(ms: number): void
  set(instant: string): void
}

/** @param instant Where it starts, in ISO 8601. */
export function fixedClock(instant = '2026-11-23T10:00:00.000Z'): FixedClock {
  let ms = Date.parse(instant)
  return {
    now: () => new Date(ms),
    nowMs: () => ms,
    advance(by) {
      ms += by
    },
    set(to) {
      ms = Date.parse(to)
    },
  }
}
