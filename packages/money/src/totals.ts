import { DomainError } from '@kontor/problem'
import { boundedMinor, currencyExponent } from './amount.ts'
import { parseDecimal, powerOfTen, type Rational, roundHalfAwayFromZero } from './decimal.ts'
import { CashRoundingNotAvailable, InvalidBaseQuantity, RoundingAmbiguous } from './errors.ts'
import { type NetDifference, type StatedVat, VatBreakdown, type VatCategory, type VatGroup } from './vat.ts'

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
  /** Item net price, BT-146: the price discount (BT-147) is already off. In gross prices it has its VAT in it. */
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
  /** BT-114 as the caller decided it; 0 where `rounding` is cash. */
  readonly roundingMinor: bigint
  /** Whether prices, allowances and charges are without VAT (`net`, also if left out) or have it in them. */
  readonly priceMode?: 'net' | 'gross' | undefined
  /** `cash` rounds what is due to 5 Rappen, in BT-114. */
  readonly rounding?: 'none' | 'cash' | undefined
  /** Groups whose VAT was decided elsewhere; a group that the document does not have is ignored. */
  readonly statedVat?: readonly StatedVat[] | undefined
}

/** What a document in gross prices has beside its totals. */
export interface GrossPrices {
  /** Amount of each line with its VAT, in order: what the customer saw. */
  readonly lineGrossMinor: readonly bigint[]
  /** Net of each allowance and charge on document level (BT-92, BT-99), in order. */
  readonly allowanceChargeNetMinor: readonly bigint[]
  /** None is 0. Each is part of BT-107 if it is negative, else of BT-108. */
  readonly netDifferences: readonly NetDifference[]
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
  /** In gross prices only. */
  readonly gross?: GrossPrices
}

/**
 * Computes every total of a quote, invoice or credit note from its lines.
 *
 * In net prices rounding happens twice and nowhere else: once per line, once per VAT group. In gross prices the amounts with
 * VAT are rounded once per line, the VAT in them once per group, and each net once; BT-112 is the sum of the amounts with VAT.
 *
 * @throws {DomainError} `unknown_currency`, `invalid_decimal`, `invalid_base_quantity`, `vat_rate_missing`,
 * `vat_rate_not_allowed`, `cash_rounding_not_available`, `rounding_ambiguous` or `amount_overflow`. Where one field is at
 * fault, `errors[].path` points to it in wire form.
 * @see EN 16931-1, BR-CO-10 to BR-CO-17; docs/adr/0016-gross-prices.md
 */
export function documentTotals(input: DocumentInput): DocumentTotals {
  const { lineNetMinor, allowancesMinor, chargesMinor, vatGroups, gross } =
    input.priceMode === 'gross' ? inGrossPrices(input) : inNetPrices(input)
  const linesMinor = boundedMinor(sum(lineNetMinor)) // BR-CO-10
  boundedMinor(allowancesMinor)
  boundedMinor(chargesMinor)
  const netMinor = boundedMinor(linesMinor - allowancesMinor + chargesMinor) // BR-CO-13
  const vatMinor = boundedMinor(sum(vatGroups.map((group) => group.taxMinor))) // BR-CO-14
  const grossMinor = boundedMinor(netMinor + vatMinor) // BR-CO-15
  const prepaidMinor = located('/prepaid_minor', () => boundedMinor(input.prepaidMinor))
  const roundingMinor = roundingOf(input, grossMinor - prepaidMinor)
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
    ...(gross ? { gross } : {}),
  }
}

/** What the totals are made of, whatever the prices are. */
interface Parts {
  readonly lineNetMinor: readonly bigint[]
  readonly allowancesMinor: bigint
  readonly chargesMinor: bigint
  readonly vatGroups: readonly VatGroup[]
  readonly gross?: GrossPrices
}

function inNetPrices(input: DocumentInput): Parts {
  const breakdown = new VatBreakdown()
  const lineNetMinor = collectLines(input, (line, netMinor) => {
    breakdown.add(line.vatCategory, line.vatRate, netMinor)
    return netMinor
  })
  collectAllowancesCharges(input, (item) => breakdown.add(item.vatCategory, item.vatRate, signed(item)))
  return {
    lineNetMinor,
    allowancesMinor: sumOf(input.allowancesCharges, false), // BR-CO-11
    chargesMinor: sumOf(input.allowancesCharges, true), // BR-CO-12
    vatGroups: breakdown.groups(input.statedVat),
  }
}

function inGrossPrices(input: DocumentInput): Parts {
  const breakdown = new VatBreakdown()
  const lineGrossMinor: bigint[] = []
  const lineNetMinor = collectLines(input, (line, grossMinor) => {
    lineGrossMinor.push(grossMinor)
    return breakdown.addGross(line.vatCategory, line.vatRate, grossMinor)
  })
  const netItems = collectAllowancesCharges(input, (item) => ({
    charge: item.charge,
    // Rounding is symmetrical, so the net of an allowance is the negative of the net of its negative.
    amountMinor: signed({
      charge: item.charge,
      amountMinor: breakdown.addGross(item.vatCategory, item.vatRate, signed(item)),
    }),
  }))
  const { groups, netDifferences } = breakdown.groupsOfGross(input.statedVat)
  const differences = netDifferences.map(({ amountMinor }) => amountMinor)
  return {
    lineNetMinor,
    allowancesMinor: sumOf(netItems, false) - sum(differences.filter((amount) => amount < 0n)),
    chargesMinor: sumOf(netItems, true) + sum(differences.filter((amount) => amount > 0n)),
    vatGroups: groups,
    gross: { lineGrossMinor, allowanceChargeNetMinor: netItems.map((item) => item.amountMinor), netDifferences },
  }
}

/** Hands each line and its amount, in the prices of the document, to `collect`. */
function collectLines<T>(input: DocumentInput, collect: (line: LineInput, amountMinor: bigint) => T): T[] {
  const minorPerUnit = powerOfTen(located('/currency', () => currencyExponent(input.currency)))
  return input.lines.map((line, index) => {
    const amountMinor = lineAmount(line, minorPerUnit, `/lines/${index}`)
    return located(`/lines/${index}/vat_rate`, () => collect(line, amountMinor))
  })
}

function collectAllowancesCharges<T>({ allowancesCharges }: DocumentInput, collect: (item: AllowanceCharge) => T): T[] {
  return allowancesCharges.map((item, index) => {
    const path = `/allowances_charges/${index}`
    located(`${path}/amount_minor`, () => boundedMinor(item.amountMinor))
    return located(`${path}/vat_rate`, () => collect(item))
  })
}

/** The currencies whose coins are too large for their minor unit, where rounding to them is usage: 5 Rappen. */
const CASH_STEP_MINOR: ReadonlyMap<string, bigint> = new Map([['CHF', 5n]])

/**
 * BT-114. VAT is settled before it is looked at, and no total but BT-115 sees it.
 *
 * @param dueMinor BT-112 − BT-113.
 * @throws {CashRoundingNotAvailable | RoundingAmbiguous | AmountOverflow}
 */
function roundingOf({ currency, rounding, roundingMinor }: DocumentInput, dueMinor: bigint): bigint {
  if (rounding !== 'cash') return located('/rounding_minor', () => boundedMinor(roundingMinor))
  const step = CASH_STEP_MINOR.get(currency)
  if (step === undefined) throw new CashRoundingNotAvailable('only amounts in CHF are rounded for cash').at('/rounding')
  if (roundingMinor !== 0n) throw new RoundingAmbiguous('leave one of the two out').at('/rounding_minor')
  return roundHalfAwayFromZero({ num: dueMinor, den: step }) * step - dueMinor
}

/** BT-131, in gross prices with VAT: the product of quantity and price is rounded, then whole minor units are taken off and put on. */
function lineAmount(line: LineInput, minorPerUnit: bigint, path: string): bigint {
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
