import type { DocumentInput, DocumentTotals } from '@kontor/money'

// What EN 16931-1 and ADR 0016 say of a document's totals, written down from them and from nothing else: no value of
// packages/money comes in here, only the types of what it takes and gives. The arithmetic is another one on purpose: every
// number is a fraction, rounding is `floor(|x| + ½)` with the sign put back, and groups are found by comparing each item with
// each other one.

/** ISO 4217, minor units of the currencies that the documents are in. */
export const EXPONENTS: Readonly<Record<string, number>> = {
  JPY: 0,
  KRW: 0,
  ISK: 0,
  CHF: 2,
  EUR: 2,
  USD: 2,
  SEK: 2,
  KWD: 3,
  BHD: 3,
  TND: 3,
  CLF: 4,
  UYW: 4,
}

/** An amount that a JSON number carries exactly (RFC 8259, 6). */
const LARGEST = 9_007_199_254_740_991n

interface Fraction {
  readonly n: bigint
  readonly d: bigint
}

const ZERO: Fraction = { n: 0n, d: 1n }

function fraction(text: string): Fraction {
  const point = text.indexOf('.')
  if (point < 0) return { n: BigInt(text), d: 1n }
  const decimals = text.length - point - 1
  return { n: BigInt(text.replace('.', '')), d: BigInt(`1${'0'.repeat(decimals)}`) }
}

const times = (...factors: readonly Fraction[]): Fraction =>
  factors.reduce((a, b) => ({ n: a.n * b.n, d: a.d * b.d }), { n: 1n, d: 1n })
const over = (a: Fraction, b: Fraction): Fraction => ({ n: a.n * b.d, d: a.d * b.n })
const plus = (a: Fraction, b: Fraction): Fraction => ({ n: a.n * b.d + b.n * a.d, d: a.d * b.d })
const whole = (n: bigint): Fraction => ({ n, d: 1n })
const equal = (a: Fraction, b: Fraction): boolean => a.n * b.d === b.n * a.d
const magnitude = (n: bigint): bigint => (n < 0n ? -n : n)

/** Half away from zero: the floor of the magnitude and a half, with its sign. */
function rounded({ n, d }: Fraction): bigint {
  const up = (2n * magnitude(n) + magnitude(d)) / (2n * magnitude(d))
  return n < 0n === d < 0n ? up : -up
}

const total = (amounts: readonly bigint[]): bigint => amounts.reduce((a, b) => a + b, 0n)

interface Item {
  readonly category: string
  readonly rate: Fraction
  /** In the prices of the document, allowances negative. */
  readonly amount: bigint
  readonly net: bigint
}

interface Group {
  readonly category: string
  readonly rate: Fraction
  /** BT-116 */
  readonly base: bigint
  /** BT-117 */
  readonly tax: bigint
  /** What the nets of its items lack of the base. */
  readonly difference: bigint
}

/** Every amount that a document has, by the terms of EN 16931-1. */
export interface Expected {
  readonly bt131: readonly bigint[]
  /** In gross prices the amounts with VAT. */
  readonly lineGross: readonly bigint[] | undefined
  readonly bt92and99: readonly bigint[]
  readonly groups: readonly Group[]
  readonly bt106: bigint
  readonly bt107: bigint
  readonly bt108: bigint
  readonly bt109: bigint
  readonly bt110: bigint
  readonly bt112: bigint
  readonly bt113: bigint
  readonly bt114: bigint
  readonly bt115: bigint
  /** Whether one of the amounts cannot be carried exactly. */
  readonly tooLarge: boolean
}

/** Works a document out. It has to be one that breaks no rule, but for amounts that are too large. */
export function expect(input: DocumentInput): Expected {
  const gross = input.priceMode === 'gross'
  const unit = whole(10n ** BigInt(EXPONENTS[input.currency] as number))
  const amountOf = (line: DocumentInput['lines'][number]): bigint => {
    const exact = over(
      times(fraction(line.quantity), fraction(line.price), unit),
      fraction(line.priceBaseQuantity ?? '1'),
    )
    const items = line.allowancesCharges.map(({ charge, amountMinor }) => (charge ? amountMinor : -amountMinor))
    return rounded(exact) + total(items)
  }
  const item = (category: string, rateText: string | undefined, amount: bigint): Item => {
    const rate = rateText === undefined ? ZERO : fraction(rateText)
    return { category, rate, amount, net: gross ? amount - vatWithin(amount, rate) : amount }
  }
  const lines = input.lines.map((line) => item(line.vatCategory, line.vatRate, amountOf(line)))
  const others = input.allowancesCharges.map((one) =>
    item(one.vatCategory, one.vatRate, one.charge ? one.amountMinor : -one.amountMinor),
  )
  const items = [...lines, ...others]
  const alike = (a: Item) => (b: Item) => a.category === b.category && equal(a.rate, b.rate)
  const groups = items
    .filter((one, index) => items.findIndex(alike(one)) === index)
    .map((first): Group => {
      const members = items.filter(alike(first))
      const sum = total(members.map(({ amount }) => amount))
      const tax = gross ? vatWithin(sum, first.rate) : rounded(over(times(whole(sum), first.rate), whole(100n)))
      const base = gross ? sum - tax : sum
      const difference = base - total(members.map(({ net }) => net))
      return { category: first.category, rate: first.rate, base, tax, difference }
    })

  const added = groups.map(({ difference }) => difference)
  const positive = (amounts: readonly bigint[]) => total(amounts.filter((amount) => amount > 0n))
  const chargesOf = (charge: boolean) =>
    total(others.filter((_, index) => input.allowancesCharges[index]?.charge === charge).map(({ net }) => net))
  const bt131 = lines.map(({ net }) => net)
  const bt106 = total(bt131)
  const bt107 = -chargesOf(false) + positive(added.map((amount) => -amount))
  const bt108 = chargesOf(true) + positive(added)
  const bt109 = bt106 - bt107 + bt108
  const bt110 = total(groups.map(({ tax }) => tax))
  const bt112 = bt109 + bt110
  const due = bt112 - input.prepaidMinor
  // 5 Rappen: the nearest multiple of five, by the digits 1 and 2 down, 3 and 4 up.
  const last = Number(magnitude(due) % 5n)
  const toFive = BigInt([0, -1, -2, 2, 1][last] as number)
  const bt114 = input.rounding === 'cash' ? (due < 0n ? -toFive : toFive) : input.roundingMinor
  const bt115 = due + bt114
  const bt92and99 = others.map(({ net }, index) => (input.allowancesCharges[index]?.charge ? net : -net))
  const amounts = [
    ...input.lines.flatMap((line) => line.allowancesCharges.map(({ amountMinor }) => amountMinor)),
    ...input.allowancesCharges.map(({ amountMinor }) => amountMinor),
    ...lines.map(({ amount }) => amount),
    ...groups.flatMap(({ base, tax }) => (gross ? [base + tax, base, tax] : [base, tax])),
    ...[bt106, bt107, bt108, bt109, bt110, bt112, input.prepaidMinor, bt114, bt115],
  ]
  return {
    bt131,
    lineGross: gross ? lines.map(({ amount }) => amount) : undefined,
    bt92and99,
    groups,
    bt106,
    bt107,
    bt108,
    bt109,
    bt110,
    bt112,
    bt113: input.prepaidMinor,
    bt114,
    bt115,
    tooLarge: amounts.some((amount) => magnitude(amount) > LARGEST),
  }
}

/** ADR 0016: of an amount with VAT, amount × rate ÷ (100 + rate) is VAT. */
function vatWithin(amount: bigint, rate: Fraction): bigint {
  return rounded(over(times(whole(amount), rate), plus(whole(100n), rate)))
}

/** @returns The rules that totals break, none if they are right. */
export function brokenRules(input: DocumentInput, totals: DocumentTotals): string[] {
  const ours = expect(input)
  const found: string[] = []
  const rule = (name: string, holds: boolean) => void (holds || found.push(name))
  const same = (a: readonly bigint[], b: readonly bigint[]) =>
    a.length === b.length && a.every((amount, index) => amount === b[index])
  rule('amount_overflow', !ours.tooLarge)
  rule('BT-131', same(totals.lineNetMinor, ours.bt131))
  rule('BR-CO-10', totals.linesMinor === ours.bt106)
  rule('BR-CO-11', totals.allowancesMinor === ours.bt107)
  rule('BR-CO-12', totals.chargesMinor === ours.bt108)
  rule('BR-CO-13', totals.netMinor === ours.bt109)
  rule('BR-CO-14', totals.vatMinor === ours.bt110)
  rule('BR-CO-15', totals.grossMinor === ours.bt112)
  rule('BT-113', totals.prepaidMinor === ours.bt113)
  rule('BT-114', totals.roundingMinor === ours.bt114)
  rule('BR-CO-16', totals.payableMinor === ours.bt115)
  rule('BR-CO-18', totals.vatGroups.length === ours.groups.length)
  for (const [index, group] of ours.groups.entries()) {
    const given = totals.vatGroups[index]
    const name = `${group.category}[${index}]`
    rule(`BR-*-01 ${name}`, given?.category === group.category)
    rule(`BR-O-05 ${name}`, (given?.rate === undefined) === (group.category === 'O'))
    rule(`BT-119 ${name}`, equal(fraction(given?.rate ?? '0'), group.rate))
    rule(`BR-*-08 ${name}`, given?.baseMinor === group.base)
    rule(`BR-*-09 ${name}`, given?.taxMinor === group.tax)
    rule(`BR-CO-17 ${name}`, given !== undefined && isNear(given.taxMinor, given.baseMinor, group.rate, input))
  }
  const differences = ours.groups.filter(({ difference }) => difference !== 0n)
  rule('prices', (totals.gross === undefined) === (input.priceMode !== 'gross'))
  if (!totals.gross || !ours.lineGross) return found
  rule('gross of lines', same(totals.gross.lineGrossMinor, ours.lineGross))
  rule('BT-92, BT-99', same(totals.gross.allowanceChargeNetMinor, ours.bt92and99))
  const shown = totals.gross.netDifferences
  rule(
    'differences',
    same(
      shown.map(({ amountMinor }) => amountMinor),
      differences.map(({ difference }) => difference),
    ),
  )
  rule(
    'differences name their group',
    shown.every(({ category }, index) => category === differences[index]?.category),
  )
  // What the customer saw is what the document costs.
  const seen = [...input.allowancesCharges.map(({ charge, amountMinor }) => (charge ? amountMinor : -amountMinor))]
  rule('BT-112 is what the customer saw', totals.grossMinor === total([...ours.lineGross, ...seen]))
  return found
}

/**
 * The tax of a group is base × rate ÷ 100, rounded: half a minor unit off at the most. In gross prices it was rounded before
 * the base was known, which moves the base by as much, so that half of the rate comes on top.
 */
function isNear(tax: bigint, base: bigint, rate: Fraction, { priceMode }: DocumentInput): boolean {
  const exact = over(times(whole(base), rate), whole(100n))
  const off = plus(whole(tax), { n: -exact.n, d: exact.d })
  const room = priceMode === 'gross' ? plus(whole(1n), over(rate, whole(100n))) : whole(1n)
  return 2n * magnitude(off.n) * room.d <= room.n * off.d
}
