import { documentTotals, formatDecimal, parseDecimal, portion } from '@kontor/money'
import type { Content, DocumentAllowanceCharge, LineForm } from '../documents/document.ts'
import { ConversionExceedsQuote, InvalidConversionQuantity, LineTwice, UnknownLine } from './errors.ts'

/** What parts took of a line so far. */
export interface LineTaken {
  /** How many parts it is in. One is enough for a line of quantity 0, of which nothing is ever left. */
  readonly parts: number
  /** In billionths, the finest quantity of the wire. */
  readonly quantity: bigint
  /** Quantity times price, then each allowance and charge, in minor units without the sign of their direction. */
  readonly shares: readonly bigint[]
}

export interface Taken {
  /** By position from 1; a line without parts may be missing. */
  readonly lines: ReadonlyMap<number, LineTaken>
  /** Each allowance and charge on the whole, then what was prepaid, then the rounding. */
  readonly shares: readonly bigint[]
}

export interface WantedLine {
  readonly line: number
  readonly quantity: string
}

/** A part of a quote: what the invoice says, and what is kept of it to work out the next one. */
export interface Part {
  readonly content: Content
  readonly lines: readonly { readonly line: number; readonly quantity: string; readonly shares: readonly bigint[] }[]
  readonly shares: readonly bigint[]
}

const BILLION = 10n ** 9n
/** Of a weight, the part that was converted: finer than any amount is large. */
const FINE = 10n ** 18n
const NOTHING: LineTaken = { parts: 0, quantity: 0n, shares: [] }
const ROUNDING_REASON = { de: 'Rundungsdifferenz', en: 'Rounding difference' } as const

/**
 * Takes a part of a quote.
 *
 * Every amount is shared out by what it should have come to after this part, less what it came to in the parts before: rounding never
 * adds up, and the part that leaves nothing takes exactly what is left, whichever parts were dropped in between. Where quantity times
 * price of the part is not that amount, a charge or allowance on the line says so, of a minor unit or so.
 *
 * @param content Of the quote.
 * @param wanted The lines to take; all that is left unless given.
 * @throws {UnknownLine | LineTwice | InvalidConversionQuantity | ConversionExceedsQuote}
 */
export function takePart(
  quote: { readonly currency: string; readonly content: Content; readonly language: 'de' | 'en' },
  taken: Taken,
  wanted?: readonly WantedLine[],
): Part {
  const { content, currency } = quote
  const quoted = content.lines.map(({ quantity }) => billionths(quantity))
  const before = content.lines.map((_, index) => taken.lines.get(index + 1) ?? NOTHING)
  const quantities = quantitiesOf(quoted, before, wanted)
  const after = before.map(({ quantity }, index) => quantity + (quantities.get(index) ?? 0n))
  const complete = quoted.map((all, index) =>
    all === 0n ? quantities.has(index) || (before[index]?.parts ?? 0) > 0 : after[index] === all,
  )

  const quotedProducts = productsOf(currency, content.lines, quoted)
  const progress = content.lines.map((line, index) => ({
    line,
    complete: complete[index] === true,
    weight: magnitude(quotedProducts[index] ?? 0n),
    fraction: fractionOf(after[index] ?? 0n, quoted[index] ?? 0n, complete[index] === true),
  }))
  const shares = sharesOfWhole(content, progress, taken.shares)
  const targets = productsOf(currency, content.lines, after)
  const own = productsOf(
    currency,
    content.lines,
    quoted.map((_, index) => quantities.get(index) ?? 0n),
  )
  const isWhole = complete.every(Boolean) && before.every(({ parts }) => parts === 0)
  const lines = [...quantities].map(([index, quantity]) => {
    const line = content.lines[index] as LineForm
    const { shares: had } = before[index] as LineTaken
    const { fraction } = progress[index] as (typeof progress)[number]
    const product = (targets[index] ?? 0n) - (had[0] ?? 0n)
    const items = (line.allowances_charges ?? []).map(
      (item, n) => portion(BigInt(item.amount_minor), { num: fraction, den: FINE }) - (had[n + 1] ?? 0n),
    )
    return {
      line: index + 1,
      quantity: decimal(quantity),
      shares: [product, ...items],
      form:
        isWhole || quantity === quoted[index]
          ? line
          : lineOf(line, quantity, items, product - (own[index] ?? 0n), quote),
    }
  })
  return {
    content: isWhole
      ? content
      : contentOf(
          content,
          lines.map(({ form }) => form),
          shares,
        ),
    lines: lines.map(({ line, quantity, shares }) => ({ line, quantity, shares })),
    shares,
  }
}

/** By index, in the order of the lines. */
function quantitiesOf(
  quoted: readonly bigint[],
  before: readonly LineTaken[],
  wanted: readonly WantedLine[] | undefined,
): ReadonlyMap<number, bigint> {
  const asked = wanted && readWanted(quoted, before, wanted)
  const leavesNothing = quoted.every(
    (all, index) => !asked || all - (before[index]?.quantity ?? 0n) - (asked.get(index) ?? 0n) === 0n,
  )
  const quantities = new Map<number, bigint>()
  for (const [index, all] of quoted.entries()) {
    const { parts, quantity } = before[index] as LineTaken
    const take = asked ? (asked.get(index) ?? 0n) : all - quantity
    // A line of quantity 0 can still cost something, and goes with the part that leaves nothing.
    if (take !== 0n || (all === 0n && parts === 0 && leavesNothing)) quantities.set(index, take)
  }
  if (quantities.size === 0) throw new ConversionExceedsQuote(1, '0')
  return quantities
}

function readWanted(
  quoted: readonly bigint[],
  before: readonly LineTaken[],
  wanted: readonly WantedLine[],
): ReadonlyMap<number, bigint> {
  const asked = new Map<number, bigint>()
  for (const [n, { line, quantity }] of wanted.entries()) {
    const all = quoted[line - 1]
    if (all === undefined) throw new UnknownLine().at(`/lines/${n}/line`)
    if (asked.has(line - 1)) throw new LineTwice().at(`/lines/${n}/line`)
    const take = billionths(quantity)
    if (take === 0n || take < 0n !== all < 0n) throw new InvalidConversionQuantity().at(`/lines/${n}/quantity`)
    const left = all - (before[line - 1]?.quantity ?? 0n)
    if (magnitude(take) > magnitude(left)) throw new ConversionExceedsQuote(line, decimal(left))
    asked.set(line - 1, take)
  }
  return asked
}

/** Quantity times price, rounded as every line of a document is. */
function productsOf(currency: string, lines: readonly LineForm[], quantities: readonly bigint[]): readonly bigint[] {
  return documentTotals({
    currency,
    lines: lines.map((line, index) => ({
      quantity: decimal(quantities[index] ?? 0n),
      price: line.price,
      priceBaseQuantity: line.price_base_quantity,
      allowancesCharges: [],
      // What is wanted is the product alone, which no VAT changes.
      vatCategory: 'O',
    })),
    allowancesCharges: [],
    prepaidMinor: 0n,
    roundingMinor: 0n,
  }).lineNetMinor
}

interface Progress {
  readonly line: LineForm
  readonly complete: boolean
  readonly weight: bigint
  /** Of `FINE`. */
  readonly fraction: bigint
}

function fractionOf(after: bigint, quoted: bigint, complete: boolean): bigint {
  if (complete) return FINE
  return quoted === 0n ? 0n : (after * FINE) / quoted
}

/**
 * What of each amount on the whole belongs to this part: by the lines under the same VAT, so that none of them stands on an invoice
 * that has nothing of its kind; by all lines where there are none. Rounding that was agreed on goes with the last part.
 */
function sharesOfWhole(content: Content, progress: readonly Progress[], taken: readonly bigint[]): bigint[] {
  const amounts = (content.allowances_charges ?? []).map((item) => {
    const alike = progress.filter(
      ({ line }) => line.vat_category === item.vat_category && line.vat_rate === item.vat_rate,
    )
    return shareOf(BigInt(item.amount_minor), alike.length > 0 ? alike : progress)
  })
  const all = progress.every(({ complete }) => complete)
  const targets = [
    ...amounts,
    shareOf(BigInt(content.prepaid_minor ?? 0), progress),
    all ? BigInt(content.rounding_minor ?? 0) : 0n,
  ]
  return targets.map((target, index) => {
    const share = target - (taken[index] ?? 0n)
    // Where parts were dropped in between, one of the others may have had a unit more; nothing is ever prepaid less than nothing.
    return index === amounts.length && share < 0n ? 0n : share
  })
}

function shareOf(amountMinor: bigint, progress: readonly Progress[]): bigint {
  if (progress.every(({ complete }) => complete)) return amountMinor
  const whole = progress.reduce((sum, { weight }) => sum + weight * FINE, 0n)
  if (whole === 0n) return 0n
  const converted = progress.reduce((sum, { weight, fraction }) => sum + weight * fraction, 0n)
  return portion(amountMinor, { num: converted, den: whole })
}

/** A line of an invoice over a part of the quantity. Percentages stay; the amount that they are of was that of the whole. */
function lineOf(
  line: LineForm,
  quantity: bigint,
  items: readonly bigint[],
  rounding: bigint,
  { language }: { readonly language: 'de' | 'en' },
): LineForm {
  const { allowances_charges: whole = [], ...rest } = line
  const shared = whole.flatMap((item, n) => shareItem(item, items[n] ?? 0n))
  const difference =
    rounding === 0n ? [] : shareItem({ charge: true, amount_minor: 0, reason: ROUNDING_REASON[language] }, rounding)
  const all = [...shared, ...difference]
  return { ...rest, quantity: decimal(quantity), ...(all.length > 0 ? { allowances_charges: all } : {}) }
}

/** An amount has no sign: what would be a negative allowance is a charge. */
function shareItem<Item extends { charge: boolean; amount_minor: number; base_amount_minor?: number }>(
  { base_amount_minor: _whole, ...item }: Item,
  amountMinor: bigint,
): Omit<Item, 'base_amount_minor'>[] {
  if (amountMinor === 0n) return []
  return [
    { ...item, charge: amountMinor > 0n ? item.charge : !item.charge, amount_minor: Number(magnitude(amountMinor)) },
  ]
}

function contentOf(content: Content, lines: LineForm[], shares: readonly bigint[]): Content {
  const {
    allowances_charges: whole = [],
    vat_exemptions,
    prepaid_minor: _prepaid,
    rounding_minor: _rounding,
    ...rest
  } = content
  const items = whole.flatMap((item, n): DocumentAllowanceCharge[] => shareItem(item, shares[n] ?? 0n))
  const [prepaid = 0n, rounding = 0n] = shares.slice(whole.length)
  const categories = new Set([...lines, ...items].map(({ vat_category }) => vat_category))
  const exemptions = (vat_exemptions ?? []).filter(({ vat_category }) => categories.has(vat_category))
  return {
    ...rest,
    lines,
    ...(items.length > 0 ? { allowances_charges: items } : {}),
    ...(exemptions.length > 0 ? { vat_exemptions: exemptions } : {}),
    ...(prepaid === 0n ? {} : { prepaid_minor: Number(prepaid) }),
    ...(rounding === 0n ? {} : { rounding_minor: Number(rounding) }),
  }
}

/** @param quantity Of at most nine decimal places. */
export function billionths(quantity: string): bigint {
  const { num, den } = parseDecimal(quantity)
  return (num * BILLION) / den
}

export const decimal = (quantity: bigint): string => formatDecimal({ num: quantity, den: BILLION })

const magnitude = (amount: bigint) => (amount < 0n ? -amount : amount)
