/**
 * The draw: one statement, the last and only one of an issue that waits for the series row.
 *
 * 0. `patience` bounds every wait below, for this statement alone: a row that somebody does not let go of must not keep all
 *    the others from their numbers.
 * 1. `locked` holds the drafts in key order. A draft that is no longer one, or no longer at the version that was
 *    validated, drops out here and takes no number.
 * 2. `found` finds the series by what it is of. One that nothing was drawn from counts only while it has the format that is
 *    configured. Where there is none, the document takes no number, and its caller makes the series and comes again.
 * 3. `held` holds the series in key order, after the drafts. Without it, statements of two processes deadlock (measured:
 *    6 deadlocks and 182 batches a second; with it 0 and 1,052).
 * 4. `dated` drops whoever would be dated before an earlier number of the same series. Whoever drops out never raises the
 *    latest date, so looking at all requests before it is the same as looking at the numbered ones.
 * 5. `numbered` counts the survivors of each series in order of arrival, and the rest is written from it.
 *
 * Rows are locked one by one (`lateral`), in the order of the list before it: a join would let the planner read the whole table
 * while it is small, and the plan of a prepared statement stays while it grows.
 *
 * Its parameter is a JSON array, one object for each document: a single parameter costs Node less than a column each.
 * The bucket of the number's name is the one that `bucketOfName` computes.
 */
export const DRAW_SQL = `
with patience as materialized (
  select set_config('lock_timeout', $2, true)
),
request as materialized (
  select r.* from patience cross join json_to_recordset($1) as r(
    ord int, bucket smallint, document_id uuid, version int, tenant_id uuid, mode text, actor_key_id uuid,
    account_id uuid, issuer_id uuid, document_type text, series_key text, series_bucket smallint, series_account_id uuid,
    period text, format text, issue_on date,
    snapshot text, snapshot_hash text, event_id uuid, event_type text, issued_at timestamptz,
    key_bucket smallint, key_hmac text, request_hmac text, answer text, number_mark text)
),
locked as materialized (
  select draft.bucket, draft.id
    from (select request.bucket, request.document_id, request.version, request.tenant_id
            from request order by request.bucket, request.document_id) as wanted
   cross join lateral (
     select document.bucket, document.id from document
      where document.bucket = wanted.bucket and document.id = wanted.document_id and document.state = 'draft'
        and document.version = wanted.version and document.tenant_id = wanted.tenant_id
        for update) as draft
),
survivor as materialized (
  select request.* from request join locked on locked.bucket = request.bucket and locked.id = request.document_id
),
wanted as materialized (
  select distinct survivor.series_key, survivor.series_bucket, survivor.issuer_id, survivor.series_account_id,
         survivor.document_type, survivor.period, survivor.format from survivor
),
found as materialized (
  select wanted.series_key, wanted.series_bucket, existing.id as series_id from wanted cross join lateral (
    (select series.id from series
      where series.bucket = wanted.series_bucket and series.issuer_id = wanted.issuer_id and series.scope = 'account'
        and series.account_id = wanted.series_account_id and series.document_type = wanted.document_type
        and series.period = wanted.period and (series.next_seq > series.first_seq or series.format = wanted.format) limit 1)
     union all
    (select series.id from series
      where series.bucket = wanted.series_bucket and series.issuer_id = wanted.issuer_id and series.scope = 'issuer'
        and series.account_id is null and wanted.series_account_id is null
        and series.document_type = wanted.document_type and series.period = wanted.period
        and (series.next_seq > series.first_seq or series.format = wanted.format) limit 1)
     limit 1) as existing
),
held as materialized (
  select counter.bucket, counter.id, counter.next_seq, counter.last_issued_on, counter.prefix, counter.suffix,
         counter.seq_width
    from (select distinct found.series_bucket, found.series_id from found
           order by found.series_bucket, found.series_id) as wanted
   cross join lateral (
     select series.bucket, series.id, series.next_seq, series.last_issued_on, series.prefix, series.suffix,
            series.seq_width from series
      where series.bucket = wanted.series_bucket and series.id = wanted.series_id
        for update) as counter
),
dated as materialized (
  select survivor.*, found.series_id, held.next_seq, held.prefix, held.suffix, held.seq_width,
         greatest(held.last_issued_on, max(survivor.issue_on) over (
           partition by found.series_bucket, found.series_id order by survivor.ord
           rows between unbounded preceding and 1 preceding)) as earliest
    from survivor join found on found.series_key = survivor.series_key
    join held on held.bucket = found.series_bucket and held.id = found.series_id
),
counted as materialized (
  select dated.*,
         dated.next_seq - 1 + row_number() over (
           partition by dated.series_bucket, dated.series_id order by dated.ord) as seq
    from dated where dated.earliest is null or dated.issue_on >= dated.earliest
),
numbered as materialized (
  select counted.*,
         counted.prefix || lpad(counted.seq::text, greatest(counted.seq_width, length(counted.seq::text)), '0')
           || counted.suffix as number
    from counted
),
named as materialized (
  select numbered.*, numbered.issuer_id || '/' || numbered.number as name from numbered
),
drawn as (
  update series set next_seq = step.next_seq, last_issued_on = step.last_issued_on
    from (select numbered.series_bucket, numbered.series_id, max(numbered.seq) + 1 as next_seq,
                 max(numbered.issue_on) as last_issued_on
            from numbered group by numbered.series_bucket, numbered.series_id) as step
   where series.bucket = step.series_bucket and series.id = step.series_id
),
issued as (
  update document set state = 'issued', series_id = numbered.series_id, seq = numbered.seq, number = numbered.number, issue_on = numbered.issue_on,
         snapshot = numbered.snapshot, snapshot_hash = decode(numbered.snapshot_hash, 'hex'),
         issued_at = numbered.issued_at, version = numbered.version + 1
    from numbered where document.bucket = numbered.bucket and document.id = numbered.document_id
),
entered as (
  insert into number_ledger (bucket, series_id, seq, tenant_id, document_bucket, document_id, number, snapshot_hash,
         issue_on, issued_at)
  select series_bucket, series_id, seq, tenant_id, bucket, document_id, number, decode(snapshot_hash, 'hex'), issue_on,
         issued_at
    from numbered
),
findable as (
  insert into unique_name (bucket, tenant_id, mode, kind, value, target_id)
  select (get_byte(digest.bytes, 0) << 4) | (get_byte(digest.bytes, 1) >> 4), named.tenant_id, named.mode,
         'document_number', named.name, named.document_id
    from named cross join lateral (
      select sha256(convert_to(named.tenant_id || '/' || named.mode || '/document_number/' || named.name, 'UTF8')) as bytes
    ) as digest
),
happened as (
  insert into event (bucket, id, tenant_id, mode, type, account_id, object_id, object_version, actor_key_id, at)
  select bucket, event_id, tenant_id, mode, event_type, account_id, document_id, version + 1, actor_key_id, issued_at
    from numbered
),
remembered as (
  insert into idempotency (bucket, key_hmac, tenant_id, request_hmac, status, answer)
  select key_bucket, decode(key_hmac, 'hex'), tenant_id, decode(request_hmac, 'hex'), 200,
         replace(answer, number_mark, number)
    from numbered
)
select numbered.number, (survivor.ord is not null) as was_draft, (dated.ord is not null) as has_series, dated.earliest
  from request
  left join survivor on survivor.ord = request.ord
  left join dated on dated.ord = request.ord
  left join numbered on numbered.ord = request.ord
 order by request.ord
`
