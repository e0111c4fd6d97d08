import { invoicingApi } from '../invoicing-access.ts'
import { Sentence } from '../sentence.ts'
import { layOutTable } from '../terminal/table.ts'
import { shownAmount } from './amount.ts'
import type { Command } from './command.ts'
import { findAccountId } from './look-up.ts'
import { namedId } from './named-id.ts'

export interface DisputeListOptions {
  readonly charge?: string
  readonly account?: string
  readonly state?: string
  readonly limit?: string
}

interface DisputeWire {
  readonly id: string
  readonly charge_id: string
  readonly processor: string
  readonly reference: string
  readonly state: string
  readonly amount_minor: number | null
  readonly currency: string | null
  readonly reason: string | null
  readonly missing_minor: number
  readonly refunded_minor: number
  readonly needs_attention: boolean
  readonly occurred_at: string
}

interface StepWire {
  readonly state: string
  readonly occurred_at: string
  readonly chargeback_id: string | null
  readonly payment_id: string | null
  readonly amount_minor: number | null
}

const LOOK = 'The books do not follow by themselves: see docs/processors.md.'
const STATES = ['inquiry', 'needs_response', 'under_review', 'won', 'lost', 'closed']

/** `kontor dispute list`: what payers object to. */
export async function listDisputes(command: Command, options: DisputeListOptions): Promise<number> {
  const { limit = '50', state } = options
  if (!/^([1-9][0-9]?|1[0-9]{2}|200)$/.test(limit)) throw new Sentence('--limit takes a number from 1 to 200.')
  if (state !== undefined && !STATES.includes(state)) throw new Sentence(`--state takes one of ${STATES.join(', ')}.`)
  const charge = options.charge && namedId('chg', options.charge, 'A charge is named by its id, chg_….')
  const api = await invoicingApi(command)
  const query = new URLSearchParams({
    limit,
    ...(charge !== undefined && { charge_id: charge }),
    ...(options.account !== undefined && { account_id: await findAccountId(api, options.account) }),
    ...(state !== undefined && { state }),
  })
  const page = await api.get<{ data: readonly DisputeWire[]; has_more: boolean }>(`/v1/disputes?${query}`)
  const columns = [
    { title: 'Dispute', value: ({ id }: DisputeWire) => id },
    { title: 'Charge', value: ({ charge_id }: DisputeWire) => charge_id },
    { title: 'Processor', value: ({ processor }: DisputeWire) => processor },
    { title: 'Amount', value: amountOf, align: 'right' },
    { title: 'State', value: (one: DisputeWire) => `${one.state}${one.needs_attention ? ', look at it' : ''}` },
  ] as const
  command.screen.result(page, [
    ...(page.data.length > 0 ? layOutTable(columns, page.data) : ['There is none.']),
    ...(page.has_more ? ['', 'There are more: say a larger --limit, a --charge, an --account or a --state.'] : []),
  ])
  return 0
}

/** `kontor dispute show`: a dispute, and how it came to its state. */
export async function showDispute(command: Command, text: string): Promise<number> {
  const id = namedId('dsp', text, 'A dispute is named by its id, dsp_….')
  const api = await invoicingApi(command)
  const dispute = await api.get<DisputeWire & { readonly steps: readonly StepWire[] }>(`/v1/disputes/${id}`)
  const { currency, missing_minor, refunded_minor, reason } = dispute
  const columns = [
    { title: 'At', value: ({ occurred_at }: StepWire) => occurred_at },
    { title: 'State', value: ({ state }: StepWire) => state },
    {
      title: 'Moved',
      value: ({ amount_minor }: StepWire) =>
        amount_minor === null || currency === null ? '' : shownAmount(amount_minor, currency),
      align: 'right',
    },
    { title: 'As', value: ({ chargeback_id, payment_id }: StepWire) => chargeback_id ?? payment_id ?? '' },
  ] as const
  command.screen.result(dispute, [
    `${dispute.id}: ${amountOf(dispute)} of ${dispute.charge_id}, ${dispute.processor} ${dispute.reference}, ${dispute.state}${reason === null ? '' : ` (${reason})`}.`,
    ...(missing_minor > 0 && currency !== null
      ? [`${shownAmount(missing_minor, currency)} of it the payment had not left any more.`]
      : []),
    ...(refunded_minor > 0 && currency !== null
      ? [`${shownAmount(refunded_minor, currency)} of it is booked as a refund.`]
      : []),
    ...(dispute.needs_attention ? [LOOK] : []),
    '',
    ...layOutTable(columns, dispute.steps),
  ])
  return 0
}

const amountOf = ({ amount_minor, currency }: DisputeWire): string =>
  amount_minor === null || currency === null ? 'an unknown amount' : shownAmount(amount_minor, currency)
