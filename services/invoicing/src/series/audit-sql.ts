import { FATE_JOIN } from './fate.ts'

/** Whether the document of a ledger entry is there, bears its number and says what the number was bound to. */
export const INTACT = `
       coalesce(document.series_id = entry.series_id and document.seq = entry.seq and document.number = entry.number
         and document.issue_on = entry.issue_on and document.snapshot_hash = entry.snapshot_hash
         and sha256(convert_to(document.snapshot, 'UTF8')) = entry.snapshot_hash, false)`

export const NUMBERS_SQL = `
select entry.seq, entry.number, entry.document_id, entry.issue_on, entry.issued_at,${INTACT} as intact,
       (document.id is not null) as has_document, fate.type as fate_type, fate.at as fate_at
  from number_ledger as entry
  left join document on document.bucket = entry.document_bucket and document.id = entry.document_id${FATE_JOIN}
 where entry.bucket = $1 and entry.series_id = $2 and entry.seq > $3
 order by entry.seq limit $4
`

/** A number as the draw prints it; `${seq}` is an expression. */
const printed = (seq: string) =>
  `counter.prefix || lpad(${seq}::text, greatest(counter.seq_width, length(${seq}::text)), '0') || counter.suffix`

/**
 * Reads the ledger of a series once, in the order of its primary key: each row is compared with the one before it, running counts
 * decide which faults are named, and the aggregates hold no more than those. A million numbers take no more memory than ten.
 *
 * `drawn_ahead`: a document is known under the next number, so that somebody has put the counter back.
 */
export const AUDIT_SQL = `
with counter as materialized (
  select document_type, tenant_id, mode, issuer_id, first_seq, next_seq, prefix, suffix, seq_width
    from series where bucket = $1 and id = $2 and tenant_id = $4 and mode = $5
)
select counter.document_type, counter.first_seq, counter.next_seq, scan.first, scan.last, scan.count, scan.gaps_from, scan.gaps_to,
       scan.duplicates, scan.date_inversions, scan.misprinted,
       exists (select from unique_name
                where unique_name.bucket = (get_byte(digest.bytes, 0) << 4) | (get_byte(digest.bytes, 1) >> 4)
                  and unique_name.tenant_id = counter.tenant_id and unique_name.mode = counter.mode
                  and unique_name.kind = 'document_number' and unique_name.value = next.name) as drawn_ahead
  from counter
 cross join lateral (select counter.issuer_id || '/' || ${printed('counter.next_seq')} as name) as next
 cross join lateral (
   select sha256(convert_to(counter.tenant_id || '/' || counter.mode || '/document_number/' || next.name, 'UTF8')) as bytes
 ) as digest
 cross join lateral (
   select min(seq) as first, max(seq) as last, count(*) as count,
          array_agg(before + 1) filter (where gap and gap_nr <= $3) as gaps_from,
          array_agg(seq - 1) filter (where gap and gap_nr <= $3) as gaps_to,
          array_agg(seq) filter (where twice and twice_nr <= $3) as duplicates,
          array_agg(seq) filter (where late and late_nr <= $3) as date_inversions,
          array_agg(seq) filter (where odd and odd_nr <= $3) as misprinted
     from (
       select seq, before, gap, twice, late, odd,
              count(*) filter (where gap) over running as gap_nr, count(*) filter (where twice) over running as twice_nr,
              count(*) filter (where late) over running as late_nr, count(*) filter (where odd) over running as odd_nr
         from (
           select seq, before, seq > before + 1 as gap, seq = before as twice, issue_on < issue_on_before as late,
                  number <> ${printed('seq')} as odd
             from (
               select entry.seq, entry.issue_on, entry.number,
                      lag(entry.seq, 1, counter.first_seq - 1) over by_seq as before,
                      lag(entry.issue_on) over by_seq as issue_on_before
                 from number_ledger as entry
                where entry.bucket = $1 and entry.series_id = $2
               window by_seq as (order by entry.seq)
             ) as step
         ) as fault
       window running as (order by seq rows unbounded preceding)
     ) as numbered
 ) as scan
`
