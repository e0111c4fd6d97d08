import type { Mode } from '@kontor/http-api'
import {
  brandOf,
  type CardBrand,
  containsIban,
  containsPan,
  type Iban,
  ibanClear,
  isPublishedTestPan,
  maskEmail,
  type Pan,
  panClear,
  parseBic,
  parseCvc,
  parseExpiry,
  parseHolderName,
  parseIban,
  parsePan,
  parsePaypalEmail,
  parsePaypalPayerId,
  parseRoutingNumber,
  parseUsAccountNumber,
  Secret,
  usAccountClear,
} from '@kontor/payment-data'
import { DomainError } from '@kontor/problem'
import { SensitiveText, TestNumberInLiveMode } from './errors.ts'
import type { CreateTokenBody } from './request-schema.ts'

/** What is sealed, in the words of the wire: normalised, and never a CVC. There is the member that the type names. */
export interface SealedInstrument {
  readonly card?: { readonly number: string; readonly expiry_month: number; readonly expiry_year: number }
  readonly bank_account?: {
    readonly iban?: string
    readonly bic?: string
    readonly routing_number?: string
    readonly account_number?: string
    readonly account_type?: 'checking' | 'savings'
  }
  readonly paypal_account?: { readonly email: string; readonly payer_id: string }
  readonly holder: { readonly name: string }
}

/** What may stand in clear on the row. Nothing else may (PCI DSS 3.5.1; data minimisation, GDPR 5(1)(c)). */
export type ClearInstrument =
  | {
      readonly type: 'card'
      readonly brand: CardBrand
      readonly bin: string | undefined
      readonly lastFour: string
      readonly expiryMonth: number
      readonly expiryYear: number
    }
  | {
      readonly type: 'bank_account'
      /** ISO 3166-1 alpha-2. */
      readonly country: string
      readonly lastFour: string
      readonly routingNumber?: string | undefined
      readonly accountType?: 'checking' | 'savings' | undefined
    }
  | { readonly type: 'paypal_account'; readonly maskedEmail: string }

/** An instrument that was read and found good. */
export interface Instrument {
  readonly clear: ClearInstrument
  readonly sealed: Secret<SealedInstrument>
  /** What it is recognised by, normalised, at both levels of fingerprint. */
  readonly recognisedBy: Secret<{ readonly number: readonly string[]; readonly full: readonly string[] }>
}

/** What decides whether an instrument is good, apart from itself. */
export interface Circumstances {
  readonly mode: Mode
  /** The calendar date, YYYY-MM-DD, by which a card has expired or not. */
  readonly today: string
}

const HALF_DAY_MS = 12 * 3_600_000

/** A card holds until its month has ended everywhere, and that is last in the time zone UTC−12. */
export function lastCalendarDate(instant: Date): string {
  return new Date(instant.getTime() - HALF_DAY_MS).toISOString().slice(0, 10)
}

/**
 * Reads an instrument out of a request.
 *
 * @throws {DomainError} 422, naming the field at fault and never its content.
 */
export function readInstrument(body: CreateTokenBody, circumstances: Circumstances): Instrument {
  const instrument = readKind(body, circumstances)
  refusePaymentData(body.metadata ?? {})
  return instrument
}

function readKind(body: CreateTokenBody, circumstances: Circumstances): Instrument {
  const holder = at('/holder/name', () => parseHolderName(body.holder.name)).reveal()
  switch (body.type) {
    case 'card':
      return readCard(body.card, holder, circumstances)
    case 'bank_account':
      return 'iban' in body.bank_account
        ? readIbanAccount(body.bank_account, holder)
        : readUsAccount(body.bank_account, holder)
    case 'paypal_account':
      return readPaypalAccount(body.paypal_account, holder)
  }
}

type CardBody = Extract<CreateTokenBody, { type: 'card' }>['card']
type BankBody = Extract<CreateTokenBody, { type: 'bank_account' }>['bank_account']
type UsAccount = Exclude<BankBody, { iban: string }>
type PaypalBody = Extract<CreateTokenBody, { type: 'paypal_account' }>['paypal_account']

function readCard(card: CardBody, holder: string, { mode, today }: Circumstances): Instrument {
  const pan = at('/card/number', () => parsePan(card.number)).reveal()
  if (mode === 'live' && isPublishedTestPan(pan)) throw new TestNumberInLiveMode().at('/card/number')
  const { month, year } = at('/card/expiry_month', () => parseExpiry(card.expiry_month, card.expiry_year, today))
  const { cvc } = card
  // Nothing of the code goes further than this line (PCI DSS 3.3.1.2).
  if (cvc !== undefined) at('/card/cvc', () => parseCvc(cvc, brandOf(pan)))
  return cardOf(pan, month, year, holder)
}

function cardOf(pan: Pan, month: number, year: number, holder: string): Instrument {
  const { bin, lastFour } = panClear(pan)
  return {
    clear: { type: 'card', brand: brandOf(pan), bin, lastFour, expiryMonth: month, expiryYear: year },
    sealed: new Secret({ card: { number: pan, expiry_month: month, expiry_year: year }, holder: { name: holder } }),
    recognisedBy: new Secret({ number: [pan], full: [pan, `${year}-${month}`, holder] }),
  }
}

function readIbanAccount(account: Extract<BankBody, { iban: string }>, holder: string): Instrument {
  const iban = at('/bank_account/iban', () => parseIban(account.iban)).reveal()
  const given = account.bic
  const bic = given === undefined ? undefined : at('/bank_account/bic', () => parseBic(given))
  return ibanAccountOf(iban, bic, holder)
}

function ibanAccountOf(iban: Iban, bic: string | undefined, holder: string): Instrument {
  const { country, lastFour } = ibanClear(iban)
  return {
    clear: { type: 'bank_account', country, lastFour },
    sealed: new Secret({ bank_account: { iban, ...(bic ? { bic } : {}) }, holder: { name: holder } }),
    recognisedBy: new Secret({ number: ['iban', iban], full: ['iban', iban, holder] }),
  }
}

function readUsAccount(account: UsAccount, holder: string): Instrument {
  const routing = at('/bank_account/routing_number', () => parseRoutingNumber(account.routing_number))
  const number = at('/bank_account/account_number', () => parseUsAccountNumber(account.account_number)).reveal()
  const { country, lastFour } = usAccountClear(number)
  const kind = account.account_type
  return {
    clear: { type: 'bank_account', country, lastFour, routingNumber: routing, accountType: kind },
    sealed: new Secret({
      bank_account: { routing_number: routing, account_number: number, account_type: kind },
      holder: { name: holder },
    }),
    recognisedBy: new Secret({ number: ['us', routing, number], full: ['us', routing, number, holder] }),
  }
}

function readPaypalAccount(account: PaypalBody, holder: string): Instrument {
  const email = at('/paypal_account/email', () => parsePaypalEmail(account.email)).reveal()
  const payerId = at('/paypal_account/payer_id', () => parsePaypalPayerId(account.payer_id)).reveal()
  return {
    clear: { type: 'paypal_account', maskedEmail: maskEmail(email) },
    sealed: new Secret({ paypal_account: { email, payer_id: payerId }, holder: { name: holder } }),
    // The payer id is PayPal's own number of the account; its address may change.
    recognisedBy: new Secret({ number: [payerId], full: [payerId, email, holder] }),
  }
}

/**
 * Reads an instrument out of what was sealed, or is to be sealed anew. A card may have expired since.
 *
 * @throws {DomainError} It is none of ours: a defect, for what was sealed had been read before.
 */
export function instrumentOf(sealed: SealedInstrument): Instrument {
  const holder = sealed.holder.name
  if (sealed.card) {
    const { number, expiry_month: month, expiry_year: year } = sealed.card
    return cardOf(parsePan(number).reveal(), month, year, holder)
  }
  if (sealed.paypal_account) return readPaypalAccount(sealed.paypal_account, holder)
  const bank = sealed.bank_account ?? {}
  if (bank.iban !== undefined) return ibanAccountOf(parseIban(bank.iban).reveal(), bank.bic, holder)
  return readUsAccount(bank as UsAccount, holder)
}

/** What must not be kept after authorisation in any form (PCI DSS 4.0, 3.3.1), by the names that people give it. */
const NEVER_KEPT = new Set([
  'cvc',
  'cvc2',
  'cvv',
  'cvv2',
  'csc',
  'cav2',
  'pin',
  'pinblock',
  'track1',
  'track2',
  'trackdata',
])

/**
 * @throws {SensitiveText} A name or a value looks like a card or bank account number, or a name like that of a code.
 */
export function refusePaymentData(metadata: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(metadata)) {
    if (NEVER_KEPT.has(name.toLowerCase().replace(/[^a-z0-9]/g, ''))) throw new SensitiveText().at('/metadata')
    for (const text of [name, value]) {
      // The path stops at the field, because a caller may have put a number into the name.
      if (containsPan(text) || containsIban(text)) throw new SensitiveText().at('/metadata')
    }
  }
}

/** Runs a parser and says which field its refusal is about. */
export function at<T>(path: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw error instanceof DomainError ? error.at(path) : error
  }
}
