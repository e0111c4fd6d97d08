import type { InstrumentValue } from './instrument.ts'

/** A token as the model knows it. */
export interface ModelToken {
  readonly id: string
  /** `acc_…`, null for a guest's. */
  readonly account: string | null
  readonly instrument: InstrumentValue
  readonly metadata: Readonly<Record<string, string>>
  readonly version: number
  /** By the clock of the model, a token whose time has come is expired without more. */
  readonly state: 'active' | 'deleted' | 'moved'
  readonly expiresAtMs: number | null
  /** Of a token that moved. */
  readonly movedTo: string | null
}

/** What was asked under an Idempotency-Key, and what was answered. */
export interface ModelIntent {
  /** The request, as text that can be compared. */
  readonly request: string
  readonly tokenId: string
  readonly status: number
  /** The body of the answer, as text that can be compared. */
  readonly answer: string
}

export interface ModelAccount {
  /** The receipt, as text that can be compared. */
  readonly erased: string | undefined
  /** When the hold ends, `null` for one that does not end by itself; `undefined` without a hold. */
  readonly holdUntilMs: number | null | undefined
}

/** Everything that a tenant's vault remembers. It is never changed: each step makes another one. */
export interface State {
  readonly nowMs: number
  readonly accounts: Readonly<Record<string, ModelAccount>>
  readonly tokens: Readonly<Record<string, ModelToken>>
  readonly intents: Readonly<Record<string, ModelIntent>>
}

export function emptyState(nowMs: number): State {
  return { nowMs, accounts: {}, tokens: {}, intents: {} }
}

/** Why a token cannot be used. */
export type Ending = 'token_deleted' | 'token_expired' | 'token_moved' | 'subject_erased'

/** @returns `undefined` for a token that can be used. */
export function endingOf(state: State, token: ModelToken): Ending | undefined {
  if (token.account !== null && isErased(state, token.account)) return 'subject_erased'
  if (token.state === 'deleted') return 'token_deleted'
  if (token.state === 'moved') return 'token_moved'
  return token.expiresAtMs !== null && token.expiresAtMs <= state.nowMs ? 'token_expired' : undefined
}

export function isErased(state: State, account: string): boolean {
  return state.accounts[account]?.erased !== undefined
}

export function isHeld(state: State, account: string): boolean {
  const until = state.accounts[account]?.holdUntilMs
  return until === null || (until !== undefined && until > state.nowMs)
}

/** @returns The usable tokens of an account in the order of their ids, those of all accounts and guests without it. */
export function usableTokens(state: State, account?: string): ModelToken[] {
  return Object.values(state.tokens)
    .filter((token) => (account === undefined || token.account === account) && endingOf(state, token) === undefined)
    .sort((one, other) => (one.id < other.id ? -1 : 1))
}

export function withToken(state: State, token: ModelToken): State {
  return { ...state, tokens: { ...state.tokens, [token.id]: token } }
}

export function withIntent(state: State, scope: string, intent: ModelIntent): State {
  return { ...state, intents: { ...state.intents, [scope]: intent } }
}

export function withAccount(state: State, account: string, change: Partial<ModelAccount>): State {
  const known = state.accounts[account] ?? { erased: undefined, holdUntilMs: undefined }
  return { ...state, accounts: { ...state.accounts, [account]: { ...known, ...change } } }
}
