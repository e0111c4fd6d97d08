import type { AllowanceCharge, DocumentInput, LineInput, VatCategory } from '@kontor/money'
import { EXPONENTS } from './oracle.ts'

/** Numbers that follow from a seed alone, so that a document can be made again from its own (SplitMix32). */
export interface Dice {
  /** A whole number from 0 to `sides` − 1. */
  roll(sides: number): number
  /** True once in `sides` rolls. */
  once(sides: number): boolean
  pick<T>(from: readonly T[]): T
  /** As many digits. */
  digits(count: number): string
}

export function diceOf(seed: number): Dice {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x9e3779b9) >>> 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return (z ^ (z >>> 15)) >>> 0
  }
  const roll = (sides: number) => next() % sides
  return {
    roll,
    once: (sides) => roll(sides) === 0,
    pick: (from) => from[roll(from.length)] as (typeof from)[number],
    digits: (count) => Array.from({ length: count }, () => roll(10)).join(''),
  }
}

const CURRENCIES = Object.keys(EXPONENTS)
const CATEGORIES: readonly VatCategory[] = ['S', 'S', 'S', 'Z', 'E', 'AE', 'K', 'G', 'O', 'L', 'M']
const STANDARD_RATES = ['19', '19.0', '7', '8.1', '8.10', '2.6', '3.8', '20', '5.5', '2.1', '22', '10', '4.9', '25']

/** A decimal as a caller may spell it, of up to 12 + 9 digits: with or without zeros at its end. */
function decimal(dice: Dice, integerDigits: number, fractionDigits: number): string {
  const integer = dice.digits(1 + dice.roll(integerDigits)).replace(/^0+(?=\d)/, '')
  const fraction = dice.digits(dice.roll(fractionDigits + 1))
  return fraction === '' ? integer : `${integer}.${fraction}`
}

function rateOf(dice: Dice, category: VatCategory): string | undefined {
  switch (category) {
    case 'O':
      return undefined
    case 'S':
      return dice.once(6) ? decimal(dice, 2, 9).replace(/^[0.]+$/, '1') : dice.pick(STANDARD_RATES)
    case 'L':
    case 'M':
      return dice.pick(['0', '3', '6.5', '6.50', '9.5'])
    default:
      return dice.pick(['0', '0.00', undefined])
  }
}

/** Mostly of the size of ordinary invoices; now and then as large as the wire allows, or at the edge of what can be carried. */
function amountMinor(dice: Dice): bigint {
  if (dice.once(200)) return 9_007_199_254_740_991n - BigInt(dice.roll(3))
  const magnitude = BigInt(dice.digits(1 + dice.roll(dice.once(40) ? 15 : 6)))
  return dice.once(10) ? -magnitude : magnitude
}

/** What an amount falls under. */
interface Taxed {
  readonly vatCategory: VatCategory
  readonly vatRate: string | undefined
}

function taxed(dice: Dice): Taxed {
  const vatCategory = dice.pick(CATEGORIES)
  return { vatCategory, vatRate: rateOf(dice, vatCategory) }
}

function line(dice: Dice, under: Taxed): LineInput {
  const large = dice.once(60)
  const quantity = decimal(dice, large ? 12 : 3, dice.once(3) ? 9 : 2)
  return {
    quantity: dice.once(8) ? `-${quantity}` : quantity,
    price: `${dice.once(20) ? '-' : ''}${decimal(dice, large ? 8 : 4, dice.once(4) ? 9 : 3)}`,
    priceBaseQuantity: dice.once(5) ? decimal(dice, 3, 4).replace(/^[0.]+$/, '3') : undefined,
    allowancesCharges: Array.from({ length: dice.once(3) ? dice.roll(3) : 0 }, () => ({
      charge: dice.once(2),
      amountMinor: amountMinor(dice),
    })),
    ...under,
  }
}

function allowanceCharge(dice: Dice, under: Taxed): AllowanceCharge {
  return { charge: dice.once(2), amountMinor: amountMinor(dice), ...under }
}

/** A document that breaks no rule, but that its amounts may be too large: of any prices, currency, category and rounding. */
export function randomDocument(dice: Dice): DocumentInput {
  const currency = dice.once(3) ? 'CHF' : dice.pick(CURRENCIES)
  const cash = currency === 'CHF' && dice.once(2)
  // Ordinary documents have one rate or two; then lines share their groups, as nets that are rounded one by one must.
  const usual = dice.once(3) ? [] : [taxed(dice), taxed(dice)].slice(dice.roll(2))
  const under = () => (usual.length > 0 ? dice.pick(usual) : taxed(dice))
  return {
    currency,
    priceMode: dice.pick([undefined, 'net', 'gross', 'gross'] as const),
    lines: Array.from({ length: dice.once(30) ? dice.roll(60) : 1 + dice.roll(7) }, () => line(dice, under())),
    allowancesCharges: Array.from({ length: dice.once(2) ? dice.roll(4) : 0 }, () => allowanceCharge(dice, under())),
    prepaidMinor: dice.once(4) ? amountMinor(dice) : 0n,
    rounding: cash ? 'cash' : dice.pick([undefined, 'none'] as const),
    roundingMinor: cash || dice.once(2) ? 0n : BigInt(dice.roll(9) - 4),
  }
}
