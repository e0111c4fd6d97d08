import type { Mode } from '@kontor/http-api'
import {
  brandOf,
  type CardBrand,
  containsIban,
  containsPan,
  ibanClear,
  isPublishedTestPan,
  maskEmail,
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
import type { RevealedWire } from './schema.ts'

/** What is sealed, in the words of the wire: normalised, and never a CVC. */
export type SealedInstrument = Pick<RevealedWire, 'card' | 'bank_account' | 'paypal_account' | 'holder'>

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
type PaypalBody = Extract<CreateTokenBody, { type: 'paypal_account' }>['paypal_account']

function readCard(card: CardBody, holder: string, { mode, today }: Circumstances): Instrument {
  const pan = at('/card/number', () => parsePan(card.number)).reveal()
  if (mode === 'live' && isPublishedTestPan(pan)) throw new TestNumberInLiveMode().at('/card/number')
  const brand = brandOf(pan)
  const { month, year } = at('/card/expiry_month', () => parseExpiry(card.expiry_month, card.expiry_year, today))
  const { cvc } = card
  // Nothing of the code goes further than this line (PCI DSS 3.3.1.2).
  if (cvc !== undefined) at('/card/cvc', () => parseCvc(cvc, brand))
  const { bin, lastFour } = panClear(pan)
  return {
    clear: { type: 'card', brand, bin, lastFour, expiryMonth: month, expiryYear: year },
    sealed: new Secret({ card: { number: pan, expiry_month: month, expiry_year: year }, holder: { name: holder } }),
    recognisedBy: new Secret({ number: [pan], full: [pan, `${year}-${month}`, holder] }),
  }
}

function readIbanAccount(account: Extract<BankBody, { iban: string }>, holder: string): Instrument {
  const iban = at('/bank_account/iban', () => parseIban(account.iban)).reveal()
  const given = account.bic
  const bic = given === undefined ? undefined : at('/bank_account/bic', () => parseBic(given))
  const { country, lastFour } = ibanClear(iban)
  return {
    clear: { type: 'bank_account', country, lastFour },
    sealed: new Secret({ bank_account: { iban, ...(bic ? { bic } : {}) }, holder: { name: holder } }),
    recognisedBy: new Secret({ number: ['iban', iban], full: ['iban', iban, holder] }),
  }
}

function readUsAccount(account: Exclude<BankBody, { iban: string }>, holder: string): Instrument {
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

function refusePaymentData(metadata: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(metadata)) {
    for (const text of [name, value]) {
      // The path stops at the field, because a caller may have put a number into the name.
      if (containsPan(text) || containsIban(text)) throw new SensitiveText().at('/metadata')
    }
  }
}

/** Runs a parser and says which field its refusal is about. */
function at<T>(path: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw error instanceof DomainError ? error.at(path) : error
  }
}
