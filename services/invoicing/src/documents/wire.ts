import { formatId } from '@kontor/ids'
import type { DocumentTotals } from '@kontor/money'
import { payeeWarnings } from '../issuers/issuer.ts'
import type { Content, Document } from './document.ts'
import { totalsOf } from './form-rules.ts'
import { type Snapshot, totalsToWire } from './snapshot.ts'

/** What quotes and invoices have in common on the wire, without their ids. An issued document speaks from its snapshot. */
export function documentToWire(document: Document) {
  const { content } = document
  const { totals, line_net_minor } =
    document.snapshot === null
      ? fromTotals(totalsOf(document.currency, content))
      : (JSON.parse(document.snapshot) as Snapshot)
  return {
    mode: document.mode,
    account_id: formatId('acc', document.account_id),
    issuer_id: formatId('iss', document.issuer_id),
    external_id: document.external_id,
    number: document.number,
    currency: document.currency,
    issue_on: document.issue_on,
    due_on: document.due_on,
    ...formToWire(content),
    totals: { ...totals, vat_groups: [...totals.vat_groups] },
    line_net_minor: [...line_net_minor],
    instrument:
      document.token_id === null || !content.instrument
        ? null
        : { token_id: formatId('tok', document.token_id), ...content.instrument },
    warnings: payeeWarnings(content.payment ?? [], '/payment'),
    version: document.version,
    created_at: document.created_at.toISOString(),
    issued_at: document.issued_at?.toISOString() ?? null,
  }
}

/** What the caller ordered, as it was given; null or empty where nothing was. */
function formToWire(content: Content) {
  return {
    language: content.language ?? null,
    tax_currency: content.tax_currency ?? null,
    delivery_on: content.delivery_on ?? null,
    period: content.period ?? null,
    buyer_reference: content.buyer_reference ?? null,
    order_reference: content.order_reference ?? null,
    notes: [...(content.notes ?? [])],
    terms: content.terms ?? null,
    payment: [...(content.payment ?? [])],
    lines: [...content.lines],
    allowances_charges: [...(content.allowances_charges ?? [])],
  }
}

function fromTotals(totals: DocumentTotals) {
  return { totals: totalsToWire(totals), line_net_minor: totals.lineNetMinor.map(Number) }
}
