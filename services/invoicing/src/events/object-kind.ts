import type { IdPrefix } from '@kontor/ids'
import type { EventType } from './event.ts'

type Subject = EventType extends `${infer Word}.${string}` ? Word : never

/** What the object of an event is, by the first word of its type. A new word without a kind does not compile. */
const KINDS: Readonly<Record<Subject, IdPrefix>> = {
  issuer: 'iss',
  numbering: 'iss',
  series: 'ser',
  account: 'acc',
  quote: 'quo',
  proforma: 'pro',
  invoice: 'inv',
  credit_note: 'cre',
  invoice_run: 'run',
  payment: 'pay',
  charge: 'chg',
  // Of a tenant there is one set for each mode.
  charge_rules: 'ten',
  allocation: 'alo',
  refund: 'rfd',
  charge_refund: 'crf',
  adjustment: 'adj',
  dispute: 'dsp',
  webhook_endpoint: 'whk',
}

/** The kinds of things that something happens to. */
export const OBJECT_KINDS: readonly IdPrefix[] = [...new Set(Object.values(KINDS))]

/** @param type Of an event that this service wrote. */
export function objectKindOf(type: EventType): IdPrefix {
  return KINDS[type.split('.')[0] as Subject]
}

/** The same in SQL. @param type An expression that gives the type. */
export const objectKindSql = (type: string): string =>
  `case split_part(${type}, '.', 1) ${Object.entries(KINDS)
    .map(([word, kind]) => `when '${word}' then '${kind}'`)
    .join(' ')} end`
