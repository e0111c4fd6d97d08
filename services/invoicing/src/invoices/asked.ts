import type { Static } from 'typebox'
import { latestDay } from '../documents/calendar.ts'
import type { Narrow } from '../documents/repo.ts'
import type { Owner } from '../issuers/repo.ts'
import type { InvoiceWire } from './schema.ts'

type Wire = Static<typeof InvoiceWire>

/** Which invoices a list is asked for. */
export interface Asked {
  readonly state: Wire['state'] | undefined
  readonly overdue: boolean
}

/** Whether an invoice is among them, by what the wire says of it. */
export const isAsked = (invoice: Wire, { state, overdue }: Asked): boolean =>
  (state === undefined || invoice.state === state) && (!overdue || invoice.overdue)

/** Leaves out of a list of invoices what is certainly not among them. */
export function narrowTo(owner: Owner, { state, overdue }: Asked, now: Date): Narrow {
  return (list, { after }) => {
    if (state === 'draft') list.andWhereRaw(`document.state = 'draft'`)
    if (state === 'issued') {
      list.andWhereRaw(
        `document.state = 'issued'
           and not exists (select from document_void
                            where document_void.bucket = document.bucket and document_void.document_id = document.id)`,
      )
    }
    if (state === 'void') {
      list
        .join('document_void', (on) => {
          on.on('document_void.bucket', 'document.bucket').andOn('document_void.document_id', 'document.id')
        })
        .andWhere('document_void.tenant_id', owner.tenantId)
      if (after) list.andWhere('document_void.document_id', '>', after)
    }
    // By the issuer's calendar, which is at most a day behind that of the first who has the day.
    if (overdue) list.andWhereRaw(`document.state = 'issued' and document.due_on < cast(? as date)`, [latestDay(now)])
  }
}
