/** What the test processor remembers of a charge, a refund or a registration, as JSON has it. */
export interface TestRecord {
  /** The request that made it, to recognise the same again. */
  readonly request: string
  readonly state: 'created' | 'requires_action' | 'pending' | 'authorized' | 'succeeded' | 'declined' | 'cancelled'
  readonly minor: string
  readonly currency: string
  readonly reason?: string
  /** Of a charge: how it ends, once somebody asks. */
  readonly ending?: 'succeeded' | 'declined'
  readonly endingReason?: string
  readonly refundedMinor?: string
  /** The keys of the changes that were carried out. */
  readonly keys: readonly string[]
}

/** Where the test processor keeps what it did, so that it can be asked again, by another process too. */
export interface TestStore {
  find(id: string): Promise<TestRecord | undefined>
  put(id: string, record: TestRecord): Promise<void>
  /** Keeps a record under an id that has none. @returns The one that was there before, and stays. */
  add(id: string, record: TestRecord): Promise<TestRecord | undefined>
}

/** For one process, for as long as it lives. */
export function memoryTestStore(): TestStore {
  const records = new Map<string, TestRecord>()
  return {
    find: async (id) => records.get(id),
    put: async (id, record) => {
      records.set(id, record)
    },
    add: async (id, record) => {
      const before = records.get(id)
      if (!before) records.set(id, record)
      return before
    },
  }
}
