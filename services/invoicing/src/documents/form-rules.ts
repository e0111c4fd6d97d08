import { type DocumentTotals, documentTotals, isCurrency, parseDecimal, UnknownCurrency } from '@kontor/money'
import { checkDay } from './calendar.ts'
import type { Content, Period } from './document.ts'
import { DueBeforeIssue, InvalidCashDiscount, PayeeAmbiguous, PeriodReversed } from './errors.ts'
import { judgeVatForm } from './vat-form-rules.ts'

/** The parts of a form that rules look at. */
export interface Form {
  readonly currency: string
  readonly issue_on?: string | null
  readonly due_on?: string | null
  readonly content: Content
}

/**
 * Checks a form against every rule that needs nothing but the form, and adds it up.
 *
 * @returns The totals by their EN 16931 names.
 * @throws {DomainError} Naming the field at fault.
 */
export function judgeForm({ currency, issue_on, due_on, content }: Form): DocumentTotals {
  checkDay(issue_on, '/issue_on')
  checkDay(due_on, '/due_on')
  checkDay(content.delivery_on, '/delivery_on')
  checkDay(content.valid_until, '/valid_until')
  checkDay(content.exchange_rate?.on, '/exchange_rate/on')
  checkDay(content.preceding_invoice?.issued_on, '/preceding_invoice/issued_on')
  checkPeriod(content.period, '/period')
  for (const [index, line] of content.lines.entries()) checkPeriod(line.period, `/lines/${index}/period`)
  if (issue_on && due_on && due_on < issue_on) throw new DueBeforeIssue().at('/due_on')
  if (content.tax_currency !== undefined && !isCurrency(content.tax_currency)) {
    throw new UnknownCurrency('name an active ISO 4217 currency').at('/tax_currency')
  }
  for (const [index, { percent, within_days }] of (content.cash_discounts ?? []).entries()) {
    const { num, den } = parseDecimal(percent)
    const before = content.cash_discounts?.[index - 1]?.within_days ?? -1
    if (num <= 0n || num >= den * 100n || within_days <= before) {
      throw new InvalidCashDiscount().at(`/cash_discounts/${index}`)
    }
  }
  for (const [index, means] of (content.payment ?? []).entries()) {
    if (means.iban !== undefined && means.account_number !== undefined)
      throw new PayeeAmbiguous().at(`/payment/${index}`)
  }
  const totals = totalsOf(currency, content)
  judgeVatForm(currency, content, totals)
  return totals
}

/** Adds a form up. Amounts of the form are JSON integers, ours are bigint. */
export function totalsOf(currency: string, content: Content): DocumentTotals {
  return documentTotals({
    currency,
    priceMode: content.price_mode,
    rounding: content.rounding,
    lines: content.lines.map((line) => ({
      quantity: line.quantity,
      price: line.price,
      priceBaseQuantity: line.price_base_quantity,
      allowancesCharges: (line.allowances_charges ?? []).map(({ charge, amount_minor }) => ({
        charge,
        amountMinor: BigInt(amount_minor),
      })),
      vatCategory: line.vat_category,
      vatRate: line.vat_rate,
    })),
    allowancesCharges: (content.allowances_charges ?? []).map((item) => ({
      charge: item.charge,
      amountMinor: BigInt(item.amount_minor),
      vatCategory: item.vat_category,
      vatRate: item.vat_rate,
    })),
    prepaidMinor: BigInt(content.prepaid_minor ?? 0),
    roundingMinor: BigInt(content.rounding_minor ?? 0),
    statedVat: content.credit?.vat_groups.map(({ category, rate, tax_minor }) => ({
      category,
      rate: rate ?? undefined,
      taxMinor: BigInt(tax_minor),
    })),
  })
}

function checkPeriod(period: Period | undefined, path: string): void {
  if (!period) return
  checkDay(period.from, `${path}/from`)
  checkDay(period.to, `${path}/to`)
  if (period.to < period.from) throw new PeriodReversed().at(`${path}/to`)
}
