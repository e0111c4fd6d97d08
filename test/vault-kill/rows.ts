const EVERY_TRACE = `token.record, token.number_fingerprint, token.full_fingerprint, token.request_hmac, token.brand, token.bin,
  token.last_four, token.expiry_month, token.expiry_year, token.bank_country, token.routing_number,
  token.bank_account_type, token.masked_email, token.expires_at`

/** Whether the token's customer was erased: such tokens end without events of their own. */
const ERASED = `exists (select from data_subject subject
  where subject.bucket = token.bucket and subject.id = token.subject_id and subject.state = 'erased')`

/** Each finds rows of the vault that no run may leave behind. */
export const MUST_BE_EMPTY: readonly (readonly [sentence: string, sql: string])[] = [
  [
    'an intent has more than one token',
    `select metadata ->> 'intent' as intent, count(*) from token where state = 'active'
      group by metadata ->> 'intent' having count(*) > 1`,
  ],
  [
    'two tokens were made under one Idempotency-Key',
    'select count(*) from token group by bucket, idempotency_hmac having count(*) > 1',
  ],
  [
    'something of an instrument that is gone is left',
    `select token.id from token where (token.state <> 'active' or ${ERASED})
        and (num_nonnulls(${EVERY_TRACE}) > 0 or token.metadata <> '{}' or token.deleted_at is null)`,
  ],
  [
    'an answer is kept of a token that is gone',
    `select answer.token_id from intent_answer answer join token on token.bucket = answer.bucket and token.id = answer.token_id
      where token.state <> 'active' and num_nonnulls(answer.answer, answer.request_hmac) > 0`,
  ],
  [
    'the events of a token do not count its versions, 1 to n, each once',
    `select token.id, token.version, array_agg(event.object_version order by event.object_version) as events
       from token left join event on event.bucket = token.bucket and event.object_id = token.id
        and event.type in ('token.created', 'token.updated', 'token.deleted', 'token.expired', 'token.moved')
      group by token.bucket, token.id, token.version
     having array_agg(event.object_version order by event.object_version)
         <> (select array_agg(n) from generate_series(1, token.version) as n)`,
  ],
  [
    'a token has not exactly one event of its making',
    `select token.id, count(event.id) from token left join event on event.bucket = token.bucket
        and event.object_id = token.id and event.type = 'token.created' and event.object_version = 1
      group by token.bucket, token.id having count(event.id) <> 1`,
  ],
  [
    'a token that ended has not exactly one event that says so',
    `select token.id, count(event.id) from token left join event on event.bucket = token.bucket
        and event.object_id = token.id and event.type = 'token.' || token.state
      where token.state <> 'active' and not ${ERASED} group by token.bucket, token.id having count(event.id) <> 1`,
  ],
  [
    'an event tells of a token that is not there',
    `select event.type, event.object_id from event left join token on token.bucket = event.bucket
        and token.id = event.object_id and token.tenant_id = event.tenant_id and token.mode = event.mode
        and token.subject_id = event.subject_id
      where event.type like 'token.%' and token.id is null`,
  ],
  [
    'an event tells of an end that did not come',
    `select event.object_id from event join token on token.bucket = event.bucket and token.id = event.object_id
      where event.type in ('token.deleted', 'token.expired', 'token.moved') and event.type <> 'token.' || token.state`,
  ],
  [
    'an erased customer has not exactly one event and one receipt',
    `select subject.id from data_subject subject
       left join erasure on erasure.bucket = subject.bucket and erasure.subject_id = subject.id and erasure.receipt is not null
       left join event on event.bucket = subject.bucket and event.subject_id = subject.id and event.type = 'account.erased'
      where subject.state = 'erased' group by subject.bucket, subject.id
     having count(distinct erasure.subject_id) <> 1 or count(event.id) <> 1`,
  ],
  [
    'a live token’s number is claimed by nobody',
    `select token.id from token left join instrument_claim claim
         on claim.fingerprint = token.number_fingerprint and claim.subject_id = token.subject_id
      where token.state = 'active' and claim.token_id is null`,
  ],
  [
    'a number is claimed by a token that is gone',
    `select claim.token_id from instrument_claim claim left join token
         on token.id = claim.token_id and token.number_fingerprint = claim.fingerprint and token.state = 'active'
      where token.id is null`,
  ],
]
