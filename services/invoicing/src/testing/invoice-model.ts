// An invoice as its rules are told, in memory: what the service must not be told apart from. One line of `quantity` × 25.00 with 8.1 % VAT,
// so that the VAT of every second piece is rounded.

export type InvoiceAction =
  | { readonly do: 'patch' | 'stalePatch'; readonly quantity: number }
  | { readonly do: 'drop' | 'issue' | 'sent' | 'void' | 'export' }
  | { readonly do: 'credit'; readonly quantity?: number }
  | { readonly do: 'cancel'; readonly replace: boolean }
  | { readonly do: 'issueNote' | 'dropNote'; readonly at: number }
  | { readonly do: 'patchNote'; readonly at: number; readonly quantity: number }
  | { readonly do: 'pay'; readonly amount: number }
  | { readonly do: 'takeBack'; readonly at: number; readonly amount: number }
  | { readonly do: 'writeOff'; readonly amount?: number }
  | { readonly do: 'reverse'; readonly at: number }

export interface ModelNote {
  readonly state: 'draft' | 'issued' | 'gone'
  readonly version: number
  readonly quantity: number
  readonly net: number
  readonly tax: number
  /** What it took off the invoice when it was issued. */
  readonly allocated: number
}

export interface InvoiceModel {
  readonly state: 'draft' | 'issued' | 'void' | 'gone'
  readonly version: number
  readonly quantity: number
  readonly isSent: boolean
  /** Whether an export was taken that saw it. */
  readonly wasExported: boolean
  /** Whether money or credit ever went to it, taken back or not. */
  readonly wasAllocated: boolean
  readonly notes: readonly ModelNote[]
  readonly payments: readonly { readonly amount: number; readonly allocated: number }[]
  /** Each write-off and, below zero, what took one back. */
  readonly adjustments: readonly { readonly amount: number; readonly isReversed: boolean }[]
  readonly replacements: number
  /** Every event of the account, in the order in which it happened. */
  readonly events: readonly string[]
}

/** `ok`, or the code of the refusal, with the members that are promised. */
export interface Said {
  readonly code: string
  readonly [member: string]: unknown
}

export interface InvoiceOutcome {
  readonly said: Said
  readonly model: InvoiceModel
}

const PRICE = 2_500
const OK: Said = { code: 'ok' }
const NOT_FOUND: Said = { code: 'not_found' }

export const DRAFTED: InvoiceModel = {
  state: 'draft',
  version: 1,
  quantity: 4,
  isSent: false,
  wasExported: false,
  wasAllocated: false,
  notes: [],
  payments: [],
  adjustments: [],
  replacements: 0,
  events: ['account.created', 'invoice.created'],
}

const vatOn = (net: number) => Math.floor((net * 81 + 500) / 1_000)
const sum = (amounts: readonly number[]) => amounts.reduce((total, amount) => total + amount, 0)
const grossOf = ({ quantity }: Pick<InvoiceModel, 'quantity'>) => quantity * PRICE + vatOn(quantity * PRICE)
const isThere = ({ state }: ModelNote) => state !== 'gone'

/** What a read of the invoice shows. */
export function shownOf(model: InvoiceModel) {
  const isIssued = model.state === 'issued'
  const paid = sum(model.payments.map(({ allocated }) => allocated))
  const credited = sum(model.notes.map(({ allocated }) => allocated))
  const writtenOff = sum(model.adjustments.map(({ amount }) => amount))
  const open = model.state === 'void' ? 0 : grossOf(model) - paid - credited - writtenOff
  const closed = writtenOff > 0 ? 'written_off' : paid > 0 ? 'paid' : 'credited'
  const status = open > 0 ? (paid > 0 ? 'partially_paid' : 'open') : closed
  return {
    state: model.state,
    version: model.version,
    payment_status: isIssued ? status : null,
    open_minor: open,
    paid_minor: paid,
    credited_minor: credited,
    adjusted_minor: writtenOff,
    is_sent: model.isSent,
    notes: model.notes.filter(isThere).length,
    replacements: model.replacements,
  }
}

/** What a credit note takes beside the others: its VAT is that of all together, rounded once, less what they have. */
function creditBeside(model: InvoiceModel, others: readonly ModelNote[], wanted: number | undefined) {
  const left = model.quantity - sum(others.map(({ quantity }) => quantity))
  const quantity = wanted ?? left
  if (quantity > left || left === 0) {
    const remaining_minor = wanted === undefined ? 0 : left * PRICE
    const line = wanted === undefined ? {} : { line: 1 }
    return { refused: { code: 'credit_exceeds_invoice', remaining_minor, ...line } }
  }
  const net = quantity * PRICE
  const [netTaken, taxTaken] = [sum(others.map((note) => note.net)), sum(others.map((note) => note.tax))]
  const taxLeft = vatOn(model.quantity * PRICE) - taxTaken
  const tax = Math.min(Math.max(vatOn(netTaken + net) - taxTaken, 0), taxLeft)
  return { quantity, net, tax }
}

const transition = (from: string, to: string, allowed: readonly string[] = []): Said => ({
  code: 'invalid_transition',
  from,
  to,
  allowed,
})

/** What the service must answer, and what is there afterwards. */
export function actOnInvoice(model: InvoiceModel, action: InvoiceAction): InvoiceOutcome {
  const refused = (said: Said): InvoiceOutcome => ({ said, model })
  const changed = (changes: Partial<InvoiceModel>, ...events: string[]): InvoiceOutcome => ({
    said: OK,
    model: { ...model, ...changes, events: [...model.events, ...events] },
  })
  const { state } = model
  if ('at' in action) return actOnPart(model, action)
  if (action.do === 'export') return changed({ wasExported: model.wasExported || state === 'issued' })
  if (state === 'gone') return action.do === 'drop' ? changed({}) : refused(NOT_FOUND)
  const { open_minor } = shownOf(model)
  /** What only an issued invoice can become. */
  const unissued = (to: string) => transition(state, to, state === 'draft' ? ['issued'] : [])
  switch (action.do) {
    case 'patch':
      if (state !== 'draft') return refused(transition(state, 'draft'))
      return changed({ quantity: action.quantity, version: model.version + 1 }, 'invoice.updated')
    case 'stalePatch':
      return refused(state === 'draft' ? { code: 'version_conflict' } : transition(state, 'draft'))
    case 'drop':
      if (state !== 'draft') return refused(transition(state, 'dropped'))
      return changed({ state: 'gone' }, 'invoice.dropped')
    case 'issue':
      if (state !== 'draft') return refused(transition(state, 'issued'))
      return changed({ state: 'issued', version: model.version + 1 }, 'invoice.issued')
    case 'sent':
      if (state !== 'issued') return refused(unissued('sent'))
      return changed({ isSent: true }, 'invoice.sent')
    case 'void': {
      if (state !== 'issued') return refused(unissued('void'))
      const because = whyNotVoid(model)
      if (because) return refused({ code: 'use_credit_note', because })
      return changed({ state: 'void' }, 'invoice.voided')
    }
    case 'credit':
    case 'cancel': {
      if (state !== 'issued') return refused(unissued('credited'))
      const credit = creditBeside(
        model,
        model.notes.filter(isThere),
        action.do === 'credit' ? action.quantity : undefined,
      )
      if (credit.refused) return refused(credit.refused)
      const note: ModelNote = { ...credit, state: 'draft', version: 1, allocated: 0 }
      const drafted = changed({ notes: [...model.notes, note] }, 'credit_note.created')
      if (action.do === 'credit') return drafted
      const replaced = action.replace
        ? { replacements: model.replacements + 1, events: [...drafted.model.events, 'invoice.created'] }
        : {}
      return issueNote({ ...drafted.model, ...replaced }, model.notes.length)
    }
    case 'pay': {
      if (state === 'draft') return refused({ code: 'not_issued' })
      if (state === 'void') return refused(transition('void', 'paid'))
      const allocated = Math.min(open_minor, action.amount)
      const payments = [...model.payments, { amount: action.amount, allocated }]
      if (allocated === 0) return changed({ payments }, 'payment.recorded')
      return changed({ payments, wasAllocated: true }, 'payment.recorded', 'allocation.recorded')
    }
    case 'writeOff': {
      if (state === 'draft') return refused({ code: 'not_issued' })
      if (state === 'void') return refused(transition('void', 'paid'))
      const amount = action.amount ?? open_minor
      if (amount > open_minor || amount === 0) return refused({ code: 'write_off_exceeds_open', open_minor })
      const whole = amount === open_minor ? ['invoice.written_off'] : []
      const adjustments = [...model.adjustments, { amount, isReversed: false }]
      return changed({ adjustments, wasAllocated: true }, 'adjustment.recorded', ...whole)
    }
  }
}

function whyNotVoid({ isSent, wasAllocated, notes, replacements, wasExported }: InvoiceModel): string | undefined {
  if (isSent) return 'sent'
  if (wasAllocated) return 'allocated'
  if (notes.some(isThere) || replacements > 0) return 'credited'
  return wasExported ? 'exported' : undefined
}

function issueNote(model: InvoiceModel, at: number): InvoiceOutcome {
  const note = model.notes[at] as ModelNote
  const allocated = Math.min(shownOf(model).open_minor, note.net + note.tax)
  const issued: ModelNote = { ...note, state: 'issued', version: note.version + 1, allocated }
  const notes = model.notes.map((each, n) => (n === at ? issued : each))
  const credited = sum(notes.filter((each) => each.state === 'issued').map(({ net, tax }) => net + tax))
  const fate = credited === grossOf(model) ? 'invoice.credited' : 'invoice.partially_credited'
  const events = [...model.events, 'credit_note.issued', fate]
  return { said: OK, model: { ...model, notes, events, wasAllocated: model.wasAllocated || allocated > 0 } }
}

function reverse(model: InvoiceModel, at: number): InvoiceOutcome {
  const standing = model.adjustments[at]
  if (!standing) return { said: model.state === 'void' ? transition('void', 'paid') : NOT_FOUND, model }
  if (standing.isReversed || standing.amount < 0) return { said: { code: 'adjustment_reversed' }, model }
  const adjustments = [
    ...model.adjustments.map((each, n) => (n === at ? { ...each, isReversed: true } : each)),
    { amount: -standing.amount, isReversed: false },
  ]
  const reopened = shownOf(model).open_minor === 0 ? ['invoice.reopened'] : []
  return { said: OK, model: { ...model, adjustments, events: [...model.events, 'adjustment.recorded', ...reopened] } }
}

/** What is done with a part of the invoice. Nothing, where there is none. */
function actOnPart(model: InvoiceModel, action: Extract<InvoiceAction, { at: number }>): InvoiceOutcome {
  const refused = (said: Said): InvoiceOutcome => ({ said, model })
  if (action.do === 'takeBack') {
    const payment = model.payments[action.at]
    if (!payment) return refused(NOT_FOUND)
    const { allocated } = payment
    if (action.amount > allocated) return refused({ code: 'over_unallocation', allocated_minor: allocated })
    const payments = model.payments.map((each, n) =>
      n === action.at ? { ...each, allocated: allocated - action.amount } : each,
    )
    return { said: OK, model: { ...model, payments, events: [...model.events, 'allocation.recorded'] } }
  }
  if (action.do === 'reverse') return reverse(model, action.at)
  const note = model.notes[action.at]
  if (!note) return refused(NOT_FOUND)
  const replace = (changes: Partial<ModelNote>, event: string): InvoiceOutcome => ({
    said: OK,
    model: {
      ...model,
      notes: model.notes.map((each, n) => (n === action.at ? { ...each, ...changes } : each)),
      events: [...model.events, event],
    },
  })
  if (note.state === 'gone') return action.do === 'dropNote' ? { said: OK, model } : refused(NOT_FOUND)
  switch (action.do) {
    case 'issueNote':
      return note.state === 'draft' ? issueNote(model, action.at) : refused(transition('issued', 'issued'))
    case 'dropNote': {
      if (note.state === 'issued') return refused(transition('issued', 'dropped'))
      return replace({ state: 'gone', quantity: 0, net: 0, tax: 0 }, 'credit_note.dropped')
    }
    case 'patchNote': {
      if (note.state === 'issued') return refused(transition('issued', 'draft'))
      const others = model.notes.filter((each, n) => n !== action.at && isThere(each))
      const credit = creditBeside(model, others, action.quantity)
      if (credit.refused) return refused(credit.refused)
      return replace({ ...credit, version: note.version + 1 }, 'credit_note.updated')
    }
  }
}
