import { DomainError } from '@kontor/problem'
import { boundedMinor, currencyExponent } from './amount.ts'
import { parseDecimal, powerOfTen, type Rational, roundHalfAwayFromZero } from './decimal.ts'
import { InvalidBaseQuantity } from './errors.ts'
import { VatBreakdown, type VatCategory, type VatGroup } from './vat.ts'

/** An allowance (`charge: false`, BG-27) or charge (BG-28) of one line. */
export interface LineAllowanceCharge {
  readonly charge: boolean
  readonly amountMinor: bigint
}

/** An allowance (BG-20) or charge (BG-21) of the whole document, with the VAT it falls under. */
export interface AllowanceCharge extends LineAllowanceCharge {
  readonly vatCategory: VatCategory
  readonly vatRate?: string | undefined
}

/** Quantities, prices and rates are decimal texts of up to 12 + 9 digits. */
export interface LineInput {
  readonly quantity: string
  /** Item net price, BT-146: the price discount (BT-147) is already off. */
  readonly price: string
  /** BT-149; left out it is 1. */
  readonly priceBaseQuantity?: string | undefined
  readonly allowancesCharges: readonly LineAllowanceCharge[]
  readonly vatCategory: VatCategory
  /** Percent. */
  readonly vatRate?: string | undefined
}

export interface DocumentInput {
  readonly currency: string
  readonly lines: readonly LineInput[]
  readonly allowancesCharges: readonly AllowanceCharge[]
  readonly prepaidMinor: bigint
  readonly roundingMinor: bigint
}

/** All amounts in minor units of the document's currency, named after the terms of EN 16931-1. */
export interface DocumentTotals {
  /** BT-131 of each line, in order. */
  readonly lineNetMinor: readonly bigint[]
  /** BT-106, sum of line net amounts. */
  readonly linesMinor: bigint
  /** BT-107, sum of allowances on document level. */
  readonly allowancesMinor: bigint
  /** BT-108, sum of charges on document level. */
  readonly chargesMinor: bigint
  /** BT-109, total without VAT. */
  readonly netMinor: bigint
  /** BT-110, total VAT. */
  readonly vatMinor: bigint
  /** BG-23. */
  readonly vatGroups: readonly VatGroup[]
  /** BT-112, total with VAT. */
  readonly grossMinor: bigint
  /** BT-113. */
  readonly prepaidMinor: bigint
  /** BT-114. */
  readonly roundingMinor: bigint
  /** BT-115, amount due. */
  readonly payableMinor: bigint
}

/**
 * Computes every total of a quote, invoice or credit note from its lines.
 *
 * Rounding happens twice and nowhere else: once per line, once per VAT group. All else is integer addition.
 *
 * @throws {DomainError} `unknown_currency`, `invalid_decimal`, `invalid_base_quantity`, `vat_rate_missing`,
 * `vat_rate_not_allowed` or `amount_overflow`. Where one field is at fault, `errors[].path` points to it in wire form.
 * @see EN 16931-1, BR-CO-10 to BR-CO-17
 */
export function documentTotals(input: DocumentInput): DocumentTotals {
  const minorPerUnit = powerOfTen(located('/currency', () => currencyExponent(input.currency)))
  const breakdown = new VatBreakdown()

  const lineNetMinor = input.lines.map((line, index) => {
    const netMinor = lineNet(line, minorPerUnit, `/lines/${index}`)
    located(`/lines/${index}/vat_rate`, () => breakdown.add(line.vatCategory, line.vatRate, netMinor))
    return netMinor
  })
  for (const [index, item] of input.allowancesCharges.entries()) {
    const path = `/allowances_charges/${index}`
    located(`${path}/amount_minor`, () => boundedMinor(item.amountMinor))
    located(`${path}/vat_rate`, () => breakdown.add(item.vatCategory, item.vatRate, signed(item)))
  }

  const vatGroups = breakdown.groups()
  const linesMinor = boundedMinor(sum(lineNetMinor)) // BR-CO-10
  const allowancesMinor = boundedMinor(sumOf(input.allowancesCharges, false)) // BR-CO-11
  const chargesMinor = boundedMinor(sumOf(input.allowancesCharges, true)) // BR-CO-12
  const netMinor = boundedMinor(linesMinor - allowancesMinor + chargesMinor) // BR-CO-13
  const vatMinor = boundedMinor(sum(vatGroups.map((group) => group.taxMinor))) // BR-CO-14
  const grossMinor = boundedMinor(netMinor + vatMinor) // BR-CO-15
  const prepaidMinor = located('/prepaid_minor', () => boundedMinor(input.prepaidMinor))
  const roundingMinor = located('/rounding_minor', () => boundedMinor(input.roundingMinor))
  const payableMinor = boundedMinor(grossMinor - prepaidMinor + roundingMinor) // BR-CO-16
  return {
    lineNetMinor,
    linesMinor,
    allowancesMinor,
    chargesMinor,
    netMinor,
    vatMinor,
    vatGroups,
    grossMinor,
    prepaidMinor,
    roundingMinor,
    payableMinor,
  }
}

/** BT-131: the product of quantity and price is rounded, then whole minor units are taken off and put on. */
function lineNet(line: LineInput, minorPerUnit: bigint, path: string): bigint {
  const quantity = located(`${path}/quantity`, () => parseDecimal(line.quantity))
  const price = located(`${path}/price`, () => parseDecimal(line.price))
  const base = located(`${path}/price_base_quantity`, () => baseQuantity(line.priceBaseQuantity))
  const product = roundHalfAwayFromZero({
    num: quantity.num * price.num * base.den * minorPerUnit,
    den: quantity.den * price.den * base.num,
  })
  return located(path, () => {
    for (const item of line.allowancesCharges) boundedMinor(item.amountMinor)
    return boundedMinor(product + sum(line.allowancesCharges.map(signed)))
  })
}

function baseQuantity(text: string | undefined): Rational {
  if (text === undefined) return { num: 1n, den: 1n }
  const base = parseDecimal(text)
  if (base.num <= 0n) throw new InvalidBaseQuantity('leave it out, or say for how many units the price is')
  return base
}

/** Charges add, allowances take off. */
function signed({ charge, amountMinor }: LineAllowanceCharge): bigint {
  return charge ? amountMinor : -amountMinor
}

function sumOf(items: readonly LineAllowanceCharge[], charge: boolean): bigint {
  return sum(items.filter((item) => item.charge === charge).map((item) => item.amountMinor))
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n)
}

/** Runs `work`, and has its refusal name the field at `path` (RFC 6901). */
function located<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw error instanceof DomainError ? error.at(path) : error
  }
}
