import { containsIban, containsPan, parseCvc, parseIban, parsePan } from '@kontor/payment-data'
import { DomainError } from '@kontor/problem'
import { type ClearInstrument, InstrumentNotAccepted, type MandateAcceptance } from '@kontor/processors'
import { isAddress } from '@kontor/tenancy'
import { FieldNotOfType, SensitiveText } from '../tokens/errors.ts'
import type { Registrable } from '../tokens/registrable.ts'
import { EmailRequired, MandateInvalid, MandateRequired, ReturnUrlInvalid, ReturnUrlRequired } from './errors.ts'
import type { RegisterBody } from './schema.ts'

const THIS_MACHINE = ['localhost', '127.0.0.1', '[::1]']
/** Clocks differ. */
const FUTURE_MS = 300_000

/**
 * Puts together what a processor is sent. The instrument is opened when the processor calls for it, and not here.
 *
 * @throws {DomainError} 422: the processor does not take it, or something that it needs is missing; never with what was sent.
 */
export function instrumentFor({ token, open }: Registrable, body: RegisterBody, now: Date): ClearInstrument {
  refuseNumbers(body)
  const { clear } = token
  const { cvc, return_url: returnUrl, cancel_url: cancelUrl } = body
  for (const [field, url] of [
    ['return_url', returnUrl],
    ['cancel_url', cancelUrl],
  ] as const) {
    if (url !== undefined && !isPayersUrl(url)) throw new ReturnUrlInvalid().at(`/${field}`)
  }
  if (cvc !== undefined && clear.type !== 'card') throw new FieldNotOfType().at('/cvc')
  if (body.mandate !== undefined && clear.type !== 'bank_account') throw new FieldNotOfType().at('/mandate')
  const takes = body.processor === 'test' || (body.processor === 'paypal') === (clear.type === 'paypal_account')
  if (!takes) throw new InstrumentNotAccepted('Stripe takes cards and bank accounts, PayPal its own accounts')
  switch (clear.type) {
    case 'card':
      if (cvc !== undefined) at('/cvc', () => parseCvc(cvc, clear.brand))
      return { type: 'card', returnUrl, open: () => cardOf(open, cvc) }
    case 'bank_account': {
      if (clear.routingNumber !== undefined) throw new InstrumentNotAccepted('a bank account is debited by its IBAN')
      const { email, mandate } = body
      if (mandate === undefined) throw new MandateRequired().at('/mandate')
      if (email === undefined) throw new EmailRequired().at('/email')
      return { type: 'sepa_debit', mandate: mandateOf(mandate, now), open: () => bankAccountOf(open, email) }
    }
    case 'paypal_account':
      if (returnUrl === undefined || cancelUrl === undefined) throw new ReturnUrlRequired()
      return { type: 'paypal', returnUrl, cancelUrl }
  }
}

function cardOf(open: Registrable['open'], cvc: string | undefined) {
  const { card, holder } = open()
  if (!card) throw new Error('the record of a card holds no card')
  return {
    pan: parsePan(card.number).reveal(),
    expiryMonth: card.expiry_month,
    expiryYear: card.expiry_year,
    cvc,
    holderName: holder.name,
  }
}

function bankAccountOf(open: Registrable['open'], email: string) {
  const { bank_account: bank, holder } = open()
  if (bank?.iban === undefined) throw new Error('the record of a bank account holds no IBAN')
  return { iban: parseIban(bank.iban).reveal(), holderName: holder.name, email }
}

function mandateOf(mandate: NonNullable<RegisterBody['mandate']>, now: Date): MandateAcceptance {
  const { accepted_at, ip_address: ipAddress, user_agent: userAgent } = mandate
  const acceptedAt = new Date(accepted_at)
  if (Number.isNaN(acceptedAt.getTime()) || acceptedAt.getTime() > now.getTime() + FUTURE_MS)
    throw new MandateInvalid('it was accepted at an instant in the past').at('/mandate/accepted_at')
  if (ipAddress === undefined && userAgent === undefined) return { acceptedAt }
  if (ipAddress === undefined || userAgent === undefined) throw new MandateRequired().at('/mandate')
  if (!isAddress(ipAddress)) throw new MandateInvalid('expected an IP address').at('/mandate/ip_address')
  return { acceptedAt, online: { ipAddress, userAgent } }
}

/** Where a number has no business: it would go to the processor, and to a browser. */
function refuseNumbers({ email, return_url, cancel_url, mandate }: RegisterBody): void {
  const texts = { email, return_url, cancel_url, 'mandate/user_agent': mandate?.user_agent }
  for (const [field, text] of Object.entries(texts)) {
    if (text !== undefined && (containsPan(text) || containsIban(text))) throw new SensitiveText().at(`/${field}`)
  }
}

function isPayersUrl(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, username } = new URL(text)
  if (username !== '') return false
  return protocol === 'https:' || (protocol === 'http:' && THIS_MACHINE.includes(hostname))
}

/** Runs a parser and says which field its refusal is about. */
function at<T>(path: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    throw error instanceof DomainError ? error.at(path) : error
  }
}
