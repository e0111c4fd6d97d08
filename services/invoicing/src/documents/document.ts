import type { VatCategory } from '@kontor/money'
import type { Static } from 'typebox'
import type { DocumentType } from '../numbering/document-type.ts'
import type { MaskedInstrument } from '../vault/client.ts'
import type {
  AllowanceChargeWire,
  CashDiscountWire,
  ExchangeRateWire,
  LineFormWire,
  PaymentMeansWire,
  PeriodWire,
  PrecedingInvoiceWire,
  VatExemptionWire,
} from './schema.ts'

export type LineForm = Static<typeof LineFormWire>
export type DocumentAllowanceCharge = Static<typeof AllowanceChargeWire>
export type PaymentMeans = Static<typeof PaymentMeansWire>
export type Period = Static<typeof PeriodWire>
export type PrecedingInvoice = Static<typeof PrecedingInvoiceWire>
export type VatExemption = Static<typeof VatExemptionWire>
export type CashDiscount = Static<typeof CashDiscountWire>
export type ExchangeRateForm = Static<typeof ExchangeRateWire>

/** What a caller orders: the parts of the form that say what is sold, when and how it is paid. */
export interface Content {
  readonly price_mode?: 'net' | 'gross'
  readonly tax_currency?: string
  readonly exchange_rate?: ExchangeRateForm
  readonly language?: 'de' | 'en'
  readonly delivery_on?: string
  readonly valid_until?: string
  readonly period?: Period
  readonly buyer_reference?: string
  readonly order_reference?: string
  readonly notes?: readonly string[]
  readonly terms?: string
  readonly cash_discounts?: readonly CashDiscount[]
  readonly payment?: readonly PaymentMeans[]
  readonly lines: readonly LineForm[]
  readonly allowances_charges?: readonly DocumentAllowanceCharge[]
  readonly vat_exemptions?: readonly VatExemption[]
  readonly prepaid_minor?: number
  readonly rounding?: 'none' | 'cash'
  readonly rounding_minor?: number
  /** Masked values of the instrument that will be charged, taken from the vault when the draft was made. */
  readonly instrument?: Pick<MaskedInstrument, 'type' | 'display'>
  /** Number of the quote that this invoice was made from. */
  readonly quote_number?: string
  /** Number of the quote that this one revises. */
  readonly revises_number?: string
  /** The invoice that this document corrects or replaces (BG-3), ours or another system's. */
  readonly preceding_invoice?: PrecedingInvoice
  /** Why it is corrected, printed. */
  readonly reason?: string
  /** Which parts of an invoice of ours a credit note takes back. */
  readonly credit?: Credit
}

/** What of an invoice a credit note takes back, in the prices of the invoice: what is left is computed from these. */
export interface Credit {
  /** Places of the invoice's lines, from 1. Without a quantity it is a reduction of the price. */
  readonly lines: readonly { readonly line: number; readonly quantity: string | null; readonly amount_minor: number }[]
  /** Places of the invoice's allowances and charges, from 1. */
  readonly allowances_charges: readonly { readonly place: number; readonly amount_minor: number }[]
  /** The VAT of each group, so decided that the credit notes of an invoice add up to what it charged. */
  readonly vat_groups: readonly {
    readonly category: VatCategory
    readonly rate: string | null
    readonly base_minor: number
    readonly tax_minor: number
  }[]
}

/** A quote or invoice as it is stored. */
export interface Document {
  readonly id: string
  readonly mode: 'test' | 'live'
  readonly document_type: DocumentType
  readonly type_code: string
  readonly state: 'draft' | 'issued'
  readonly issuer_id: string
  readonly account_id: string
  /** Null for a draft. */
  readonly series_id: string | null
  readonly external_id: string | null
  readonly quote_id: string | null
  /** The invoice of ours that a credit note or a corrected invoice refers to. */
  readonly corrects_id: string | null
  /** The proforma that an invoice was made from when it was paid. */
  readonly proforma_id: string | null
  readonly token_id: string | null
  readonly currency: string
  readonly net_minor: bigint
  readonly vat_minor: bigint
  readonly gross_minor: bigint
  readonly payable_minor: bigint
  readonly issue_on: string | null
  readonly due_on: string | null
  readonly content: Content
  readonly number: string | null
  readonly snapshot: string | null
  readonly issued_at: Date | null
  readonly version: number
  readonly created_at: Date
}
