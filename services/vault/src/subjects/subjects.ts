import { coalescer, type Database } from '@kontor/postgres'
import { type Claim, type ClaimedSubject, claimSubjects, isErased } from './repo.ts'

/** The accounts whose payment data the vault holds. */
export interface Subjects {
  /** Makes the account's row if there is none, and says whose it is. */
  claim(subject: ClaimedSubject): Promise<Claim>
  /** Whether the account was erased. */
  isErased(subject: ClaimedSubject): Promise<boolean>
  /** Forgets that the account has a row. */
  forget(subject: ClaimedSubject): void
}

const BATCH_MAX = 256
const KNOWN_MAX = 10_000
const ATTEMPTS_MAX = 5

/**
 * Remembers which accounts have a row, so that most writes need not ask. Only that is remembered, never their state: each
 * write proves in its own statement that the account is active.
 */
export function subjects(database: Database): Subjects {
  const known = new Set<string>()
  const claimOne = coalescer<ClaimedSubject, Claim | undefined>({
    write: (batch) => claimSubjects(database, batch),
    batchMax: BATCH_MAX,
  })

  return {
    async claim(subject) {
      if (known.has(nameOf(subject))) return 'mine'
      for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
        const claim = await claimOne(subject)
        if (claim === undefined) continue
        if (claim === 'mine') {
          if (known.size >= KNOWN_MAX) known.clear()
          known.add(nameOf(subject))
        }
        return claim
      }
      throw new Error('the row of an account was neither found nor made')
    },
    isErased: (subject) => isErased(database, subject),
    forget(subject) {
      known.delete(nameOf(subject))
    },
  }
}

function nameOf({ id, tenantId, mode }: ClaimedSubject): string {
  return `${tenantId} ${mode} ${id}`
}
