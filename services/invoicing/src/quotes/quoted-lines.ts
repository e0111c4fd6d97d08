import { isDeepStrictEqual } from 'node:util'
import { formatDecimal, parseDecimal } from '@kontor/money'
import type { Content, LineForm } from '../documents/document.ts'
import { InvalidConversionQuantity, LineNotQuoted, QuotedTerm } from './errors.ts'
import { billionths, type WantedLine } from './parts.ts'

/** What an order comes to depends on these as well as on its lines. */
const TERMS = ['price_mode', 'allowances_charges', 'prepaid_minor', 'rounding', 'rounding_minor'] as const

interface Order {
  readonly currency: string
  readonly content: Content
}

/** @throws {QuotedTerm} A change to what was agreed on with the customer. */
export function refuseOtherTerms(draft: Order, changed: Order): void {
  if (changed.currency !== draft.currency) throw new QuotedTerm('currency')
  for (const term of TERMS) {
    if (!isDeepStrictEqual(changed.content[term], draft.content[term])) throw new QuotedTerm(term)
  }
}

/** A line that was asked for, beside the line of the quote that it is. */
export interface MatchedLine extends WantedLine {
  readonly given: LineForm
}

/**
 * Finds the lines of a quote that the changed lines of its invoice draft are: what is sold, by which unit, at which price and VAT. Where
 * lines of a quote are alike in all of that, those come first that the draft has already.
 *
 * @param own Positions on the quote of the draft's lines, in their order.
 * @throws {LineNotQuoted | InvalidConversionQuantity | QuotedTerm}
 */
export function matchLines(
  quoted: readonly LineForm[],
  draft: readonly LineForm[],
  own: readonly number[],
  given: readonly LineForm[],
): readonly MatchedLine[] {
  const before = new Map(own.map((line, index) => [line, draft[index]]))
  const places = quoted.map((_, index) => index + 1)
  const free = [...own, ...places.filter((line) => !before.has(line))]
  return given.map((form, n) => {
    const at = free.findIndex((line) => isAlike(quoted[line - 1], form))
    const [line] = at < 0 ? [] : free.splice(at, 1)
    const original = line === undefined ? undefined : quoted[line - 1]
    if (line === undefined || original === undefined) throw new LineNotQuoted(n + 1)
    const [all, take] = [billionths(original.quantity), billionths(form.quantity)]
    const isSame = Math.sign(Number(take)) === Math.sign(Number(all))
    if (!isSame) throw new InvalidConversionQuantity().at(`/lines/${n}/quantity`)
    const amounts = form.allowances_charges ?? []
    const known = [[], original.allowances_charges, before.get(line)?.allowances_charges]
    if (!known.some((each) => isDeepStrictEqual(each, amounts))) {
      throw new QuotedTerm(`lines/${n}/allowances_charges`)
    }
    return { line, quantity: form.quantity, given: form }
  })
}

/**
 * The changed draft: amounts as the quote has them for this part, everything else as it was given.
 *
 * @param taken Position on the quote of each line of the part.
 */
export function contentOfPart(
  changed: Content,
  matched: readonly MatchedLine[],
  part: Content,
  taken: readonly number[],
): Content {
  const { allowances_charges: _a, prepaid_minor: _p, rounding_minor: _r, vat_exemptions = [], ...rest } = changed
  const given = new Map(matched.map((each) => [each.line, each.given]))
  const lines = part.lines.map(({ quantity, allowances_charges, ...quoted }, index): LineForm => {
    const { allowances_charges: _, ...said }: LineForm = given.get(taken[index] ?? 0) ?? { ...quoted, quantity }
    return { ...said, quantity, ...(allowances_charges === undefined ? {} : { allowances_charges }) }
  })
  const { allowances_charges, prepaid_minor, rounding_minor } = part
  // The draft may say in other words than the quote why no VAT is charged.
  const reworded = new Set(vat_exemptions.map(({ vat_category }) => vat_category))
  const quoted = (part.vat_exemptions ?? []).filter(({ vat_category }) => !reworded.has(vat_category))
  const categories = new Set([...lines, ...(allowances_charges ?? [])].map(({ vat_category }) => vat_category))
  const exemptions = [...vat_exemptions, ...quoted].filter(({ vat_category }) => categories.has(vat_category))
  return {
    ...rest,
    lines,
    ...(allowances_charges === undefined ? {} : { allowances_charges }),
    ...(exemptions.length > 0 ? { vat_exemptions: exemptions } : {}),
    ...(prepaid_minor === undefined ? {} : { prepaid_minor }),
    ...(rounding_minor === undefined ? {} : { rounding_minor }),
  }
}

function isAlike(quoted: LineForm | undefined, given: LineForm): boolean {
  return quoted !== undefined && isDeepStrictEqual(soldOf(quoted), soldOf(given))
}

const soldOf = (line: LineForm) => ({
  name: line.name,
  unit: line.unit,
  price: plain(line.price),
  per: plain(line.price_base_quantity ?? '1'),
  category: line.vat_category,
  rate: line.vat_rate === undefined ? undefined : plain(line.vat_rate),
})

const plain = (decimal: string) => formatDecimal(parseDecimal(decimal))
