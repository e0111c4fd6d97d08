import { type IdPrefix, InvalidId, parseId } from '@kontor/ids'
import { containsPan } from '@kontor/payment-data'
import type { Api } from '../job/api-client.ts'
import type { PageWire } from '../job/wire.ts'
import { Sentence } from '../sentence.ts'

/** What of an invoice or proforma is needed to pay it, and to speak of it. */
export interface Payable {
  readonly id: string
  readonly number: string | null
  readonly currency: string
}

/** As the service prints numbers. */
const NUMBER = /^(?=.*\S)[^\p{Cc}]{1,100}$/u
/** As the service takes external ids. */
const EXTERNAL_ID = /^[A-Za-z0-9_.:/-]{1,128}$/
/** Identifiers of 13 and 14 digits are common, so that the service takes only longer ones for card numbers there. */
const CARD_DIGITS_MIN = 15

/**
 * Finds what is paid by its id, inv_… or pro_…, by its number or by the external id that it was made with.
 *
 * @throws {Sentence} There is none, or several are called that.
 */
export async function findPayable(api: Api, text: string): Promise<Payable> {
  if (isId('inv', text)) return api.get<Payable>(`/v1/invoices/${text}`)
  if (isId('pro', text)) return api.get<Payable>(`/v1/proformas/${text}`)
  refuseCard(text)
  if (!NUMBER.test(text)) throw new Sentence('That is neither an id nor a number nor an external id.')
  const asked = new URLSearchParams({ number: text }).toString()
  const queries = [asked, ...(EXTERNAL_ID.test(text) ? [new URLSearchParams({ external_id: text }).toString()] : [])]
  const pages = await Promise.all(
    ['invoices', 'proformas'].flatMap((list) =>
      queries.map((query) => api.get<PageWire<Payable>>(`/v1/${list}?${query}`)),
    ),
  )
  const [found, ...others] = new Map(pages.flatMap(({ data }) => data.map((one) => [one.id, one] as const))).values()
  if (!found) throw new Sentence('No invoice and no proforma has that id, number or external id.')
  if (others.length > 0)
    throw new Sentence(`Several are called that: say ${[found, ...others].map(({ id }) => id).join(' or ')}.`)
  return found
}

/**
 * Finds an account by its id, acc_…, or by its external id.
 *
 * @returns Its id.
 * @throws {Sentence} There is none.
 */
export async function findAccountId(api: Api, text: string): Promise<string> {
  if (isId('acc', text)) return text
  const query = `?external_id=${encodeURIComponent(externalId(text))}`
  const { data } = await api.get<PageWire<{ readonly id: string }>>(`/v1/accounts${query}`)
  if (!data[0]) throw new Sentence('No account has that id or external id.')
  return data[0].id
}

/**
 * A name that becomes part of an address, which is logged by whoever passes it on: a card number must not be in it.
 *
 * @throws {Sentence} It never repeats what was typed.
 */
function externalId(text: string): string {
  refuseCard(text)
  if (!EXTERNAL_ID.test(text)) throw new Sentence('That is neither an id nor an external id.')
  return text
}

/** @throws {Sentence} */
function refuseCard(text: string): void {
  if (text.replace(/\D/g, '').length >= CARD_DIGITS_MIN && containsPan(text)) {
    throw new Sentence('That looks like a card number: card numbers go to the vault, and nowhere else.')
  }
}

function isId(prefix: IdPrefix, text: string): boolean {
  try {
    parseId(prefix, text)
    return true
  } catch (error) {
    if (error instanceof InvalidId) return false
    throw error
  }
}
