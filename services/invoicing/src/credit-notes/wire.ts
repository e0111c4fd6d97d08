import { formatId } from '@kontor/ids'
import type { Static } from 'typebox'
import type { Document } from '../documents/document.ts'
import { documentToWire } from '../documents/wire.ts'
import type { CreditNoteWire } from './schema.ts'

export function creditNoteToWire(note: Document): Static<typeof CreditNoteWire> {
  const { preceding_invoice, reason, credit } = note.content
  return {
    id: formatId('cre', note.id),
    state: note.state,
    type_code: note.type_code as '381' | '261',
    corrects_id: note.corrects_id === null ? null : formatId('inv', note.corrects_id),
    preceding_invoice: preceding_invoice ?? null,
    reason: reason ?? null,
    credited_lines: [...(credit?.lines ?? [])],
    ...documentToWire(note),
  }
}
