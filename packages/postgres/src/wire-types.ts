import pg from 'pg'

/** What the driver asks for: a function from the text or bytes of a column to its value, by type id (pg_type.oid). */
export interface WireTypes {
  getTypeParser(oid: number, format?: string): (value: string) => unknown
}

const INT8 = 20
const DATE = 1082
const TIMESTAMP = 1114
const INT8_ARRAY = 1016
const DATE_ARRAY = 1182
const TEXT_ARRAY = 1009

/**
 * Column types as Kontor reads them: `int8` as bigint (an amount in minor units never passes through a float), `date` as
 * 'YYYY-MM-DD' (a calendar date has no time zone that a Date could hold), `timestamp` as text for the same reason.
 * `timestamptz` stays a Date, `json` and `jsonb` stay parsed, `numeric` and `xid8` stay text.
 *
 * The driver's own table is global to the process, and a library that changes it changes it for every other user of the
 * driver (a job queue, for example): so this table is given to each connection instead.
 */
export const wireTypes: WireTypes = {
  getTypeParser(oid, format = 'text') {
    if (format === 'text') {
      if (oid === INT8) return BigInt
      if (oid === INT8_ARRAY) return bigints
      if (oid === DATE || oid === TIMESTAMP) return String
      if (oid === DATE_ARRAY) return texts
    }
    return pg.types.getTypeParser(oid, format as 'text')
  },
}

const texts = pg.types.getTypeParser(TEXT_ARRAY as number, 'text') as (array: string) => (string | null)[]

const bigints = (array: string) => texts(array).map((element) => (element === null ? null : BigInt(element)))
