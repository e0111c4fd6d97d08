import { decimalFromMinor } from '@kontor/money'
import type { Problem } from '@kontor/problem'
import type { OrderForm } from '../orders/order-form.ts'
import { type Difference, findDifferences } from './differences.ts'
import type { Trail } from './run-order.ts'
import type { Warning } from './wire.ts'

/** What became of one order: an entry of `summary.json`. Amounts are decimals in `currency`; what did not come to be is `null`. */
export interface OrderSummary {
  /** Name of the order's file. */
  readonly order: string
  readonly account_id: string | null
  readonly customer_number: string | null
  readonly token_id: string | null
  /** Masked, such as `Visa •••• 4242`. */
  readonly instrument: string | null
  readonly quote_number: string | null
  readonly invoice_number: string | null
  /** Of an order that is a credit note, which has neither quote nor invoice. */
  readonly credit_note_number: string | null
  readonly currency: string | null
  /** Sum of the lines (BT-106). */
  readonly lines: string | null
  /** Without VAT (BT-109). */
  readonly net: string | null
  readonly vat: string | null
  readonly vat_groups: readonly VatGroupSummary[]
  /** With VAT (BT-112). */
  readonly gross: string | null
  readonly payable: string | null
  /** Where the PDF is. */
  readonly pdf: string | null
  /** Where our totals are not those that the order's author printed. */
  readonly differences: readonly Difference[]
  /** What was taken although it looks wrong, such as a payee account whose check digits do not match. */
  readonly warnings: readonly Warning[]
  /** The problem document (RFC 9457) of an order that was refused. */
  readonly error: Problem | null
}

export interface VatGroupSummary {
  readonly category: string
  readonly rate: string | null
  readonly base: string
  readonly tax: string
}

/**
 * @param worked The order, as far as it could be read, and how far it came.
 */
export function summarize(worked: {
  readonly name: string
  readonly order: OrderForm | undefined
  readonly trail: Trail
  readonly pdf: string | undefined
  readonly error: Problem | undefined
}): OrderSummary {
  const { name, order, trail, pdf, error } = worked
  const document = trail.invoice ?? trail.quote ?? trail.creditNote
  const instrument = document?.instrument
  return {
    order: name,
    account_id: trail.account?.id ?? null,
    customer_number: trail.account?.customer_number ?? null,
    token_id: instrument?.token_id ?? trail.token?.id ?? null,
    instrument: instrument?.display ?? trail.token?.display ?? null,
    quote_number: trail.quote?.number ?? null,
    invoice_number: trail.invoice?.number ?? null,
    credit_note_number: trail.creditNote?.number ?? null,
    ...(document ? totalsOf(document) : { ...NO_TOTALS, currency: order?.currency ?? null }),
    pdf: pdf ?? null,
    differences: order && document ? findDifferences(order, document.totals, document.line_net_minor) : [],
    warnings: document?.warnings ?? [],
    error: error ?? null,
  }
}

const NO_TOTALS = { lines: null, net: null, vat: null, vat_groups: [], gross: null, payable: null }

function totalsOf({ currency, totals }: NonNullable<Trail['quote' | 'invoice' | 'creditNote']>) {
  const decimal = (minor: number) => decimalFromMinor(BigInt(minor), currency)
  return {
    currency,
    lines: decimal(totals.lines_minor),
    net: decimal(totals.net_minor),
    vat: decimal(totals.vat_minor),
    vat_groups: totals.vat_groups.map(({ category, rate, base_minor, tax_minor }) => ({
      category,
      rate,
      base: decimal(base_minor),
      tax: decimal(tax_minor),
    })),
    gross: decimal(totals.gross_minor),
    payable: decimal(totals.payable_minor),
  }
}
