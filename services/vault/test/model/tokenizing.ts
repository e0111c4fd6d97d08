import { must, mustRefuse } from './impossible.ts'
import { isSameInstrument, isSameNumber } from './instrument.ts'
import { type Answer, scopeOf, type Tokenize, textOf } from './request.ts'
import { mustShow } from './shown.ts'
import { endingOf, isErased, type ModelToken, type State, usableTokens, withIntent, withToken } from './state.ts'

/** What a request under an Idempotency-Key that is known must be answered. @returns `undefined` for a key that is not. */
export function replayed(state: State, request: Parameters<typeof scopeOf>[0], answer: Answer): State | undefined {
  const intent = state.intents[scopeOf(request)]
  if (!intent) return undefined
  const ending = endingOf(state, state.tokens[intent.tokenId] as ModelToken)
  const isOther = intent.request !== textOf(request)
  // Of an ended token nothing is kept that another request could be told from. That a key took a token to another account is.
  if (isOther && (request.does === 'attach' || !ending)) mustRefuse(answer, 422, 'idempotency_mismatch')
  else if (ending) mustRefuse(answer, 410, ending)
  else {
    must(answer.status === intent.status && answer.replayed, `must be replayed with ${intent.status}`)
    must(JSON.stringify(answer.body) === intent.answer, `must be answered as the first time: ${intent.answer}`)
  }
  return state
}

/** Remembers how an intent was answered. */
export function answered(state: State, request: Parameters<typeof scopeOf>[0], answer: Answer): State {
  return withIntent(state, scopeOf(request), {
    request: textOf(request),
    tokenId: answer.body.id,
    status: answer.status,
    answer: JSON.stringify(answer.body),
  })
}

export function tokenize(state: State, request: Tokenize, answer: Answer): State {
  const known = replayed(state, request, answer)
  if (known) return known
  const { account, instrument, expiresAtMs, onDuplicate, dedupScope } = request
  if (expiresAtMs !== null && expiresAtMs <= state.nowMs) {
    mustRefuse(answer, 422, 'invalid_expires_at')
    return state
  }
  if (account !== null && isErased(state, account)) {
    mustRefuse(answer, 410, 'subject_erased')
    return state
  }
  if (dedupScope === 'tenant') {
    if (usableTokens(state).some((token) => isSameNumber(token.instrument, instrument))) {
      mustRefuse(answer, 409, 'duplicate_token')
      must(!/tok_/.test(JSON.stringify(answer.body)), 'a refusal across accounts names no token')
      return state
    }
    return created(state, request, answer)
  }
  const same =
    account === null || onDuplicate === 'create'
      ? []
      : usableTokens(state, account).filter((token) => isSameNumber(token.instrument, instrument))
  const equal = same.filter((token) => isSameInstrument(token.instrument, instrument))
  if (same.length === 0) return created(state, request, answer)
  switch (onDuplicate) {
    case 'reject':
      mustRefuse(answer, 409, 'duplicate_token')
      return state
    case 'return_existing':
      if (equal.length === 0) {
        mustRefuse(answer, 409, 'duplicate_differs')
        return state
      }
      return found(state, request, answer, equal)
    default:
      return updated(state, request, answer, equal.length > 0 ? equal : same)
  }
}

function created(state: State, request: Tokenize, answer: Answer): State {
  must(answer.status === 201 && !answer.replayed, 'must be created')
  const { id } = answer.body
  must(typeof id === 'string' && !(id in state.tokens), 'must be a new token')
  must(answer.body.duplicate !== true, 'must be no duplicate')
  const token: ModelToken = {
    id,
    account: request.account,
    instrument: request.instrument,
    metadata: request.metadata,
    version: 1,
    state: 'active',
    expiresAtMs: request.expiresAtMs,
    movedTo: null,
  }
  mustShow(answer.body, token)
  return answered(withToken(state, token), request, answer)
}

/** Answers with one of the tokens that are equal; which one is not promised. */
function found(state: State, request: Tokenize, answer: Answer, equal: readonly ModelToken[]): State {
  must(answer.status === 200 && !answer.replayed && answer.body.duplicate === true, 'must be a duplicate')
  const token = equal.find(({ id }) => id === answer.body.id)
  must(token !== undefined, 'must be one of the tokens of the same instrument')
  mustShow(answer.body, token)
  return answered(state, request, answer)
}

function updated(state: State, request: Tokenize, answer: Answer, among: readonly ModelToken[]): State {
  must(answer.status === 200 && !answer.replayed, 'must be changed')
  const before = among.find(({ id }) => id === answer.body.id)
  must(before !== undefined, 'must be one of the tokens of the same number')
  const token = changed(before, {
    instrument: request.instrument,
    metadata: request.metadata,
    expiresAtMs: request.expiresAtMs ?? before.expiresAtMs,
  })
  mustShow(answer.body, token)
  return answered(withToken(state, token), request, answer)
}

/** @returns The next version of a token, or the same one if nothing changed. */
export function changed(
  token: ModelToken,
  change: Partial<Pick<ModelToken, 'instrument' | 'metadata' | 'expiresAtMs'>>,
): ModelToken {
  const next = { ...token, ...change }
  const isSame = canonical(next) === canonical(token)
  return isSame ? token : { ...next, version: token.version + 1 }
}

/** Metadata come in any order. */
function canonical(token: ModelToken): string {
  return JSON.stringify({ ...token, metadata: Object.entries(token.metadata).sort() })
}
