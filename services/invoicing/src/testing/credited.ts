import { draftCredit, type Taken } from '../credit-notes/credit-rules.ts'
import type { LineRequest } from '../credit-notes/line-rules.ts'
import type { Content } from '../documents/document.ts'
import { totalsOf } from '../documents/form-rules.ts'
import { grossToWire, type Snapshot, totalsToWire } from '../documents/snapshot.ts'

/** What of a snapshot is shared out. */
function snapshotOf(content: Content, currency = 'CHF'): Snapshot {
  const totals = totalsOf(currency, content)
  const gross = grossToWire(totals)
  return {
    currency,
    content,
    language: 'de',
    issue_on: '2026-11-20',
    line_net_minor: totals.lineNetMinor.map(Number),
    totals: totalsToWire(totals),
    ...(gross ? { gross } : {}),
  } as unknown as Snapshot
}

export const invoiceOf = (content: Content, currency?: string) => ({
  number: '1-1',
  snapshot: snapshotOf(content, currency),
})

export function take(invoice: ReturnType<typeof invoiceOf>, taken: readonly Taken[], lines?: readonly LineRequest[]) {
  const { content, totals } = draftCredit(invoice, taken, lines, 'Retour')
  return { content, totals, gross_minor: totals.grossMinor, payable_minor: totals.payableMinor }
}

export const line = {
  name: 'Ware',
  quantity: '2',
  unit: 'C62',
  price: '50',
  vat_category: 'S',
  vat_rate: '8.1',
} as const
