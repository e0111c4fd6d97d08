/** An instrument out of few, so that duplicates are frequent: which number, which expiry, which holder. */
export interface InstrumentChoice {
  readonly number: number
  /** Only cards have one; two choices that differ in it alone are one IBAN or PayPal account. */
  readonly expiry: number
  readonly holder: number
}

/** What of an instrument decides whether it is the same as another. */
export interface InstrumentValue {
  readonly type: 'card' | 'bank_account' | 'paypal_account'
  /** The member of the wire that describes it, with everything that a reveal gives. */
  readonly member: Readonly<Record<string, string | number>>
  readonly holder: string
}

const CARDS = ['4242424242424242', '5555555555554444']
const IBANS = ['DE89370400440532013000']
const PAYPALS = [{ email: 'buyer@example.com', payer_id: 'QYR5Z8XDVJNXQ' }]
const EXPIRIES = [
  { expiry_month: 12, expiry_year: 2030 },
  { expiry_month: 6, expiry_year: 2031 },
]
export const HOLDERS = ['Ada Muster', 'Bea Beispiel']

/** How many different numbers, expiries and holders there are. */
export const CHOICES = {
  numbers: CARDS.length + IBANS.length + PAYPALS.length,
  expiries: EXPIRIES.length,
  holders: HOLDERS.length,
}

export function expiryOf(choice: number): { readonly expiry_month: number; readonly expiry_year: number } {
  return EXPIRIES[choice] as (typeof EXPIRIES)[number]
}

export function chosenInstrument({ number, expiry, holder }: InstrumentChoice): InstrumentValue {
  const name = HOLDERS[holder] as string
  const card = CARDS[number]
  if (card !== undefined) return { type: 'card', member: { number: card, ...expiryOf(expiry) }, holder: name }
  const iban = IBANS[number - CARDS.length]
  if (iban !== undefined) return { type: 'bank_account', member: { iban }, holder: name }
  const paypal = PAYPALS[number - CARDS.length - IBANS.length] as (typeof PAYPALS)[number]
  return { type: 'paypal_account', member: { ...paypal }, holder: name }
}

/** Whether two are of one number: what the lower level of fingerprints compares. */
export function isSameNumber(one: InstrumentValue, other: InstrumentValue): boolean {
  return (
    one.type === other.type && ['number', 'iban', 'payer_id'].every((name) => one.member[name] === other.member[name])
  )
}

/** Whether two are the same in all: number, expiry and holder. */
export function isSameInstrument(one: InstrumentValue, other: InstrumentValue): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
