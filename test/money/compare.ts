import { type DocumentInput, type DocumentTotals, documentTotals } from '@kontor/money'
import { DomainError } from '@kontor/problem'
import { brokenRules, expect } from './oracle.ts'
import { diceOf, randomDocument } from './random-document.ts'

/** What came of many documents. */
export interface Outcome {
  documents: number
  /** Refused because an amount was too large, as they had to be. */
  refused: number
  gross: number
  /** Where nets rounded one by one and a group's base did not meet. */
  differences: number
  rounded: number
  /** The seeds of the documents with the rules that they break. */
  readonly faults: { readonly seed: number; readonly rules: readonly string[] }[]
}

/**
 * Adds up as many random documents and has the oracle judge each.
 *
 * @param seed Of the first document; the next ones follow it.
 */
export function compare(documents: number, seed: number, progress: (done: number) => void = () => undefined): Outcome {
  const outcome: Outcome = { documents: 0, refused: 0, gross: 0, differences: 0, rounded: 0, faults: [] }
  for (let index = 0; index < documents; index++) {
    const own = (seed + index) >>> 0
    const input = randomDocument(diceOf(own))
    const totals = addUp(input)
    const rules =
      totals === 'too large' ? (expect(input).tooLarge ? [] : ['refused for nothing']) : judged(input, totals)
    if (rules.length > 0 && outcome.faults.length < 20) outcome.faults.push({ seed: own, rules })
    outcome.documents++
    if (totals === 'too large') outcome.refused++
    else if (totals.gross) {
      outcome.gross++
      if (totals.gross.netDifferences.length > 0) outcome.differences++
    }
    if (totals !== 'too large' && input.rounding === 'cash' && totals.roundingMinor !== 0n) outcome.rounded++
    if (outcome.documents % 50_000 === 0) progress(outcome.documents)
  }
  return outcome
}

/** @throws What is no refusal, and any refusal but the one for size: the documents break no other rule. */
function addUp(input: DocumentInput): DocumentTotals | 'too large' {
  try {
    return documentTotals(input)
  } catch (error) {
    if (error instanceof DomainError && error.code === 'amount_overflow') return 'too large'
    throw error
  }
}

function judged(input: DocumentInput, totals: DocumentTotals): string[] {
  return [
    ...brokenRules(input, totals),
    ...(sameWhateverTheOrder(input, totals) ? [] : ['the order of lines changes a total']),
    ...(mirrored(input, totals) ? [] : ['the negative of everything is not its mirror']),
  ]
}

const SUMS = [
  'linesMinor',
  'allowancesMinor',
  'chargesMinor',
  'netMinor',
  'vatMinor',
  'grossMinor',
  'roundingMinor',
  'payableMinor',
] as const

/** @returns Also true where the other order is refused: a part of a sum may be too large where the sum is not. */
function sameWhateverTheOrder(input: DocumentInput, totals: DocumentTotals): boolean {
  const other = addUp({
    ...input,
    lines: input.lines.toReversed(),
    allowancesCharges: input.allowancesCharges.toReversed(),
  })
  if (other === 'too large') return false
  const groups = ({ vatGroups }: DocumentTotals) =>
    vatGroups.map(({ category, rate, baseMinor, taxMinor }) => `${category} ${rate} ${baseMinor} ${taxMinor}`).sort()
  return SUMS.every((sum) => other[sum] === totals[sum]) && String(groups(other)) === String(groups(totals))
}

function mirrored(input: DocumentInput, totals: DocumentTotals): boolean {
  const negative = <T extends { readonly amountMinor: bigint }>(items: readonly T[]): T[] =>
    items.map((item) => ({ ...item, amountMinor: -item.amountMinor }))
  const credit = addUp({
    ...input,
    lines: input.lines.map((line) => ({
      ...line,
      quantity: line.quantity.startsWith('-') ? line.quantity.slice(1) : `-${line.quantity}`,
      allowancesCharges: negative(line.allowancesCharges),
    })),
    allowancesCharges: negative(input.allowancesCharges),
    prepaidMinor: -input.prepaidMinor,
    roundingMinor: -input.roundingMinor,
  })
  if (credit === 'too large') return false
  // A net difference changes sides between BT-107 and BT-108 with its sign; what they come to together is its negative.
  const sums = ({ allowancesMinor, chargesMinor, ...rest }: DocumentTotals) => [
    chargesMinor - allowancesMinor,
    rest.linesMinor,
    rest.netMinor,
    rest.vatMinor,
    rest.grossMinor,
    rest.roundingMinor,
    rest.payableMinor,
  ]
  const others = sums(credit)
  return sums(totals).every((amount, index) => amount + (others[index] as bigint) === 0n)
}
