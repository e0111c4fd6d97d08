/**
 * What became of a document that has a number, by the event that says so. Each is an append-only row about the document itself; a
 * document without one is as it was issued.
 */
export const FATE_EVENTS = {
  accepted: 'quote.accepted',
  declined: 'quote.declined',
  expired: 'quote.expired',
  cancelled: 'quote.cancelled',
  superseded: 'quote.superseded',
  converted: 'quote.converted',
  settled: 'proforma.settled',
  void: 'invoice.voided',
  credited: 'invoice.credited',
  written_off: 'invoice.written_off',
} as const

/** `lost`: the ledger knows the number, and its document is not there. */
export type Fate = keyof typeof FATE_EVENTS | 'issued' | 'lost'

export const FATES: readonly Fate[] = ['issued', 'lost', ...(Object.keys(FATE_EVENTS) as (keyof typeof FATE_EVENTS)[])]

const FATE_OF = new Map<string, Fate>(
  Object.entries(FATE_EVENTS).map(([fate, event]) => [event, fate as keyof typeof FATE_EVENTS]),
)
const TYPES = Object.values(FATE_EVENTS)
  .map((type) => `'${type}'`)
  .join(', ')

/**
 * The last such event of `document`, by the index that leaves out what every document has. A quote that is accepted and converted by one
 * request has both events at one instant, and the invoice is what became of it. What is asked for again is not written off any more.
 */
export const FATE_JOIN = `
  left join lateral (
    select event.type, event.at from event
     where event.bucket = document.bucket and event.object_id = document.id and event.type not like '%.created'
       and event.type not like '%.issued' and event.type in (${TYPES})
       and not (event.type = 'invoice.written_off' and exists (
         select from event as later
          where later.bucket = event.bucket and later.object_id = event.object_id and later.type = 'invoice.reopened'
            and later.type not like '%.created' and later.type not like '%.issued' and (later.at, later.id) > (event.at, event.id)))
     order by event.at desc, event.type = 'quote.accepted', event.id desc limit 1) as fate on true`

/** @param row Of a statement with `FATE_JOIN`. */
export function fateOf(row: { readonly has_document: boolean; readonly fate_type: string | null }): Fate {
  if (!row.has_document) return 'lost'
  return (row.fate_type !== null && FATE_OF.get(row.fate_type)) || 'issued'
}
