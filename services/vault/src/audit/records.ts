import { BUCKET_COUNT, formatId } from '@kontor/ids'
import type { Database } from '@kontor/postgres'

/** A token that is not what its events say. */
export interface RecordFinding {
  readonly token: string
  /** One sentence. */
  readonly detail: string
}

interface Row {
  readonly id: string
  readonly version: number | null
  readonly state: string | null
  readonly last_version: number | null
  readonly last_type: string | null
  readonly erased: boolean
}

/** Buckets that are compared in one statement. */
const BUCKETS_AT_ONCE = 64

// The last write of each token decides. An erasure ends every token of its subject by one event, and leaves their versions.
const COMPARE = `
with last as (
  select distinct on (event.bucket, event.object_id) event.bucket, event.object_id, event.object_version, event.type
  from event
  where event.bucket >= $1 and event.bucket < $2
    and event.type in ('token.created', 'token.updated', 'token.deleted', 'token.expired', 'token.moved')
  order by event.bucket, event.object_id, event.object_version desc
), erased as (
  select distinct event.bucket, event.subject_id from event
  where event.bucket >= $1 and event.bucket < $2 and event.type = 'account.erased'
), stored as (
  select token.bucket, token.id, token.version, token.state, token.subject_id from token
  where token.bucket >= $1 and token.bucket < $2
), compared as (
  select coalesce(stored.id, last.object_id) as id, stored.version, stored.state, last.object_version as last_version,
    last.type as last_type, erased.subject_id is not null as erased,
    case when last.type in ('token.created', 'token.updated') then 'active'
      else substr(last.type, length('token.') + 1) end as last_state
  from stored
  full join last on last.bucket = stored.bucket and last.object_id = stored.id
  left join erased on erased.bucket = stored.bucket and erased.subject_id = stored.subject_id
)
select id, version, state, last_version, last_type, erased from compared
where version is distinct from last_version
  or (state <> last_state and not (erased and state = 'deleted'))
  or (erased and state = 'active')
order by id`

/**
 * Compares every token's row with the last event that wrote it: a whole older row that was put back is found, and so is a row
 * that was taken out or put in. It believes the events; whether those are the ones that were signed is for the log's verifier.
 *
 * @returns How many tokens there are, and those that are not what their events say.
 */
export async function compareRecords(database: Database): Promise<{ tokens: number; findings: RecordFinding[] }> {
  const findings: RecordFinding[] = []
  for (let bucket = 0; bucket < BUCKET_COUNT; bucket += BUCKETS_AT_ONCE) {
    const rows = await database.hotSql<Row>('audit_records', COMPARE, [bucket, bucket + BUCKETS_AT_ONCE])
    findings.push(...rows.map((row) => ({ token: formatId('tok', row.id), detail: inWords(row) })))
  }
  const [count] = await database.hotSql<{ tokens: bigint }>('audit_tokens', 'select count(*) as tokens from token', [])
  return { tokens: Number(count?.tokens ?? 0n), findings }
}

function inWords({ version, state, last_version, last_type, erased }: Row): string {
  if (version === null) return `its row is gone, though its last event is ${last_type} of version ${last_version}`
  if (last_version === null) return 'there is a row and no event that made it'
  if (version < last_version) {
    return `an older row was put back: it is of version ${version}, and ${last_type} made version ${last_version}`
  }
  if (version > last_version) return `it is of version ${version}, and its last event made version ${last_version}`
  if (erased) return 'it is active, though its subject was erased'
  return `it is ${state}, and its last event is ${last_type}`
}
