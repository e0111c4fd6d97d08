import { bucketOf, formatId, parseId } from '@kontor/ids'
import test from 'ava'
import fc from 'fast-check'
import {
  type InvoicingUnderTest,
  invoicingUnderTest,
  issuerAndAccount,
  LINE,
  type Reply,
} from '../../../../test/support/invoicing.ts'
import { actOnInvoice, DRAFTED, type InvoiceAction, type InvoiceModel, shownOf } from '../testing/invoice-model.ts'

let kontor: InvoicingUnderTest
test.before(async () => {
  kontor = await invoicingUnderTest()
})
test.after.always(() => kontor.close())

const lineOf = (quantity: number) => ({ ...LINE, quantity: String(quantity), price: '25.00' })

/** An invoice of the real service, with what was made for it in the order of the model. */
interface Real {
  readonly id: string
  readonly accountId: string
  readonly notes: string[]
  readonly payments: string[]
  readonly adjustments: string[]
}

async function send(real: Real, model: InvoiceModel, action: InvoiceAction): Promise<Reply> {
  const url = `/v1/invoices/${real.id}`
  const post = (to: string, body?: object) => kontor.call('POST', to, body)
  const patch = (to: string, version: number, body: object) =>
    kontor.call('PATCH', to, body, { headers: { 'if-match': `"${version}"` } })
  const nobody = (kind: 'cre' | 'pay' | 'adj') => formatId(kind, kontor.deps.newId(bucketOf(parseId('inv', real.id))))
  switch (action.do) {
    case 'patch':
      return patch(url, model.version, { lines: [lineOf(action.quantity)] })
    case 'stalePatch':
      return patch(url, model.version + 1, { lines: [lineOf(action.quantity)] })
    case 'drop':
      return kontor.call('DELETE', url)
    case 'issue':
      return post(`${url}/issue`)
    case 'sent':
      return post(`${url}/sent`, { channel: 'post' })
    case 'void':
      return post(`${url}/void`, { reason: 'Irrtum' })
    case 'export':
      return kontor.call('GET', '/v1/exports/invoices.csv?from=2026-11-23&until=2026-11-24')
    case 'credit': {
      const lines = action.quantity === undefined ? undefined : [{ line: 1, quantity: String(action.quantity) }]
      return post(`${url}/credit-notes`, { reason: 'Retour', ...(lines ? { lines } : {}) })
    }
    case 'cancel':
      return post(`${url}/cancel`, { reason: 'Storno', replace: action.replace })
    case 'issueNote':
      return post(`/v1/credit-notes/${real.notes[action.at] ?? nobody('cre')}/issue`)
    case 'dropNote':
      return kontor.call('DELETE', `/v1/credit-notes/${real.notes[action.at] ?? nobody('cre')}`)
    case 'patchNote': {
      const lines = [{ line: 1, quantity: String(action.quantity) }]
      const version = model.notes[action.at]?.version ?? 1
      return patch(`/v1/credit-notes/${real.notes[action.at] ?? nobody('cre')}`, version, { lines })
    }
    case 'pay': {
      const paid = { method: 'cash', currency: 'CHF', received_on: '2026-11-20', amount_minor: action.amount }
      return post('/v1/payments', { ...paid, invoice_id: real.id })
    }
    case 'takeBack': {
      const from = `/v1/payments/${real.payments[action.at] ?? nobody('pay')}/unallocations`
      return post(from, { invoice_id: real.id, amount_minor: action.amount })
    }
    case 'writeOff':
      return post(`${url}/write-offs`, { reason: 'Konkurs', ...(action.amount ? { amount_minor: action.amount } : {}) })
    case 'reverse':
      return post(`${url}/adjustments/${real.adjustments[action.at] ?? nobody('adj')}/reversals`, {})
  }
}

/** Fails with what was done last, where the service and the model part. */
function mustBe(what: string, actual: object, expected: object): void {
  const picked = Object.fromEntries(Object.keys(expected).map((key) => [key, (actual as Record<string, unknown>)[key]]))
  const [got, wanted] = [JSON.stringify(picked), JSON.stringify(expected)]
  if (got !== wanted) throw new Error(`${what}: ${got}, not ${wanted}`)
}

async function step(real: Real, before: InvoiceModel, action: InvoiceAction, seen: Set<string>): Promise<InvoiceModel> {
  const { said, model } = actOnInvoice(before, action)
  const reply = await send(real, before, action)
  mustBe(JSON.stringify(action), reply.status < 300 ? { code: 'ok' } : reply.body, said)
  seen.add([said.code, said.because, said.from && `${said.from} to ${said.to}`].filter(Boolean).join(' '))
  if (model.notes.length > before.notes.length) real.notes.push(reply.body.id)
  const note = model.notes[action.do === 'patchNote' ? action.at : model.notes.length - 1]
  if (said.code === 'ok' && note && ['credit', 'cancel', 'patchNote'].includes(action.do)) {
    mustBe('credit note', reply.body.totals, { net_minor: note.net, vat_minor: note.tax })
  }
  if (model.payments.length > before.payments.length) real.payments.push(reply.body.id)
  if (model.adjustments.length > before.adjustments.length) real.adjustments.push(reply.body.id)
  const shown = await kontor.call('GET', `/v1/invoices/${real.id}`)
  const { is_sent, notes, replacements, ...expected } = shownOf(model)
  if (model.state === 'gone') {
    mustBe(`after ${JSON.stringify(action)}`, shown, { status: 404 })
  } else {
    mustBe(`after ${JSON.stringify(action)}`, shown.body, expected)
    const beside = {
      is_sent: shown.body.sent_on !== null,
      notes: shown.body.corrected_by_ids.length,
      replacements: shown.body.replaced_by_ids.length,
    }
    mustBe(`after ${JSON.stringify(action)}`, beside, { is_sent, notes, replacements })
  }
  for (const [n, { state, allocated, net, tax }] of model.notes.entries()) {
    if (state === 'gone') continue
    const { body } = await kontor.call('GET', `/v1/credit-notes/${real.notes[n]}`)
    const credit_minor = state === 'issued' ? net + tax - allocated : 0
    mustBe('what is left of a credit note', body, { state, allocated_minor: allocated, credit_minor })
  }
  seen.add(model.state)
  seen.add(`is ${expected.payment_status}`)
  return model
}

/** What has to be true of a life that is over. */
async function invariants(real: Real, model: InvoiceModel): Promise<void> {
  const account = parseId('acc', real.accountId)
  const own = [bucketOf(account), account]
  const events = await kontor.sql<{ type: string }>('select type from event where bucket = $1 and account_id = $2', own)
  mustBe('events', { events: events.map(({ type }) => type).sort() }, { events: model.events.toSorted() })
  const issued = {
    invoice: ['issued', 'void'].includes(model.state) ? 1 : 0,
    credit_note: model.notes.filter(({ state }) => state === 'issued').length,
  }
  const series = await kontor.call('GET', `/v1/series?account_id=${real.accountId}`)
  for (const { id, document_type } of series.body.data) {
    const { body } = await kontor.call('GET', `/v1/series/${id}/audit`)
    const count = issued[document_type as keyof typeof issued]
    mustBe(`series of ${document_type}`, body, { count, complete: true, missing: [] })
  }
  const [credited] = await kontor.sql<{ least: bigint; payable: bigint }>(
    `select min(invoice.gross_minor - coalesce(notes.gross, 0))::bigint as least, min(invoice.payable_minor - coalesce(notes.payable, 0))::bigint as payable
       from document as invoice left join lateral (
         select sum(note.gross_minor) as gross, sum(note.payable_minor) as payable from document as note
          where note.bucket = invoice.bucket and note.corrects_id = invoice.id and note.document_type = 'credit_note') as notes on true
      where invoice.bucket = $1 and invoice.account_id = $2 and invoice.document_type = 'invoice'`,
    own,
  )
  if ((credited?.least ?? 0n) < 0n || (credited?.payable ?? 0n) < 0n)
    throw new Error('credit notes exceed their invoice')
}

async function live(actions: readonly InvoiceAction[], seen: Set<string>): Promise<void> {
  const { order, account } = await issuerAndAccount(kontor)
  const { body } = await kontor.call('POST', '/v1/invoices', { ...order, lines: [lineOf(DRAFTED.quantity)] })
  const real: Real = { id: body.id, accountId: account.id, notes: [], payments: [], adjustments: [] }
  let model = DRAFTED
  for (const action of actions) model = await step(real, model, action, seen)
  await invariants(real, model)
}

const quantity = fc.integer({ min: 1, max: 4 })
const amount = fc.constantFrom(100, 2_703, 5_405, 10_810, 12_000)
const at = fc.nat({ max: 2 })
const action: fc.Arbitrary<InvoiceAction> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('drop', 'sent', 'void', 'export') }) },
  { weight: 3, arbitrary: fc.constant({ do: 'issue' } as const) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('patch', 'stalePatch'), quantity }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('credit'), quantity }, { requiredKeys: ['do'] }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel'), replace: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('issueNote', 'dropNote'), at }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('patchNote'), at, quantity }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('pay'), amount }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('takeBack'), at, amount }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('reverse'), at }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('writeOff'), amount }, { requiredKeys: ['do'] }) },
) as fc.Arbitrary<InvoiceAction>
/** Most lives get past the draft: little happens before. */
const life = fc.tuple(fc.boolean(), fc.array(action, { minLength: 1, maxLength: 12 })).map(([isDraft, actions]) => {
  return isDraft ? actions : [{ do: 'issue' } as const, ...actions]
})

const every = (...names: ('sent' | 'void' | 'drop' | 'issue' | 'export')[]) =>
  names.map((name) => ({ do: name }) as const)
const MORE: readonly InvoiceAction[] = [
  { do: 'patch', quantity: 2 },
  { do: 'stalePatch', quantity: 2 },
  { do: 'credit', quantity: 1 },
  { do: 'pay', amount: 100 },
  { do: 'writeOff' },
]
/** Lives in which each state and each refusal is certainly reached. */
const LIVES: readonly (readonly InvoiceAction[])[] = [
  [...every('sent', 'void'), ...MORE, { do: 'cancel', replace: true }, ...every('issue', 'issue', 'drop')],
  [...every('drop', 'drop', 'issue', 'sent', 'void'), ...MORE, { do: 'cancel', replace: false }],
  [...every('issue', 'void', 'void', 'sent', 'issue', 'drop'), ...MORE, { do: 'cancel', replace: true }],
  every('issue', 'sent', 'sent', 'void'),
  every('issue', 'export', 'void'),
  every('export', 'issue', 'void'),
  [
    ...every('issue'),
    { do: 'credit' },
    ...every('void'),
    { do: 'dropNote', at: 0 },
    { do: 'dropNote', at: 0 },
    ...every('void'),
  ],
  [
    ...every('issue'),
    { do: 'credit', quantity: 1 },
    { do: 'credit', quantity: 4 },
    { do: 'patchNote', at: 0, quantity: 5 },
    { do: 'patchNote', at: 0, quantity: 2 },
    { do: 'issueNote', at: 0 },
    { do: 'issueNote', at: 0 },
    { do: 'dropNote', at: 0 },
    { do: 'patchNote', at: 0, quantity: 1 },
    { do: 'credit', quantity: 1 },
    { do: 'credit' },
    { do: 'issueNote', at: 2 },
    { do: 'issueNote', at: 1 },
    { do: 'credit' },
    { do: 'cancel', replace: false },
  ],
  [
    ...every('issue'),
    { do: 'credit', quantity: 1 },
    { do: 'credit', quantity: 1 },
    { do: 'issueNote', at: 1 },
    { do: 'issueNote', at: 0 },
  ],
  [
    ...every('issue'),
    { do: 'pay', amount: 5_405 },
    { do: 'takeBack', at: 0, amount: 5_406 },
    { do: 'takeBack', at: 0, amount: 5_405 },
    ...every('void'),
    { do: 'pay', amount: 12_000 },
    { do: 'cancel', replace: true },
    ...every('void'),
  ],
  [
    ...every('issue'),
    { do: 'writeOff', amount: 100 },
    { do: 'pay', amount: 100 },
    { do: 'writeOff', amount: 12_000 },
    { do: 'writeOff' },
    { do: 'writeOff' },
    { do: 'reverse', at: 1 },
    { do: 'reverse', at: 1 },
    { do: 'reverse', at: 2 },
    { do: 'reverse', at: 0 },
    { do: 'pay', amount: 12_000 },
    { do: 'reverse', at: 3 },
  ],
  [
    { do: 'issueNote', at: 0 },
    { do: 'dropNote', at: 0 },
    { do: 'patchNote', at: 0, quantity: 1 },
    { do: 'takeBack', at: 0, amount: 1 },
    { do: 'reverse', at: 0 },
  ],
]

const REACHED = [
  'ok',
  'not_found',
  'not_issued',
  'version_conflict',
  'write_off_exceeds_open',
  'over_unallocation',
  'adjustment_reversed',
  'credit_exceeds_invoice',
  ...['sent', 'allocated', 'credited', 'exported'].map((because) => `use_credit_note ${because}`),
  ...['sent', 'void', 'credited'].map((to) => `invalid_transition draft to ${to}`),
  ...['draft', 'dropped', 'issued'].map((to) => `invalid_transition issued to ${to}`),
  ...['draft', 'dropped', 'issued', 'sent', 'void', 'credited', 'paid'].map((to) => `invalid_transition void to ${to}`),
  ...['draft', 'issued', 'void', 'gone'],
  ...['open', 'partially_paid', 'paid', 'credited', 'written_off'].map((status) => `is ${status}`),
]

test('whatever is done with an invoice, it is what the rules say', async (t) => {
  const seen = new Set<string>()
  await t.notThrowsAsync(
    fc.assert(
      fc.asyncProperty(life, (actions) => live(actions, seen)),
      { numRuns: 40, examples: LIVES.map((actions) => [[...actions]]), endOnFailure: true, includeErrorInReport: true },
    ),
  )
  t.deepEqual(
    REACHED.filter((each) => !seen.has(each)),
    [],
  )
})
