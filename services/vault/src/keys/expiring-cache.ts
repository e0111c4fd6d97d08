/** What a cache of unwrapped keys is made with. */
export interface ExpiringCacheOptions {
  /** Entries at most; beyond it the oldest goes first. */
  readonly maxEntries: number
  /** From the moment an entry is asked for; afterwards it is neither returned nor, once swept, held. */
  readonly ttlMs: number
  /** A clock that never goes back: with the time of day, a corrected clock would keep keys for longer. */
  readonly monotonicMs: () => number
}

/** Holds what is costly to fetch, for a bounded time and in bounded number. */
export interface ExpiringCache<V> {
  /** The value held under `key`, or else what `load` gives; callers that ask at once share one load. A failed load is not held. */
  get(key: string, load: () => Promise<V>): Promise<V>
  /** Forgets `key`, even while it is being loaded. */
  forget(key: string): void
  /** Drops what is too old, so that an idle process does not hold keys either. */
  sweep(): void
}

interface Entry<V> {
  readonly value: Promise<V>
  readonly since: number
}

export function expiringCache<V>({ maxEntries, ttlMs, monotonicMs }: ExpiringCacheOptions): ExpiringCache<V> {
  // A Map keeps the order of insertion and every entry lives equally long, so the oldest is always in front.
  const entries = new Map<string, Entry<V>>()

  function dropOld(): void {
    const oldest = monotonicMs() - ttlMs
    for (const [key, entry] of entries) {
      if (entry.since > oldest && entries.size <= maxEntries) return
      entries.delete(key)
    }
  }

  return {
    get(key, load) {
      const held = entries.get(key)
      const now = monotonicMs()
      if (held && held.since > now - ttlMs) return held.value
      const entry: Entry<V> = { value: load(), since: now }
      entries.delete(key)
      entries.set(key, entry)
      dropOld()
      entry.value.catch(() => {
        if (entries.get(key) === entry) entries.delete(key)
      })
      return entry.value
    },
    forget(key) {
      entries.delete(key)
    },
    sweep: dropOld,
  }
}
