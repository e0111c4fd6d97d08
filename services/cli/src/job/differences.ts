import { decimalFromMinor, parseDecimal, type Rational } from '@kontor/money'
import type { OrderForm } from '../orders/order-form.ts'
import type { TotalsWire } from './wire.ts'

/** Where our total is not the one that the order's author printed. Both are decimals in the document's currency. */
export interface Difference {
  /** Such as `payable`, `line[3].net` or `vat_groups[0].tax`; positions count from 0 and are ours. */
  readonly path: string
  /** `null` for a VAT group that only the author has. */
  readonly ours: string | null
  /** `null` for a VAT group that only we have. */
  readonly printed: string | null
}

/** Totals that an author leaves out when they are zero. */
const ZERO_UNLESS_PRINTED = new Set(['allowances', 'charges', 'prepaid', 'rounding'])

const TOTALS = [
  ['lines', 'lines_minor'],
  ['allowances', 'allowances_minor'],
  ['charges', 'charges_minor'],
  ['net', 'net_minor'],
  ['vat', 'vat_minor'],
  ['gross', 'gross_minor'],
  ['prepaid', 'prepaid_minor'],
  ['rounding', 'rounding_minor'],
  ['payable', 'payable_minor'],
] as const

/**
 * Compares what we computed with what the order's author printed, as numbers: 15.5 is 15.50, and a rate of 19.00 is 19.
 *
 * @returns Nothing for an order without `expected`.
 */
export function findDifferences(order: OrderForm, totals: TotalsWire, lineNetMinor: readonly number[]): Difference[] {
  const ours = (minor: number) => decimalFromMinor(BigInt(minor), order.currency)
  const lines = order.lines.flatMap(({ expected_net }, index) =>
    compare(`line[${index}].net`, ours(lineNetMinor[index] ?? 0), expected_net),
  )
  const { expected } = order
  if (!expected) return lines
  const sums = TOTALS.flatMap(([name, field]) =>
    compare(name, ours(totals[field]), expected[name] ?? (ZERO_UNLESS_PRINTED.has(name) ? '0' : undefined)),
  )
  return [...lines, ...sums, ...compareVatGroups(expected.vat_groups, totals.vat_groups, ours)]
}

type PrintedGroup = NonNullable<NonNullable<OrderForm['expected']>['vat_groups']>[number]

function compareVatGroups(
  printed: readonly PrintedGroup[] | undefined,
  groups: TotalsWire['vat_groups'],
  ours: (minor: number) => string,
): Difference[] {
  if (!printed) return []
  const left = [...printed]
  const found = groups.flatMap((group, index) => {
    const at = left.findIndex((other) => other.category === group.category && sameRate(other.rate, group.rate))
    const twin = at < 0 ? undefined : left.splice(at, 1)[0]
    return [
      ...compare(`vat_groups[${index}].base`, ours(group.base_minor), twin ? twin.base : null),
      ...compare(`vat_groups[${index}].tax`, ours(group.tax_minor), twin ? twin.tax : null),
    ]
  })
  const missing = left.flatMap((group, index) => [
    { path: `vat_groups[${groups.length + index}].base`, ours: null, printed: group.base },
    { path: `vat_groups[${groups.length + index}].tax`, ours: null, printed: group.tax },
  ])
  return [...found, ...missing]
}

/** @param printed `undefined`: the author says nothing of it. `null`: the author does not have it. */
function compare(path: string, ours: string, printed: string | null | undefined): Difference[] {
  if (printed === undefined || (printed !== null && sameNumber(ours, printed))) return []
  return [{ path, ours, printed }]
}

/** Category O has no rate; some write 0 for it. */
function sameRate(a: string | null | undefined, b: string | null | undefined): boolean {
  return sameNumber(a ?? '0', b ?? '0')
}

function sameNumber(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => parseDecimal(text, { maxInteger: 30, maxFraction: 30 })) as [
    Rational,
    Rational,
  ]
  return left.num * right.den === right.num * left.den
}
