import { invoicingApi } from '../invoicing-access.ts'
import type { InvoiceWire, QuoteWire } from '../job/wire.ts'
import { Sentence } from '../sentence.ts'
import type { Command } from './command.ts'
import { namedId } from './named-id.ts'
import { newKey } from './new-key.ts'

/** The parts of a quote that are shown to people. */
interface ShownQuote extends QuoteWire {
  readonly valid_until: string | null
  readonly revision: number
  readonly superseded_by: string | null
  readonly reason: string | null
  readonly acceptance: {
    readonly accepted_at: string
    readonly accepted_by: { readonly name: string } | null
    readonly terms_hash: string
  } | null
  readonly conversion: {
    readonly status: 'none' | 'partial' | 'whole'
    readonly lines: readonly {
      readonly line: number
      readonly quoted: string
      readonly converted: string
      readonly remaining: string
    }[]
  } | null
  readonly invoice_ids: readonly string[]
}

export interface InvoiceOptions {
  readonly issueOn?: string
  readonly dueOn?: string
  readonly externalId?: string
}

export interface AcceptOptions extends InvoiceOptions {
  readonly by?: string
  readonly role?: string
  readonly fromAddress?: string
  readonly note?: string
  /** False with `--no-convert`. */
  readonly convert: boolean
}

export interface ConvertOptions extends InvoiceOptions {
  readonly line?: readonly string[]
}

/** `kontor quote show` */
export async function showQuote(command: Command, quote: string): Promise<number> {
  const api = await invoicingApi(command)
  return say(command, await api.get<ShownQuote>(`/v1/quotes/${quoteId(quote)}`))
}

/** `kontor quote issue | decline | cancel` */
export async function endQuote(
  command: Command,
  action: 'issue' | 'decline' | 'cancel',
  quote: string,
  { reason }: { readonly reason?: string } = {},
): Promise<number> {
  const id = quoteId(quote)
  const api = await invoicingApi(command)
  const body = action === 'issue' ? undefined : { reason }
  return say(command, await api.post<ShownQuote>(`/v1/quotes/${id}/${action}`, newKey(), body))
}

/** `kontor quote accept` */
export async function acceptQuote(command: Command, quote: string, options: AcceptOptions): Promise<number> {
  const id = quoteId(quote)
  const { by, role, fromAddress, note, convert } = options
  if (role !== undefined && by === undefined)
    throw new Sentence('--role says in what function somebody accepted: say with --by who did.')
  const api = await invoicingApi(command)
  const body = {
    ...(by === undefined ? {} : { accepted_by: { name: by, role } }),
    from_address: fromAddress,
    note,
    ...(convert ? {} : { convert: 'none' }),
    ...invoiceFields(options),
  }
  const answer = await api.post<ShownQuote | InvoiceWire>(`/v1/quotes/${id}/accept`, newKey(), body)
  return 'quote_id' in answer ? sayInvoice(command, answer) : say(command, answer)
}

/** `kontor quote convert` */
export async function convertQuote(command: Command, quote: string, options: ConvertOptions): Promise<number> {
  const id = quoteId(quote)
  const lines = options.line?.map(readLine)
  const api = await invoicingApi(command)
  const body = { ...(lines ? { lines } : {}), ...invoiceFields(options) }
  return sayInvoice(command, await api.post<InvoiceWire>(`/v1/quotes/${id}/convert`, newKey(), body))
}

const invoiceFields = ({ issueOn, dueOn, externalId }: InvoiceOptions) => ({
  issue_on: issueOn,
  due_on: dueOn,
  external_id: externalId,
})

function readLine(text: string): { line: number; quantity: string } {
  const [, line, quantity] = /^([1-9]\d{0,3})=(-?\d+(?:\.\d+)?)$/.exec(text) ?? []
  if (line === undefined || quantity === undefined) {
    throw new Sentence('A line is named by its position and how much of it, such as --line 2=1.5.')
  }
  return { line: Number(line), quantity }
}

function say({ screen }: Command, quote: ShownQuote): number {
  const { state, acceptance, conversion, valid_until } = quote
  screen.result(quote, [
    `${quote.number ?? 'A draft'} is ${state}${state === 'sent' && valid_until ? `, until ${valid_until}` : ''}${quote.revision > 1 ? `, revision ${quote.revision}` : ''}.`,
    ...(quote.reason === null ? [] : [`Why: ${quote.reason}`]),
    ...(quote.superseded_by === null ? [] : [`${quote.superseded_by} took its place.`]),
    ...(acceptance
      ? [
          `Accepted ${acceptance.accepted_at}${acceptance.accepted_by ? ` by ${acceptance.accepted_by.name}` : ''}, terms ${acceptance.terms_hash}.`,
        ]
      : []),
    ...(conversion?.lines ?? []).map(
      ({ line, quoted, converted, remaining }) =>
        `Line ${line}: ${converted} of ${quoted} invoiced, ${remaining} left.`,
    ),
    ...quote.invoice_ids.map((id) => `Invoice ${id}`),
  ])
  return 0
}

function sayInvoice({ screen }: Command, invoice: InvoiceWire): number {
  screen.result(invoice, [
    `Invoice draft ${invoice.id}: ${invoice.totals.payable_minor} minor units of ${invoice.currency}.`,
  ])
  return 0
}

/** @throws {Sentence} The text is no id of a quote. */
const quoteId = (text: string): string =>
  namedId('quo', text, 'A quote is named by its id, quo_…: GET /v1/quotes lists them.')
