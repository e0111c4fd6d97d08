import { formatId, idPattern, parseId } from '@kontor/ids'
import Type from 'typebox'

/** What money can be allocated to. A proforma asks for it before there is an invoice. */
export type PayableType = 'invoice' | 'proforma'

/** The id of an invoice or a proforma on the wire. */
export const PayableId = (description: string) =>
  Type.String({ pattern: `${idPattern('inv')}|${idPattern('pro')}`, maxLength: 30, description })

/** @param text Of the form of `PayableId`. */
export function parsePayableId(text: string): { type: PayableType; id: string } {
  return text.startsWith('pro_')
    ? { type: 'proforma', id: parseId('pro', text) }
    : { type: 'invoice', id: parseId('inv', text) }
}

export const formatPayableId = (type: PayableType, id: string): string =>
  formatId(type === 'invoice' ? 'inv' : 'pro', id)
