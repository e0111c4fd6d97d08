import { formatId, parseId } from '@kontor/ids'
import type { TestVault } from '../test-vault.ts'
import { type State, usableTokens } from './state.ts'

/** Each finds rows of a tenant that no run may leave behind. A sweep may be under way, so each is one statement. */
const MUST_BE_EMPTY: readonly (readonly [sentence: string, sql: string])[] = [
  [
    'the events of a token do not count its versions, 1 to n, each once',
    `select token.id, token.version, array_agg(event.object_version order by event.object_version) as events
       from token left join event on event.bucket = token.bucket and event.object_id = token.id
        and event.type in ('token.created', 'token.updated', 'token.deleted', 'token.expired', 'token.moved')
      where token.tenant_id = $1 group by token.bucket, token.id, token.version
     having array_agg(event.object_version order by event.object_version)
         <> (select array_agg(n) from generate_series(1, token.version) as n)`,
  ],
  [
    'an event tells of a token that is not there',
    `select event.type from event left join token on token.bucket = event.bucket and token.id = event.object_id
      where event.tenant_id = $1 and event.type like 'token.%' and token.id is null`,
  ],
  [
    'a live token’s number is claimed by nobody',
    `select token.id from token left join instrument_claim claim
         on claim.fingerprint = token.number_fingerprint and claim.subject_id = token.subject_id
      where token.tenant_id = $1 and token.state = 'active' and claim.token_id is null`,
  ],
  [
    'a number is claimed by a token that is gone or has another',
    `select claim.token_id from instrument_claim claim left join token
         on token.id = claim.token_id and token.number_fingerprint = claim.fingerprint
        and token.subject_id = claim.subject_id and token.state = 'active'
      where claim.tenant_id = $1 and token.id is null`,
  ],
  [
    'an answer is kept of a token that is gone',
    `select answer.token_id from intent_answer answer join token
         on token.bucket = answer.bucket and token.id = answer.token_id
      where answer.tenant_id = $1 and token.state <> 'active' and answer.answer is not null`,
  ],
]

/**
 * Looks at what no answer shows: events, claims, keys, and how many rows there are.
 *
 * @throws {Error} In a sentence.
 */
export async function checkRows(vault: TestVault, tenantId: string, state: State): Promise<void> {
  for (const [sentence, sql] of MUST_BE_EMPTY) {
    const { rows } = await vault.vaultAdmin.query(sql, [tenantId])
    if (rows.length > 0) throw new Error(`${sentence}: ${JSON.stringify(rows)}`)
  }
  const { rows: tokens } = await vault.vaultAdmin.query<{ id: string }>(
    'select id from token where tenant_id = $1 order by id',
    [tenantId],
  )
  const known = Object.keys(state.tokens).map((id) => parseId('tok', id))
  const stored = tokens.map(({ id }) => id)
  if (JSON.stringify(known.sort()) !== JSON.stringify(stored.sort())) {
    throw new Error(`${known.length} tokens were answered, and ${stored.length} are stored`)
  }
  await checkKeys(vault, tenantId, state)
}

/** The key of a guest's token goes with it, when it is deleted or attached. */
function isEnded(state: State, id: string): boolean {
  const { state: is } = state.tokens[formatId('tok', id)] ?? {}
  return is === 'deleted' || is === 'moved'
}

/** Whether every usable token has its key, and nobody who is gone has one left. */
async function checkKeys(vault: TestVault, tenantId: string, state: State): Promise<void> {
  const { rows: deks } = await vault.keysAdmin.query<{ subject_id: string }>(
    'select subject_id from dek where tenant_id = $1',
    [tenantId],
  )
  const subjects = new Set(deks.map(({ subject_id }) => subject_id))
  const { rows } = await vault.vaultAdmin.query<{ id: string; subject_id: string; account_id: string | null }>(
    'select id, subject_id, account_id from token where tenant_id = $1',
    [tenantId],
  )
  const usable = new Set(usableTokens(state).map(({ id }) => parseId('tok', id)))
  for (const { id, subject_id } of rows) {
    if (usable.has(id) && !subjects.has(subject_id)) throw new Error(`the usable token ${id} has no key`)
  }
  const erased = await vault.vaultAdmin.query<{ id: string }>(
    `select id from data_subject where tenant_id = $1 and state = 'erased'`,
    [tenantId],
  )
  const ended = rows.filter(({ id, account_id }) => account_id === null && isEnded(state, id))
  for (const { id } of [...erased.rows, ...ended]) {
    if (subjects.has(id)) throw new Error(`the key of ${id}, who is gone, is left`)
  }
}
