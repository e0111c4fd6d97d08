import { createHash } from 'node:crypto'
import { currencyExponent, type DocumentTotals, type VatCategory } from '@kontor/money'
import canonicalize from 'canonicalize'
import type { Account } from '../accounts/account.ts'
import type { Issuer } from '../issuers/issuer.ts'
import type { DocumentType } from '../numbering/document-type.ts'
import type { Content, Document, VatExemption } from './document.ts'
import { vatExemptions } from './vat-exemptions.ts'
import { vatInTaxCurrency } from './vat-form-rules.ts'

/** Totals as they stand in a snapshot and on the wire. */
export interface SnapshotTotals {
  readonly lines_minor: number
  readonly allowances_minor: number
  readonly charges_minor: number
  readonly net_minor: number
  readonly vat_minor: number
  readonly gross_minor: number
  readonly prepaid_minor: number
  readonly rounding_minor: number
  readonly payable_minor: number
  readonly vat_groups: readonly { category: VatCategory; rate: string | null; base_minor: number; tax_minor: number }[]
}

/** In gross prices, what stands beside the totals. */
export interface SnapshotGross {
  /** Amount of each line with VAT. */
  readonly line_gross_minor: readonly number[]
  /** Net of each allowance and charge on document level (BT-92, BT-99). */
  readonly allowance_charge_net_minor: readonly number[]
  /** What the nets, each rounded by itself, lack of a group's taxable amount: a charge, or an allowance if negative. */
  readonly net_differences: readonly { vat_category: VatCategory; vat_rate: string | null; amount_minor: number }[]
}

/** VAT in the currency of BT-6. The rate, its day and its source stand in the content. */
export interface SnapshotTaxVat {
  readonly currency: string
  readonly exponent: number
  /** BT-111. */
  readonly vat_minor: number
}

/**
 * Everything a document says, except its number: what was issued stays readable when account, issuer and rules have
 * long changed. The ledger binds number and hash of this.
 */
export interface Snapshot {
  readonly form: 1
  readonly document_type: DocumentType
  readonly type_code: string
  readonly currency: string
  readonly exponent: number
  readonly language: 'de' | 'en'
  readonly issue_on: string
  readonly due_on: string | null
  readonly issuer: Omit<
    Issuer,
    'small_difference_minor' | 'id' | 'logo_sha256' | 'created_at' | 'version' | 'mode' | 'external_id'
  > & {
    readonly logo_sha256: string | null
  }
  readonly account: Omit<Account, 'id' | 'created_at' | 'version' | 'mode' | 'external_id' | 'email' | 'phone'>
  readonly content: Content
  readonly line_net_minor: readonly number[]
  readonly totals: SnapshotTotals
  /** Absent in net prices. */
  readonly gross?: SnapshotGross
  /** Absent where VAT is charged on everything. */
  readonly vat_exemptions?: readonly VatExemption[]
  /** Absent where no tax currency was asked for. */
  readonly tax_vat?: SnapshotTaxVat
}

/** @param totals Within the safe integers, as the money engine guarantees. */
export function totalsToWire(totals: DocumentTotals): SnapshotTotals {
  return {
    lines_minor: Number(totals.linesMinor),
    allowances_minor: Number(totals.allowancesMinor),
    charges_minor: Number(totals.chargesMinor),
    net_minor: Number(totals.netMinor),
    vat_minor: Number(totals.vatMinor),
    gross_minor: Number(totals.grossMinor),
    prepaid_minor: Number(totals.prepaidMinor),
    rounding_minor: Number(totals.roundingMinor),
    payable_minor: Number(totals.payableMinor),
    vat_groups: totals.vatGroups.map((group) => ({
      category: group.category,
      rate: group.rate ?? null,
      base_minor: Number(group.baseMinor),
      tax_minor: Number(group.taxMinor),
    })),
  }
}

export function grossToWire({ gross }: DocumentTotals): SnapshotGross | undefined {
  return (
    gross && {
      line_gross_minor: gross.lineGrossMinor.map(Number),
      allowance_charge_net_minor: gross.allowanceChargeNetMinor.map(Number),
      net_differences: gross.netDifferences.map(({ category, rate, amountMinor }) => ({
        vat_category: category,
        vat_rate: rate ?? null,
        amount_minor: Number(amountMinor),
      })),
    }
  )
}

/** @returns `undefined` where the document states VAT in its own currency alone. */
export function taxVatToWire(currency: string, content: Content, totals: DocumentTotals): SnapshotTaxVat | undefined {
  const taxVat = vatInTaxCurrency(currency, content, totals.vatMinor)
  return (
    taxVat && {
      currency: taxVat.currency,
      exponent: currencyExponent(taxVat.currency),
      vat_minor: Number(taxVat.vatMinor),
    }
  )
}

/** Takes together what a document will say for ever. */
export function takeSnapshot(parts: {
  readonly document: Document
  readonly issueOn: string
  readonly issuer: Issuer
  readonly account: Account
  readonly totals: DocumentTotals
}): Snapshot {
  const { document, issueOn, issuer, account, totals } = parts
  const {
    id: _issuerId,
    logo_sha256,
    created_at: _c,
    version: _v,
    mode: _m,
    external_id: _e,
    small_difference_minor: _s,
    ...issuerFields
  } = issuer
  const {
    id: _accountId,
    created_at: _ac,
    version: _av,
    mode: _am,
    external_id: _ae,
    email: _email,
    phone: _phone,
    ...accountFields
  } = account
  const language = document.content.language ?? account.language
  const [gross, taxVat] = [grossToWire(totals), taxVatToWire(document.currency, document.content, totals)]
  const exemptions = vatExemptions(document.content, totals, language)
  // BR-O-02 to BR-O-04: what is not subject to VAT names no VAT ids. Category O stands alone (BR-O-11).
  const vatIds = totals.vatGroups.some(({ category }) => category === 'O') ? { vat_id: null } : {}
  return {
    form: 1,
    document_type: document.document_type,
    type_code: document.type_code,
    currency: document.currency,
    exponent: currencyExponent(document.currency),
    language,
    issue_on: issueOn,
    due_on: document.due_on,
    issuer: { ...issuerFields, ...vatIds, logo_sha256: logo_sha256?.toString('hex') ?? null },
    account: { ...accountFields, ...vatIds },
    content: document.content,
    line_net_minor: totals.lineNetMinor.map(Number),
    totals: totalsToWire(totals),
    ...(gross ? { gross } : {}),
    ...(exemptions.length > 0 ? { vat_exemptions: exemptions } : {}),
    ...(taxVat ? { tax_vat: taxVat } : {}),
  }
}

/** @returns The canonical text (RFC 8785) and its SHA-256. */
export function sealSnapshot(snapshot: Snapshot): { text: string; hash: Buffer } {
  const text = canonicalize(snapshot) as string
  return { text, hash: createHash('sha256').update(text).digest() }
}
