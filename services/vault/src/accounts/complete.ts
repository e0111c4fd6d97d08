import type { Database } from '@kontor/postgres'
import type { Deks } from '../keys/deks.ts'
import { failClosed } from '../keys/fail-closed.ts'
import type { Signer } from '../signing/signer.ts'
import { type Completed, type Erasure, receiptOf } from './account.ts'
import { completeErasure, findErasure, listUnfinished } from './repo.ts'
import { finalAt } from './rules.ts'
import { bury, keepReceipt } from './tombstones.ts'

/** What follows on the destruction of the data: the keys, and the receipt. */
export interface CompleteDeps {
  /** `kontor_vault`. */
  readonly vault: Database
  /** `kontor_keys`. */
  readonly keys: Database
  readonly deks: Deks
  readonly signs: Signer
  readonly now: () => Date
  /** How long a backup of `kontor_keys` is kept, in days. */
  readonly backupRetentionDays: number
}

const PAGE = 100

/**
 * Makes what completes an erasure whose data are destroyed and committed: the tombstone and the destruction of the keys, in
 * one transaction, then the signed receipt. Each step may be done again, by anyone and at once with others: the first
 * tombstone and the first receipt stay. So nothing is locked meanwhile, and whoever finds an erasure half done finishes it.
 */
export function completer({ vault, keys, deks, signs, now, backupRetentionDays }: CompleteDeps) {
  /** @throws {Unavailable} 503 when the keys cannot be reached; the erasure stays to be completed. */
  async function complete(erasure: Erasure): Promise<Completed> {
    const keysDestroyedAt = now()
    const offered = erasure.done ?? {
      keysDestroyedAt,
      finalAt: finalAt(keysDestroyedAt, backupRetentionDays),
      receipt: null,
    }
    const { tombstone, versions } = await failClosed(() => bury(keys, { ...erasure, ...offered }))
    deks.forgetDestroyed({ tenantId: erasure.tenantId, id: erasure.subjectId }, versions)
    if (erasure.done && tombstone.receipt !== null) return erasure.done
    const receipt =
      erasure.done?.receipt ?? tombstone.receipt ?? (await signs.sign('kontor-erasure+jwt', receiptOf(tombstone)))
    // First where retries look for it: a receipt that is given away stands in both databases, and is the only one.
    await completeErasure(vault, erasure.subjectId, { ...tombstone, receipt })
    const stored = await findErasure(vault, erasure.subjectId)
    if (!stored?.done) throw new Error('an erasure went away while it was completed')
    await failClosed(() => keepReceipt(keys, erasure.subjectId, stored.done?.receipt as string))
    return stored.done
  }

  return {
    complete,

    /** Completes what a process that died has left. @returns How many erasures there were. */
    async completeAll(): Promise<number> {
      let count = 0
      let after: string | undefined
      for (;;) {
        const page = await listUnfinished(vault, PAGE, after)
        for (const erasure of page) await complete(erasure)
        count += page.length
        after = page.at(-1)?.subjectId
        if (page.length < PAGE) return count
      }
    },
  }
}

export type Completer = ReturnType<typeof completer>
