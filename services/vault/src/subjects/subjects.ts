import { bucketOf, type NewId } from '@kontor/ids'
import { coalescer, type Database } from '@kontor/postgres'
import { type AccountRef, claimSubjects, findSubject, type OfferedSubject, type Subject } from './repo.ts'

/** The accounts whose payment data the vault holds. */
export interface Subjects {
  /** Finds the subject that an account is, and makes its row if there is none. */
  claim(account: AccountRef): Promise<Subject>
  /** @returns `undefined` for an account that the vault holds nothing of. Asked of the database each time. */
  find(account: AccountRef): Promise<Subject | undefined>
  /** Forgets that the account has a row. */
  forget(account: AccountRef): void
}

const BATCH_MAX = 256
const KNOWN_MAX = 10_000
const ATTEMPTS_MAX = 5

/**
 * Remembers which accounts have a row, so that most writes need not ask. Only that is remembered, never their state: each
 * write proves in its own statement that the account is active.
 */
export function subjects(database: Database, newId: NewId): Subjects {
  const known = new Map<string, Subject>()
  const claimOne = coalescer<OfferedSubject, Subject | undefined>({
    write: (batch) => claimSubjects(database, batch),
    batchMax: BATCH_MAX,
  })

  return {
    async claim(account) {
      const remembered = known.get(nameOf(account))
      if (remembered) return remembered
      const offered = { ...account, subjectId: newId(bucketOf(account.id)) }
      for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
        const claimed = await claimOne(offered)
        if (claimed === undefined) continue
        if (claimed.state === 'active') {
          if (known.size >= KNOWN_MAX) known.clear()
          known.set(nameOf(account), claimed)
        }
        return claimed
      }
      throw new Error('the row of an account was neither found nor made')
    },
    find: (account) => findSubject(database, account),
    forget(account) {
      known.delete(nameOf(account))
    },
  }
}

function nameOf({ id, tenantId, mode }: AccountRef): string {
  return `${tenantId} ${mode} ${id}`
}
