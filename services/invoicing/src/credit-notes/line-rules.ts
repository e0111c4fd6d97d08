import { decimalFromMinor, formatDecimal, parseDecimal } from '@kontor/money'
import type { LineForm } from '../documents/document.ts'
import { UnknownReference } from '../documents/errors.ts'
import { totalsOf } from '../documents/form-rules.ts'
import type { Snapshot } from '../documents/snapshot.ts'
import type { Taken } from './credit-rules.ts'
import { CreditAmbiguous, CreditExceedsInvoice, CreditNotTakingBack, LineTwice } from './errors.ts'
import { shareUpTo, within } from './share.ts'

/** How much of a line of the invoice is credited; all that is left of it unless said. */
export interface LineRequest {
  /** Its place on the invoice, from 1. */
  readonly line: number
  readonly quantity?: string
  /** In the prices of the invoice. */
  readonly amount_minor?: number
}

/** A line of the invoice with what earlier credit notes left of it. Quantities are whole billionths. */
interface LineLeft {
  readonly line: number
  readonly form: LineForm
  readonly snapshot: Snapshot
  readonly totalMinor: bigint
  readonly leftMinor: bigint
  readonly total: bigint
  readonly left: bigint
  /** What reductions of the price took. */
  readonly reducedMinor: bigint
}

export interface CreditedLine {
  readonly line: number
  readonly quantity: string | null
  readonly amountMinor: bigint
  /** As it stands on the credit note. */
  readonly form: LineForm
}

/** As many decimals as a quantity on the wire can have. */
const BILLION = 1_000_000_000n
const billionths = (text: string): bigint => {
  const { num, den } = parseDecimal(text)
  return num * (BILLION / den)
}

/** @returns The amount of each line in the prices of the document. */
export function amountsOfLines({ gross, line_net_minor }: Snapshot): bigint[] {
  return (gross?.line_gross_minor ?? line_net_minor).map(BigInt)
}

export function leftOfLines(snapshot: Snapshot, taken: readonly Taken[]): LineLeft[] {
  const earlier = Map.groupBy(
    taken.flatMap(({ content }) => content.credit?.lines ?? []),
    ({ line }) => line,
  )
  return amountsOfLines(snapshot).map((totalMinor, index) => {
    const form = snapshot.content.lines[index] as LineForm
    const parts = earlier.get(index + 1) ?? []
    const total = billionths(form.quantity)
    const minorOf = (some: typeof parts) => some.reduce((sum, { amount_minor }) => sum + BigInt(amount_minor), 0n)
    return {
      line: index + 1,
      form,
      snapshot,
      totalMinor,
      leftMinor: totalMinor - minorOf(parts),
      total,
      left: parts.reduce((rest, { quantity }) => rest - (quantity === null ? 0n : billionths(quantity)), total),
      reducedMinor: minorOf(parts.filter(({ quantity }) => quantity === null)),
    }
  })
}

/** @throws {DomainError} 409 for more than is left of a line, 422 naming the field. */
export function creditLines(left: readonly LineLeft[], requests: readonly LineRequest[]): CreditedLine[] {
  const named = new Set<number>()
  return requests.flatMap((request, index) => {
    const path = (...field: string[]) => ['/lines', index, ...field].join('/')
    const line = left[request.line - 1]
    if (!line) throw new UnknownReference('line').at(path('line'))
    if (named.has(request.line)) throw new LineTwice().at(path('line'))
    named.add(request.line)
    const { quantity, amount_minor } = request
    if (quantity !== undefined && amount_minor !== undefined) throw new CreditAmbiguous().at(path())
    if (quantity !== undefined) return [byQuantity(line, billionths(quantity), path('quantity'))]
    if (amount_minor !== undefined) return [byAmount(line, BigInt(amount_minor), path('amount_minor'))]
    const rest = creditLine(line)
    if (rest.length === 0) throw new CreditExceedsInvoice(0n, line.line)
    return rest
  })
}

/** @returns All that is left of a line; nothing where nothing is. */
export function creditLine(line: LineLeft): CreditedLine[] {
  const isUsedUp = line.totalMinor === 0n ? line.left === 0n : line.leftMinor === 0n
  if (isUsedUp) return []
  return [line.left === 0n ? byAmount(line, line.leftMinor, '') : byQuantity(line, line.left, '')]
}

function byAmount(line: LineLeft, amountMinor: bigint, path: string): CreditedLine {
  if (amountMinor === 0n || amountMinor < 0n !== line.totalMinor < 0n) throw new CreditNotTakingBack().at(path)
  if (!within(amountMinor, line.leftMinor)) throw new CreditExceedsInvoice(line.leftMinor, line.line)
  const { form, snapshot } = line
  const { name, description, seller_item_id, vat_category, vat_rate } = form
  const kept = Object.fromEntries(
    Object.entries({ description, seller_item_id, vat_rate }).filter(([, value]) => value !== undefined),
  )
  const isNegative = amountMinor < 0n
  return {
    line: line.line,
    quantity: null,
    amountMinor,
    form: {
      ...kept,
      id: form.id ?? String(line.line),
      name,
      vat_category,
      // A price is never negative (BR-27).
      quantity: isNegative ? '-1' : '1',
      unit: 'C62',
      price: decimalFromMinor(isNegative ? -amountMinor : amountMinor, snapshot.currency),
    },
  }
}

function byQuantity(line: LineLeft, quantity: bigint, path: string): CreditedLine {
  if (quantity === 0n || quantity < 0n !== line.total < 0n) throw new CreditNotTakingBack().at(path)
  const isSpent = line.leftMinor === 0n && line.totalMinor !== 0n
  if (!within(quantity, line.left) || isSpent) throw new CreditExceedsInvoice(line.leftMinor, line.line)
  const text = formatDecimal({ num: quantity, den: BILLION })
  const amountMinor = quantity === line.left ? line.leftMinor : partOf(line, quantity)
  return { line: line.line, quantity: text, amountMinor, form: partForm(line, quantity, text, amountMinor) }
}

/**
 * What the quantity that is credited so far costs, less what was credited for it. Once the price was reduced, what is left belongs to the
 * quantity that is left, alike to each of it.
 */
function partOf({ total, left, totalMinor, leftMinor, reducedMinor }: LineLeft, quantity: bigint): bigint {
  if (reducedMinor !== 0n) return shareUpTo(leftMinor, { part: quantity, whole: left }, 0n)
  return shareUpTo(totalMinor, { part: total - left + quantity, whole: total }, totalMinor - leftMinor)
}

/** The line as it was, for less of it. Where quantity × price misses the amount, an allowance or charge says by how much. */
function partForm(line: LineLeft, quantity: bigint, text: string, amountMinor: bigint): LineForm {
  const { form, snapshot } = line
  const named = { ...form, id: form.id ?? String(line.line) }
  if (quantity === line.total && amountMinor === line.totalMinor) return named
  const { allowances_charges = [], ...plain } = named
  const shared = allowances_charges.flatMap(({ base_amount_minor, ...item }) => {
    const share = shareUpTo(BigInt(item.amount_minor), { part: quantity, whole: line.total }, 0n)
    return share === 0n ? [] : [{ ...item, amount_minor: Number(share) }]
  })
  const part: LineForm = { ...plain, quantity: text, ...(shared.length > 0 ? { allowances_charges: shared } : {}) }
  const missing = amountMinor - amountOf(part, snapshot)
  if (missing === 0n) return part
  const difference = {
    charge: missing > 0n,
    amount_minor: Number(missing < 0n ? -missing : missing),
    reason: snapshot.language === 'de' ? 'Ausgleich' : 'Adjustment',
  }
  return { ...part, allowances_charges: [...shared, difference] }
}

function amountOf(form: LineForm, { currency, content }: Snapshot): bigint {
  const { lineNetMinor, gross } = totalsOf(currency, {
    ...(content.price_mode ? { price_mode: content.price_mode } : {}),
    lines: [form],
  })
  return (gross?.lineGrossMinor ?? lineNetMinor)[0] as bigint
}
