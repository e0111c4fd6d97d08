import { currencyExponent, decimalFromMinor, isCurrency, minorFromDecimal } from '@kontor/money'
import { AmountNotAccepted } from './errors.ts'
import type { Money } from './outcome.ts'

/** Where Stripe counts in other units than ISO 4217 (docs.stripe.com/currencies, "Special cases" and "Zero-decimal currencies"). */
const STRIPE_DECIMALS: Readonly<Record<string, number>> = { ISK: 2, MGA: 0, UGX: 2 }
/** "Three-decimal currencies": the last digit is 0. */
const STRIPE_LAST_DIGIT_ZERO = new Set(['BHD', 'JOD', 'KWD', 'OMR', 'TND'])
/** PayPal refuses decimals for these (developer.paypal.com, "Currency codes"; issue DECIMALS_NOT_SUPPORTED). */
const PAYPAL_NO_DECIMALS = new Set(['HUF', 'JPY', 'TWD'])

/**
 * @returns Stripe's `amount`: a whole number of its own smallest unit.
 * @throws {AmountNotAccepted} Not positive, or between two of its units.
 */
export function stripeAmount(amount: Money): { readonly amount: number; readonly currency: string } {
  const { currency } = amount
  const digits = scaled(amount, stripeDecimals(currency)).replace('.', '')
  if (STRIPE_LAST_DIGIT_ZERO.has(currency) && !digits.endsWith('0'))
    throw new AmountNotAccepted('the last decimal of an amount in this currency is 0')
  return { amount: safeInteger(digits), currency: currency.toLowerCase() }
}

/** Reads Stripe's `amount`. Undefined where it is none. */
export function moneyFromStripe(amount: unknown, currency: unknown): Money | undefined {
  if (typeof amount !== 'number' || !Number.isSafeInteger(amount) || amount < 0 || typeof currency !== 'string') return
  const code = currency.toUpperCase()
  if (!isCurrency(code)) return
  const decimals = stripeDecimals(code)
  const digits = String(amount).padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  return read(decimals === 0 ? whole : `${whole}.${digits.slice(-decimals)}`, code)
}

/**
 * @returns PayPal's `money`, with as many decimals as it takes for the currency.
 * @throws {AmountNotAccepted} Not positive, or with decimals where it takes none.
 */
export function paypalAmount(amount: Money): { readonly currency_code: string; readonly value: string } {
  const { currency } = amount
  const decimals = PAYPAL_NO_DECIMALS.has(currency) ? 0 : currencyExponent(currency)
  return { currency_code: currency, value: scaled(amount, decimals) }
}

/** Reads PayPal's `money`. Undefined where it is none. */
export function moneyFromPaypal(money: unknown): Money | undefined {
  const { currency_code: code, value } = (money ?? {}) as { currency_code?: unknown; value?: unknown }
  if (typeof code !== 'string' || typeof value !== 'string' || !isCurrency(code)) return
  return /^\d{1,16}(\.\d{1,8})?$/.test(value) ? read(value, code) : undefined
}

function stripeDecimals(currency: string): number {
  return STRIPE_DECIMALS[currency] ?? currencyExponent(currency)
}

/** Writes an amount with a number of decimals, and rounds nothing. */
function scaled({ minor, currency }: Money, decimals: number): string {
  if (minor <= 0n) throw new AmountNotAccepted('the amount is more than nothing')
  const [whole = '', fraction = ''] = decimalFromMinor(minor, currency).split('.')
  if (/[1-9]/.test(fraction.slice(decimals)))
    throw new AmountNotAccepted(`amounts in this currency have ${decimals} decimals here`)
  return decimals === 0 ? whole : `${whole}.${fraction.slice(0, decimals).padEnd(decimals, '0')}`
}

function safeInteger(digits: string): number {
  const amount = Number(digits)
  if (!Number.isSafeInteger(amount)) throw new AmountNotAccepted('the amount is too large')
  return amount
}

/** More decimals than the currency has are not ours to round. */
function read(decimal: string, currency: string): Money | undefined {
  try {
    return { minor: minorFromDecimal(decimal, currency), currency }
  } catch {
    return undefined
  }
}
