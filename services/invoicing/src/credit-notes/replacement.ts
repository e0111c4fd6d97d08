import { formatId } from '@kontor/ids'
import type { Document } from '../documents/document.ts'
import type { WrittenDraft } from '../documents/draft.ts'
import { totalsOf } from '../documents/form-rules.ts'
import type { Snapshot } from '../documents/snapshot.ts'

/** A draft that says what a cancelled invoice said and refers to it. Its days are its own: the old ones are over. */
export function replacementOf(invoice: Document, number: string, snapshot: Snapshot): WrittenDraft {
  const content = { ...invoice.content, preceding_invoice: { number, issued_on: snapshot.issue_on } }
  return {
    account: { id: invoice.account_id },
    issuer: { id: invoice.issuer_id },
    content,
    totals: totalsOf(invoice.currency, content),
    form: {
      currency: invoice.currency,
      ...(invoice.token_id === null ? {} : { token_id: formatId('tok', invoice.token_id) }),
    },
  }
}
