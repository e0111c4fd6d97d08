/** A pattern, and what it stands for. */
export interface Pattern<T> {
  readonly bytes: Uint8Array
  readonly means: T
}

/** Every pattern has at least as many bytes, and its first ones are what decides whether it is looked at. */
const WINDOW = 8
const BLOCK = 3
const SHIFT_MAX = WINDOW - BLOCK + 1
const TABLE_SIZE = 2 ** 20

/** The shortest pattern that can be searched for. */
export const PATTERN_BYTES_MIN = WINDOW

/**
 * Makes a search for very many patterns at once. It looks at the last three bytes of a window and moves on as far as no pattern can
 * begin (S. Wu, U. Manber, "A fast algorithm for multi-pattern searching", 1994). Where one could, a hash of the window decides:
 * in a text of digits every window ends like some pattern.
 *
 * @param patterns Of at least `PATTERN_BYTES_MIN` bytes each.
 * @returns A function that gives what each pattern that occurs stands for, once.
 */
export function byteSearch<T>(patterns: readonly Pattern<T>[]): (bytes: Uint8Array) => Set<T> {
  const shifts = new Uint8Array(TABLE_SIZE).fill(SHIFT_MAX)
  const beginnings = new Uint8Array(TABLE_SIZE)
  const beginningWith = new Map<number, Pattern<T>[]>()
  for (const pattern of patterns) {
    if (pattern.bytes.length < WINDOW) throw new RangeError(`a pattern has less than ${WINDOW} bytes`)
    for (let at = 0; at < SHIFT_MAX; at += 1) {
      const block = blockAt(pattern.bytes, at)
      shifts[block] = Math.min(shifts[block] as number, SHIFT_MAX - 1 - at)
    }
    const beginning = windowAt(pattern.bytes, 0)
    beginnings[beginning & (TABLE_SIZE - 1)] = 1
    const others = beginningWith.get(beginning)
    if (others) others.push(pattern)
    else beginningWith.set(beginning, [pattern])
  }
  return (bytes) => {
    const found = new Set<T>()
    let at = 0
    while (at + WINDOW <= bytes.length) {
      const shift = shifts[blockAt(bytes, at + SHIFT_MAX - 1)] as number
      if (shift === 0) {
        const beginning = windowAt(bytes, at)
        if (beginnings[beginning & (TABLE_SIZE - 1)] === 1) {
          for (const { bytes: pattern, means } of beginningWith.get(beginning) ?? []) {
            if (standsAt(bytes, at, pattern)) found.add(means)
          }
        }
      }
      at += Math.max(shift, 1)
    }
    return found
  }
}

/** Three bytes as an index of a table. */
function blockAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number
  return ((first << 12) ^ ((bytes[at + 1] as number) << 6) ^ (bytes[at + 2] as number)) & (TABLE_SIZE - 1)
}

/** FNV-1a of the bytes of a window, in 32 bits. */
function windowAt(bytes: Uint8Array, from: number): number {
  let hash = 0x811c9dc5
  for (let at = from; at < from + WINDOW; at += 1) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193)
  return hash ^ (hash >>> 15)
}

function standsAt(bytes: Uint8Array, from: number, pattern: Uint8Array): boolean {
  if (from + pattern.length > bytes.length) return false
  for (let at = 0; at < pattern.length; at += 1) if (bytes[from + at] !== pattern[at]) return false
  return true
}
