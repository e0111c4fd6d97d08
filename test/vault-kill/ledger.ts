import type { TokenRequest } from './request.ts'

/** What was asked under one Idempotency-Key, and what it was answered with: 201, or 200 for a token that was there before. */
export interface Intent {
  readonly idempotencyKey: string
  readonly path: string
  readonly request: object
  readonly status: 200 | 201
}

/** How a token that is gone says so. */
export type Ending = 'token_deleted' | 'token_moved' | 'subject_erased'

/** A token that a client was told it has. */
export interface Stored {
  readonly id: string
  /** Who it is for; `undefined` for a guest's. */
  readonly account: string | undefined
  readonly type: TokenRequest['type']
  /** Those that were answered with this token. */
  readonly intents: Intent[]
  /** What a reveal must give back. */
  opens: Readonly<Record<string, unknown>>
  /** An end of it was acknowledged. */
  ended: Ending | undefined
  /** Id of the guest's token that it was. */
  readonly movedFrom?: string
}

/** How often a token was revealed, as far as the clients know. */
export interface Reveals {
  /** Each has an event. */
  acknowledged: number
  /** Each of them may have one: an answer can be lost after its event was committed. */
  sent: number
}

/** What the clients were told, which the vault must keep. */
export class Ledger {
  readonly stored: Stored[] = []
  readonly #reveals = new Map<string, Reveals>()

  /** Notes that a token is acknowledged. */
  store(stored: Omit<Stored, 'ended'>): Stored {
    const entry = { ...stored, ended: undefined }
    this.stored.push(entry)
    return entry
  }

  /** Notes that an instrument was, or may have been, given away. */
  revealed(id: string, { acknowledged, sent }: Reveals): void {
    const known = this.revealsOf(id)
    this.#reveals.set(id, { acknowledged: known.acknowledged + acknowledged, sent: known.sent + sent })
  }

  revealsOf(id: string): Reveals {
    return this.#reveals.get(id) ?? { acknowledged: 0, sent: 0 }
  }

  /** How many reveals were answered. */
  get reveals(): number {
    return [...this.#reveals.values()].reduce((sum, { acknowledged }) => sum + acknowledged, 0)
  }
}
