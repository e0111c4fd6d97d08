import type { IdPrefix } from '@kontor/ids'

/** The id prefix of everything that gets a number, as a series and its ledger name it. */
export const NUMBERED_PREFIX = {
  quote: 'quo',
  proforma: 'pro',
  invoice: 'inv',
  credit_note: 'cre',
  receipt: 'rec',
} as const satisfies Readonly<Record<string, IdPrefix>>

/** A kind of document that has series of its own, whether this release issues it or not. */
export type NumberedType = keyof typeof NUMBERED_PREFIX

export const NUMBERED_TYPES = Object.keys(NUMBERED_PREFIX) as readonly NumberedType[]
