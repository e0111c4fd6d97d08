import { inLetters, instrumentHash } from '../orders/canonical.ts'
import type { OrderForm } from '../orders/order-form.ts'
import { accountRequest, creditNoteRequest, issuerRequest, quoteRequest } from '../orders/to-requests.ts'
import { type Api, Refused } from './api-client.ts'
import type {
  AccountWire,
  CreditNoteWire,
  Found,
  InvoiceWire,
  PageWire,
  QuoteWire,
  RegistrationWire,
  TokenWire,
} from './wire.ts'

/** How far an order has come. What a refusal interrupts stays as far as it got. */
export interface Trail {
  account?: AccountWire
  token?: TokenWire
  quote?: QuoteWire
  invoice?: InvoiceWire
  creditNote?: CreditNoteWire
}

export interface OrderDesk {
  /** Brings an order to its issued and, where it can be charged, paid invoice, or to its credit note. @param trail Is filled in on the way. */
  work(order: OrderForm, hash: string, trail: Trail): Promise<void>
}

/**
 * Makes what works orders through the services. Every step first looks for what an earlier run did, by the external id that
 * follows from the order's content, and every write carries an Idempotency-Key that follows from it too: a run that broke off,
 * or two at once, make nothing twice.
 */
export function orderDesk({ vault, invoicing }: { readonly vault: Api; readonly invoicing: Api }): OrderDesk {
  // Orders that run side by side share issuers: the first asks, the others wait for its answer.
  const issuers = new Map<string, Promise<Found>>()

  async function find<T extends Found>(collection: string, externalId: string): Promise<T | undefined> {
    const page = await invoicing.get<PageWire<T>>(`/v1/${collection}?external_id=${encodeURIComponent(externalId)}`)
    return page.data[0]
  }

  async function findOrMake<T extends Found>(collection: string, request: { external_id: string }): Promise<T> {
    const found = await find<T>(collection, request.external_id)
    return found ?? invoicing.post<T>(`/v1/${collection}`, `make-${inLetters(request.external_id)}`, request)
  }

  function issuerOf(request: ReturnType<typeof issuerRequest>): Promise<Found> {
    const known = issuers.get(request.external_id)
    if (known) return known
    const asked = findOrMake<Found>('issuers', request)
    issuers.set(request.external_id, asked)
    return asked
  }

  /** The instrument goes to the vault and nowhere else; what comes back is a token and masked values. */
  async function tokenize(order: OrderForm, accountId: string): Promise<TokenWire | undefined> {
    if (!order.instrument) return undefined
    return vault.post<TokenWire>('/v1/tokens', `token-${inLetters(instrumentHash(order))}`, {
      ...order.instrument,
      account_id: accountId,
    })
  }

  async function issuedQuote(order: OrderForm, parties: Parties, trail: Trail, key: KeyOf): Promise<QuoteWire> {
    const draft = trail.quote ?? (await draftQuote(order, parties, trail, key))
    if (draft.state !== 'draft') return draft
    return invoicing.post<QuoteWire>(`/v1/quotes/${draft.id}/issue`, key('issue-quote'))
  }

  async function draftQuote(order: OrderForm, parties: Parties, trail: Trail, key: KeyOf): Promise<QuoteWire> {
    const token = await tokenize(order, parties.accountId)
    if (token) trail.token = token
    return invoicing.post<QuoteWire>(
      '/v1/quotes',
      key('quote'),
      quoteRequest(order, { ...parties, tokenId: token?.id }),
    )
  }

  /** Finds the invoice of an earlier run, or makes it by way of its quote. */
  async function invoiceOf(order: OrderForm, parties: Parties, trail: Trail, key: KeyOf): Promise<InvoiceWire> {
    const [invoice, quote] = await Promise.all([
      find<InvoiceWire>('invoices', parties.externalId),
      find<QuoteWire>('quotes', parties.externalId),
    ])
    if (quote) trail.quote = quote
    if (invoice) return invoice
    trail.quote = await issuedQuote(order, parties, trail, key)
    return invoicing.post<InvoiceWire>(`/v1/quotes/${trail.quote.id}/accept`, key('accept'), {
      external_id: parties.externalId,
      type_code: order.type_code,
      issue_on: order.issue_date,
    })
  }

  /** Nothing is charged and nothing paid: what it credits is the customer's to use or to have back. */
  async function creditNoteOf(order: OrderForm, parties: Parties, key: KeyOf): Promise<CreditNoteWire> {
    const draft = await findOrMake<CreditNoteWire>('credit-notes', creditNoteRequest(order, parties))
    if (draft.state !== 'draft') return draft
    return invoicing.post<CreditNoteWire>(`/v1/credit-notes/${draft.id}/issue`, key('issue-credit-note'))
  }

  /**
   * An order without an instrument stays open; where nothing is to be paid, nothing is. The money is taken through the test processor,
   * which moves none. What that does not take, such as a number that is not a published test number, is written down as paid.
   */
  async function pay(order: OrderForm, invoice: InvoiceWire, key: KeyOf): Promise<void> {
    if (invoice.payment_status !== 'open' || !invoice.instrument) return
    const { token_id } = invoice.instrument
    if (await register(order, token_id, key)) {
      await invoicing.post('/v1/charges', key('charge'), { invoice_id: invoice.id, token_id, processor: 'test' })
      return
    }
    await invoicing.post('/v1/payments', key('payment'), {
      invoice_id: invoice.id,
      token_id,
      amount_minor: invoice.totals.payable_minor,
      currency: invoice.currency,
      received_on: order.issue_date,
    })
  }

  /**
   * Has the test processor know an instrument, as a checkout does: a bank account with the permission of its holder, a PayPal account
   * by way of its owner, who agrees there.
   *
   * @returns False for what the processor does not take.
   */
  async function register(order: OrderForm, tokenId: string, key: KeyOf): Promise<boolean> {
    const registrations = `/v1/tokens/${tokenId}/registrations`
    const request = { processor: 'test', ...CONSENT[order.instrument?.type as keyof typeof CONSENT]?.(order) }
    try {
      const { state } = await vault.post<RegistrationWire>(registrations, key('register'), request)
      if (state === 'requires_action') await vault.post(`${registrations}/test/finish`, key('registered'))
      return true
    } catch (error) {
      if (error instanceof Refused && error.problem.code === 'instrument_not_accepted') return false
      throw error
    }
  }

  return {
    async work(order, hash, trail) {
      const key: KeyOf = (step) => `${step}-${inLetters(hash)}`
      const issuer = issuerRequest(order.seller)
      const customer = accountRequest(order.seller, order.buyer)
      // Reads every amount of the order before its customer is entered anywhere.
      quoteRequest(order, { issuerId: '', accountId: '', tokenId: undefined, externalId: hash })

      const [account, { id: issuerId }] = await Promise.all([
        findOrMake<AccountWire>('accounts', customer),
        issuerOf(issuer),
      ])
      trail.account = account
      const parties = { issuerId, accountId: account.id, externalId: hash }
      if (order.document === 'credit_note') {
        trail.creditNote = await creditNoteOf(order, parties, key)
        return
      }
      const draft = await invoiceOf(order, parties, trail, key)
      trail.invoice = draft
      if (draft.state === 'draft') {
        trail.invoice = await invoicing.post<InvoiceWire>(`/v1/invoices/${draft.id}/issue`, key('issue-invoice'))
      }
      await pay(order, trail.invoice, key)
    },
  }
}

/** Whose the order is, and what it is called. */
interface Parties {
  readonly issuerId: string
  readonly accountId: string
  readonly externalId: string
}

/** What the payer would say at the checkout. Nobody is told anything: the address and the pages lead nowhere (RFC 2606). */
const CONSENT = {
  bank_account: ({ issue_date }: OrderForm) => ({
    email: 'payer@example.com',
    mandate: { accepted_at: `${issue_date}T00:00:00Z` },
  }),
  paypal_account: () => ({ return_url: 'https://shop.example/back', cancel_url: 'https://shop.example/cancel' }),
}

/** Names one step of one order. */
type KeyOf = (step: string) => string
