import { formatId } from '@kontor/ids'
import { payeeWarnings } from '../issuers/issuer.ts'
import type { Content, Document } from './document.ts'
import { totalsOf } from './form-rules.ts'
import { grossToWire, type Snapshot, taxVatToWire, totalsToWire } from './snapshot.ts'

/** What quotes and invoices have in common on the wire, without their ids. An issued document speaks from its snapshot. */
export function documentToWire(document: Document) {
  const { content } = document
  const said = document.snapshot === null ? fromDraft(document) : (JSON.parse(document.snapshot) as Snapshot)
  const { totals, line_net_minor, gross, tax_vat } = said
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
    line_gross_minor: gross ? [...gross.line_gross_minor] : null,
    net_differences: [...(gross?.net_differences ?? [])],
    vat_exemptions: [...(said.vat_exemptions ?? [])],
    tax_vat_minor: tax_vat?.vat_minor ?? null,
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
    price_mode: content.price_mode ?? 'net',
    rounding: content.rounding ?? 'none',
    language: content.language ?? null,
    tax_currency: content.tax_currency ?? content.exchange_rate?.to ?? null,
    exchange_rate: content.exchange_rate ?? null,
    delivery_on: content.delivery_on ?? null,
    period: content.period ?? null,
    buyer_reference: content.buyer_reference ?? null,
    order_reference: content.order_reference ?? null,
    notes: [...(content.notes ?? [])],
    terms: content.terms ?? null,
    cash_discounts: [...(content.cash_discounts ?? [])],
    payment: [...(content.payment ?? [])],
    lines: [...content.lines],
    allowances_charges: [...(content.allowances_charges ?? [])],
  }
}

/** What a draft would say if it were issued as it is. */
function fromDraft({
  currency,
  content,
}: Document): Pick<Snapshot, 'totals' | 'line_net_minor' | 'gross' | 'vat_exemptions' | 'tax_vat'> {
  const totals = totalsOf(currency, content)
  const [gross, taxVat] = [grossToWire(totals), taxVatToWire(currency, content, totals)]
  return {
    totals: totalsToWire(totals),
    line_net_minor: totals.lineNetMinor.map(Number),
    vat_exemptions: content.vat_exemptions ?? [],
    ...(gross ? { gross } : {}),
    ...(taxVat ? { tax_vat: taxVat } : {}),
  }
}
