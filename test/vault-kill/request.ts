import { isDeepStrictEqual } from 'node:util'

/** What a client sends to have an instrument stored. */
export interface TokenRequest {
  readonly type: 'card' | 'bank_account' | 'paypal_account'
  readonly account_id?: string
  readonly holder: { readonly name: string }
  readonly metadata: Readonly<Record<string, string>>
  readonly [more: string]: unknown
}

/** A request that nobody else sends, and what must come out when its token is opened. */
export interface Instrument {
  readonly body: Pick<TokenRequest, 'type' | 'holder'> & { readonly [member: string]: unknown }
  /** The members of the revealed instrument, in the words of the wire. */
  readonly opens: Readonly<Record<string, unknown>>
}

/** No card expires while this runs, and none is valid for longer than cards are. */
const EXPIRY = { expiry_month: 12, expiry_year: new Date().getUTCFullYear() + 5 }
const ROUTING_NUMBER = '021000021'
const BANK = '37040044'

/**
 * The `n`th instrument: a card, an IBAN, a US account and a PayPal account in turn, of a number of its own and with a holder
 * of its own.
 *
 * @param n From 0 to 99,999,999.
 */
export function instrument(n: number): Instrument {
  const holder = { name: `Holder ${spelled(n)}` }
  const digits = String(n).padStart(8, '0')
  switch (n % 4) {
    case 0: {
      const card = { number: withCheckDigit(`4539${digits}000`), ...EXPIRY }
      return { body: { type: 'card', card: { ...card, cvc: '987' }, holder }, opens: { card, holder } }
    }
    case 1:
      return bankAccount({ iban: ibanOf(`${BANK}00${digits}`) }, holder)
    case 2: {
      const account = { routing_number: ROUTING_NUMBER, account_number: `77${digits}`, account_type: 'checking' }
      return bankAccount(account, holder)
    }
    default: {
      const paypal_account = { email: `buyer.${digits}@example.com`, payer_id: `BUYER${digits}` }
      return { body: { type: 'paypal_account', paypal_account, holder }, opens: { paypal_account, holder } }
    }
  }
}

function bankAccount(bank_account: object, holder: { name: string }): Instrument {
  return { body: { type: 'bank_account', bank_account, holder }, opens: { bank_account, holder } }
}

/** A name is no place for a number: too many digits in a row are refused in one. */
const spelled = (n: number) => [...String(n)].map((digit) => String.fromCharCode(97 + Number(digit))).join('')

/** @see ISO/IEC 7812-1, Annex B (Luhn) */
function withCheckDigit(payload: string): string {
  const sum = [...payload].reverse().reduce((total, character, place) => {
    const doubled = Number(character) * (place % 2 === 0 ? 2 : 1)
    return total + (doubled > 9 ? doubled - 9 : doubled)
  }, 0)
  return `${payload}${(10 - (sum % 10)) % 10}`
}

/** @returns The German IBAN of a bank code and an account number. @see ISO 7064, mod 97-10 */
function ibanOf(bban: string): string {
  const checkDigits = 98n - (BigInt(`${bban}131400`) % 97n)
  return `DE${String(checkDigits).padStart(2, '0')}${bban}`
}

/** A token, and what must come out when it is opened. */
export interface Sealed {
  readonly account: string | undefined
  readonly type: TokenRequest['type']
  readonly opens: Readonly<Record<string, unknown>>
}

/** The one that the clients' key may give as the reason of a reveal. */
export const PURPOSE = 'charge'

/** @returns The body that asks for everything an instrument has. */
export function revealBody({ type, opens }: Pick<Sealed, 'type' | 'opens'>): object {
  const ofType = {
    card: ['number', 'expiry'],
    bank_account: 'iban' in ((opens.bank_account as object | undefined) ?? {}) ? ['iban'] : ['account_number'],
    paypal_account: ['email', 'payer_id'],
  }[type]
  return { purpose: PURPOSE, fields: [...ofType, 'holder_name'] }
}

/** Whether a revealed token is what was sent, to the last member. */
export function opensAs({ account, type, opens }: Sealed, revealed: Readonly<Record<string, unknown>>): boolean {
  const { id: _, mode, type: shown, account_id, ...members } = revealed
  return mode === 'test' && shown === type && account_id === (account ?? null) && isDeepStrictEqual(members, opens)
}
