import { isDeepStrictEqual } from 'node:util'
import { must, mustRefuse } from './impossible.ts'
import { expiryOf, HOLDERS, type InstrumentValue } from './instrument.ts'
import type { Answer, Change, Request } from './request.ts'
import { mustReveal, mustShow } from './shown.ts'
import {
  endingOf,
  isErased,
  isHeld,
  type ModelToken,
  type State,
  usableTokens,
  withAccount,
  withToken,
} from './state.ts'
import { answered, changed, replayed, tokenize } from './tokenizing.ts'

/**
 * The model: one request after the other, each answered at once.
 *
 * @returns The state after an answer that the model could have given.
 * @throws {Impossible} It could not.
 */
export function step(state: State, request: Request, answer: Answer): State {
  switch (request.does) {
    case 'tokenize':
      return tokenize(state, request, answer)
    case 'attach':
      return attach(state, request, answer)
    case 'read':
    case 'reveal':
    case 'delete':
    case 'patch':
      return onToken(state, request, answer)
    case 'list': {
      if (refusedErased(state, request.account, answer)) return state
      const expected = usableTokens(state, request.account)
      must(answer.status === 200 && answer.body.next_after === null, 'must be listed')
      const ids = answer.body.data.map(({ id }: { id: string }) => id)
      must(
        isDeepStrictEqual(
          ids,
          expected.map(({ id }) => id),
        ),
        `must list ${expected.map(({ id }) => id)}`,
      )
      for (const [n, token] of expected.entries()) mustShow(answer.body.data[n], token)
      return state
    }
    case 'erase':
      return erase(state, request.account, answer)
    case 'hold':
      if (refusedErased(state, request.account, answer)) return state
      must(answer.status === 200, 'must be held')
      return withAccount(state, request.account, { holdUntilMs: request.untilMs })
    case 'release':
      if (refusedErased(state, request.account, answer)) return state
      must(answer.status === 204, 'must be released')
      return withAccount(state, request.account, { holdUntilMs: undefined })
  }
}

function refusedErased(state: State, account: string, answer: Answer): boolean {
  if (!isErased(state, account)) return false
  mustRefuse(answer, 410, 'subject_erased')
  return true
}

type OnToken = Extract<Request, { does: 'read' | 'reveal' | 'delete' | 'patch' }>

function onToken(state: State, request: OnToken, answer: Answer): State {
  const token = state.tokens[request.token]
  if (!token) {
    mustRefuse(answer, 404, 'not_found')
    return state
  }
  const ending = endingOf(state, token)
  // To delete what is destroyed already, or is about to be, does no harm.
  if (request.does === 'delete' && (ending === 'token_deleted' || ending === 'token_expired')) {
    must(answer.status === 204, 'must be deleted again')
    return state
  }
  if (ending) {
    mustRefuse(answer, 410, ending)
    if (ending === 'token_moved') must(answer.body.moved_to === token.movedTo, `must name ${token.movedTo}`)
    return state
  }
  switch (request.does) {
    case 'read':
      must(answer.status === 200, 'must be read')
      mustShow(answer.body, token)
      return state
    case 'reveal':
      must(answer.status === 200, 'must be revealed')
      mustReveal(answer.body, token, request.fields)
      return state
    case 'delete':
      must(answer.status === 204, 'must be deleted')
      return withToken(state, { ...token, state: 'deleted', version: token.version + 1 })
    case 'patch':
      return patch(state, token, request, answer)
  }
}

function patch(
  state: State,
  token: ModelToken,
  { version, change }: { version: number; change: Change },
  answer: Answer,
): State {
  if (version !== token.version) {
    mustRefuse(answer, 412, 'version_conflict')
    return state
  }
  if (change.expiry !== undefined && token.instrument.type !== 'card') {
    mustRefuse(answer, 422, 'field_not_of_type')
    return state
  }
  must(answer.status === 200, 'must be changed')
  const next = changed(token, {
    instrument: changedInstrument(token.instrument, change),
    metadata: merged(token.metadata, change.metadata),
    ...(change.expiresAtMs === undefined ? {} : { expiresAtMs: change.expiresAtMs }),
  })
  mustShow(answer.body, next)
  return withToken(state, next)
}

function changedInstrument(instrument: InstrumentValue, { expiry, holder }: Change): InstrumentValue {
  return {
    type: instrument.type,
    member: expiry === undefined ? instrument.member : { ...instrument.member, ...expiryOf(expiry) },
    holder: holder === undefined ? instrument.holder : (HOLDERS[holder] as string),
  }
}

/** @see RFC 7396 */
function merged(before: Readonly<Record<string, string>>, patch: Change['metadata'] = {}): Record<string, string> {
  const after = Object.entries({ ...before, ...patch })
  return Object.fromEntries(after.filter((entry): entry is [string, string] => entry[1] !== null))
}

function attach(state: State, request: Extract<Request, { does: 'attach' }>, answer: Answer): State {
  const known = replayed(state, request, answer)
  if (known) return known
  const guest = state.tokens[request.token]
  if (!guest) {
    mustRefuse(answer, 404, 'not_found')
    return state
  }
  const ending = endingOf(state, guest)
  if (ending) {
    mustRefuse(answer, 410, ending)
    return state
  }
  if (guest.account !== null) {
    mustRefuse(answer, 409, 'already_attached')
    return state
  }
  if (refusedErased(state, request.account, answer)) return state
  must(answer.status === 201 && !answer.replayed, 'must be attached')
  const { id } = answer.body
  must(typeof id === 'string' && !(id in state.tokens), 'must be a new token')
  const moved: ModelToken = { ...guest, state: 'moved', version: guest.version + 1, movedTo: id }
  const token: ModelToken = { ...guest, id, account: request.account, version: 1 }
  mustShow(answer.body, token)
  return answered(withToken(withToken(state, moved), token), request, answer)
}

function erase(state: State, account: string, answer: Answer): State {
  const receipt = state.accounts[account]?.erased
  if (receipt) {
    must(answer.status === 200 && JSON.stringify(answer.body) === receipt, `must give the same receipt: ${receipt}`)
    return state
  }
  if (isHeld(state, account)) {
    mustRefuse(answer, 423, 'legal_hold')
    return state
  }
  must(answer.status === 200 && typeof answer.body.receipt === 'string', 'must be erased')
  const least = usableTokens(state, account).length
  // What has expired may have been swept before, or not.
  const most = Object.values(state.tokens).filter(
    (token) => token.account === account && token.state === 'active',
  ).length
  const { tokens_destroyed: count } = answer.body
  must(least <= count && count <= most, `must destroy from ${least} to ${most} tokens`)
  return withAccount(state, account, { erased: JSON.stringify(answer.body), holdUntilMs: undefined })
}
