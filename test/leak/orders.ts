import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CARDS, type CardName, type MarkMaker, type MarkMakers } from './marks.ts'

/** What must become of an order: nothing said, an invoice; else the code of its refusal. */
export type Outcomes = Readonly<Record<string, string | undefined>>

const SELLER = {
  name: 'Kontor Leak AG',
  vat_id: 'CHE-123.456.788 MWST',
  street: 'Werkstrasse 5',
  city: 'Bern',
  postal_code: '3011',
  country: 'CH',
  email: 'billing@seller.example',
}
const LINE = { id: '1', name: 'Work', quantity: '2', unit: 'HUR', price: '120.50', vat_category: 'S', vat_rate: '8.1' }
const PAYEE = 'CH9300762011623852957'

const order = (buyer: string, changed: object) => ({
  document: 'invoice',
  type_code: '380',
  issue_date: '2026-01-15',
  currency: 'CHF',
  payment: [{ means_code: '30', payee_iban: PAYEE }],
  seller: SELLER,
  buyer: { name: `Buyer ${buyer}`, street: 'Ring 1', city: 'Thun', postal_code: '3600', country: 'CH' },
  lines: [LINE],
  ...changed,
})

const grouped = (digits: string): string => digits.replace(/.{4}/g, '$& ')

/**
 * Writes order files of which every number is a mark: right ones with an instrument of each kind, and wrong ones with numbers where
 * they do not belong.
 *
 * @param noted Stands in the notes of one order: a planted leak, printed and stored as whoever wrote it wanted.
 */
export function writeOrders(folder: string, marks: MarkMakers, noted: string): Outcomes {
  const outcomes: Record<string, string | undefined> = {}
  mkdirSync(folder, { recursive: true })
  const write = (name: string, outcome: string | undefined, text: string) => {
    writeFileSync(join(folder, `${name}.json`), text)
    outcomes[`${name}.json`] = outcome
  }
  for (const [name, changed] of Object.entries(rightOrders(marks, noted))) {
    write(name, undefined, JSON.stringify(order(name, changed), null, 2))
  }
  for (const [name, [code, changed]] of Object.entries(wrongOrders(marks))) {
    write(name, code, JSON.stringify(order(name, changed)))
  }
  write('wrong-json', 'unreadable_order', `{"instrument":{"card":{"number":"${marks.dropped.card('wrong-json')}"`)
  return outcomes
}

/** What each right order has beside the usual. */
function rightOrders(marks: MarkMakers, noted: string): Record<string, object> {
  const { sealed, dropped } = marks
  const made: Record<string, object> = {}
  const charge = (name: string, parts: object) => {
    made[name] = { instrument: held(sealed, dropped, name, parts) }
  }
  for (const name of Object.keys(CARDS) as CardName[]) {
    const cvc = dropped.cvc(`code of ${name}`, name === 'amex15' ? 4 : 3)
    charge(name, aCard(sealed.card(name, name), { cvc }))
  }
  for (const country of ['DE', 'AT', 'CH', 'GB'] as const) {
    const name = `iban-${country.toLowerCase()}`
    charge(name, { type: 'bank_account', bank_account: { iban: sealed.iban(name, country) } })
  }
  for (const length of [12, 17]) {
    const account_number = sealed.account(`us-account-${length}`, length)
    const bank_account = { routing_number: '110000000', account_number, account_type: 'checking' }
    charge(`us-account-${length}`, { type: 'bank_account', bank_account })
  }
  const paypal_account = { email: sealed.email('paypal address'), payer_id: sealed.payerId('paypal payer') }
  charge('paypal', { type: 'paypal_account', paypal_account })

  // What the job reads and drops.
  made.unread = {
    payment: [{ means_code: '59', payee_iban: PAYEE, payer_iban: dropped.iban('payer of an order') }],
    source: dropped.card('source of an order'),
    number_printed: dropped.card('printed number of an order'),
    disagreement: dropped.card('disagreement of an order'),
  }
  made.noted = { notes: [`Please pay to ${noted}`] }
  return made
}

/** What is wrong with each wrong order, and the code of its refusal. */
function wrongOrders({ sealed, dropped }: MarkMakers): Record<string, [code: string, changed: object]> {
  const number = (name: string) => dropped.card(`wrong-${name}`)
  /** The instrument is right and is stored before the quote is refused. */
  const stored = (name: string) => held(sealed, dropped, `wrong-${name}`, aCard(sealed.card(`card of wrong-${name}`)))
  const refused = (name: string, parts: object) => ({ instrument: held(dropped, dropped, `wrong-${name}`, parts) })
  return {
    'wrong-note': [
      'sensitive_text',
      { instrument: stored('note'), notes: [`Card ${grouped(number('note'))} was charged`] },
    ],
    'wrong-line': [
      'sensitive_text',
      { instrument: stored('line'), lines: [{ ...LINE, name: `Card ${number('line')}` }] },
    ],
    'wrong-reference': ['sensitive_text', { instrument: stored('reference'), buyer_reference: number('reference') }],
    'wrong-buyer': ['sensitive_text', { buyer: { name: `Card ${number('buyer')}`, country: 'CH' } }],
    'wrong-field': ['invalid_order', { [number('field')]: number('value of a field') }],
    'wrong-digits': ['invalid_pan', refused('digits', aCard(dropped.mistypedCard('wrong-digits')))],
    'wrong-expiry': ['card_expired', refused('expiry', aCard(number('expiry'), { expiry_year: 2021 }))],
    'wrong-code': ['invalid_cvc', refused('code', aCard(number('code'), { cvc: dropped.cvc('long code', 8) }))],
    'wrong-iban': [
      'invalid_iban',
      refused('iban', { type: 'bank_account', bank_account: { iban: dropped.mistypedIban('wrong-iban') } }),
    ],
    'wrong-holder': [
      'invalid_holder_name',
      { instrument: { ...aCard(number('card of a wrong holder')), holder: { name: number('holder') } } },
    ],
    'wrong-instrument': ['malformed_request', refused('instrument', { type: 'card', card: number('instrument') })],
  }
}

const aCard = (number: string, changed: object = {}) => ({
  type: 'card',
  card: { number, expiry_month: 11, expiry_year: 2034, ...changed },
})

/** An instrument is in the name of somebody who is named nowhere else. A digest of it would tell it, so that is searched for too. */
function held(make: MarkMaker, digests: MarkMaker, name: string, parts: object): object {
  const instrument = { ...parts, holder: { name: make.holder(`holder of ${name}`) } }
  digests.json(`instrument of ${name}`, instrument)
  return instrument
}
