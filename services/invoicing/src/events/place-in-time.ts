import type { Database } from '@kontor/postgres'
import type { Owner } from '../issuers/repo.ts'
import { BEGINNING, type Place } from './cursor.ts'
import { firstFrom } from './repo.ts'

/**
 * How much an event may be dated before another one of an earlier transaction: the clocks of two machines and the longest
 * transaction lie in between.
 */
const DISORDER_MS = 3_600_000

/**
 * Looks for a place before which every event is older than an instant. Transactions are in the order of time but for some disorder,
 * so that halving finds it in some forty questions.
 */
export async function startOf(database: Database, owner: Owner, from: Date, horizon: string): Promise<Place> {
  const before = new Date(from.getTime() - DISORDER_MS)
  let [low, high] = [0n, BigInt(horizon)]
  while (low < high) {
    const middle = (low + high) / 2n
    const first = await firstFrom(database, owner, String(middle))
    if (first !== undefined && first.at < before) low = middle + 1n
    else high = middle
  }
  return { tx: String(low), id: BEGINNING.id }
}
