import { invoicingApi } from '../invoicing-access.ts'
import { Sentence } from '../sentence.ts'
import { shownAmount } from './amount.ts'
import type { Command } from './command.ts'
import { namedId } from './named-id.ts'
import { type IntentOptions, keyOf } from './new-key.ts'

/** What of an invoice or credit note is shown. */
interface DocumentWire {
  readonly id: string
  readonly number: string | null
  readonly state: string
  readonly currency: string
  readonly totals: { readonly gross_minor: number; readonly payable_minor: number }
  readonly open_minor?: number
  readonly replacement_id?: string | null
  /** Of a proforma: what it became. */
  readonly invoice_id?: string | null
}

export interface CreditOptions extends IntentOptions {
  readonly reason: string
  readonly line?: readonly string[]
  readonly issue?: boolean
}

export interface CancelOptions extends IntentOptions {
  readonly reason: string
  readonly replace?: boolean
}

const COLLECTION = { inv: 'invoices', cre: 'credit-notes', pro: 'proformas' } as const
const NAMED = {
  inv: 'An invoice is named by its id, inv_….',
  cre: 'A credit note is named by its id, cre_….',
  pro: 'A proforma is named by its id, pro_….',
}

export type DocumentPrefix = keyof typeof COLLECTION

/** `kontor invoice show`, and of credit notes and proformas. */
export async function showDocument(command: Command, prefix: DocumentPrefix, text: string): Promise<number> {
  const id = idOf(prefix, text)
  const api = await invoicingApi(command)
  return told(command, await api.get<DocumentWire>(`/v1/${COLLECTION[prefix]}/${id}`))
}

/** `kontor invoice issue`, and of credit notes and proformas. */
export async function issueDocument(
  command: Command,
  prefix: DocumentPrefix,
  text: string,
  options: IntentOptions,
): Promise<number> {
  const id = idOf(prefix, text)
  const api = await invoicingApi(command)
  return told(command, await api.post<DocumentWire>(`/v1/${COLLECTION[prefix]}/${id}/issue`, keyOf(options)))
}

/** `kontor invoice credit`: drafts a credit note, and issues it where that is asked for. */
export async function creditInvoice(command: Command, text: string, options: CreditOptions): Promise<number> {
  const id = idOf('inv', text)
  const lines = options.line?.map(lineOf)
  const api = await invoicingApi(command)
  const key = keyOf(options)
  const body = { reason: options.reason, ...(lines ? { lines } : {}) }
  const draft = await api.post<DocumentWire>(`/v1/invoices/${id}/credit-notes`, key, body)
  if (!options.issue) return told(command, draft)
  return told(command, await api.post<DocumentWire>(`/v1/credit-notes/${draft.id}/issue`, key))
}

/** `kontor invoice cancel`: credits all that is left, in one call. */
export async function cancelInvoice(command: Command, text: string, options: CancelOptions): Promise<number> {
  const id = idOf('inv', text)
  const api = await invoicingApi(command)
  const body = { reason: options.reason, replace: options.replace === true }
  const note = await api.post<DocumentWire>(`/v1/invoices/${id}/cancel`, keyOf(options), body)
  return told(command, note, note.replacement_id ? [`Replaced by the draft ${note.replacement_id}.`] : [])
}

/** `kontor invoice void`. */
export async function voidInvoice(
  command: Command,
  text: string,
  options: IntentOptions & { readonly reason: string },
): Promise<number> {
  const id = idOf('inv', text)
  const api = await invoicingApi(command)
  const { reason } = options
  const made = await api.post<{ invoice_id: string; number: string }>(`/v1/invoices/${id}/void`, keyOf(options), {
    reason,
  })
  command.screen.result(made, [`${made.number} is void. The number is not given again.`])
  return 0
}

/** `kontor proforma cancel`: nobody has paid anything of it. */
export async function cancelProforma(command: Command, text: string, options: IntentOptions): Promise<number> {
  const id = idOf('pro', text)
  const api = await invoicingApi(command)
  return told(command, await api.post<DocumentWire>(`/v1/proformas/${id}/cancel`, keyOf(options)))
}

function told(command: Command, document: DocumentWire, more: readonly string[] = []): number {
  const { id, number, state, currency, totals, open_minor, invoice_id } = document
  const amount = (minor: number) => shownAmount(minor, currency)
  command.screen.result(document, [
    `${number ?? id} ${state}: ${amount(totals.payable_minor)}${open_minor ? `, ${amount(open_minor)} open` : ''}.`,
    ...(invoice_id ? [`It became the invoice ${invoice_id}.`] : []),
    ...more,
  ])
  return 0
}

/** `2` is all that is left of line 2, `2:1.5` as many of it. */
function lineOf(text: string): { line: number; quantity?: string } {
  const [, line, quantity] = /^([1-9][0-9]{0,3})(?::(-?[0-9]+(?:\.[0-9]+)?))?$/.exec(text) ?? []
  if (line === undefined) throw new Sentence('--line takes a place, such as 2, or a place and how many, such as 2:1.5.')
  return { line: Number(line), ...(quantity === undefined ? {} : { quantity }) }
}

/** @throws {Sentence} The text is no id of that kind. */
const idOf = (prefix: DocumentPrefix, text: string): string => namedId(prefix, text, NAMED[prefix])
