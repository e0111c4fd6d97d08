import type { DisputeState, Processor, ProcessorEvent, Subject } from '@kontor/processors'

/** The processors that tell by themselves. */
export const TELLING = ['stripe', 'paypal'] as const satisfies readonly Processor['name'][]
export type Telling = (typeof TELLING)[number]

/** What became of an event: nothing yet, all that follows from it, or nothing follows. */
export type EventState = 'received' | 'handled' | 'ignored'

/** What a processor told, as it is stored. */
export interface KeptEvent {
  readonly id: string
  readonly tenant_id: string
  readonly mode: 'test' | 'live'
  readonly processor: Telling
  readonly event_reference: string
  readonly type: string
  readonly kind: Subject['kind']
  readonly reference: string | null
  readonly charge_reference: string | null
  readonly dispute_state: DisputeState | null
  readonly amount_minor: bigint | null
  readonly currency: string | null
  readonly dispute_reason: string | null
  readonly occurred_at: Date
  readonly received_at: Date
  readonly state: EventState
  readonly failures: number
  readonly failure: string | null
  readonly settled_at: Date | null
}

/** What of an event is kept: what it is about. What it says of that is asked for again, save of a dispute. */
export type Told = Omit<
  KeptEvent,
  'id' | 'tenant_id' | 'mode' | 'processor' | 'received_at' | 'state' | 'failures' | 'failure' | 'settled_at'
>

/** Ids of a processor are short and printable; whatever is not is none. */
const ID = /^[\x21-\x7e]{1,255}$/
const idIn = (text: string | undefined): string | null => (text !== undefined && ID.test(text) ? text : null)

/** @returns `undefined` for an event whose id is none: nobody could tell when it comes again. */
export function toldBy({ id, type, occurredAt, subject }: ProcessorEvent): Told | undefined {
  if (idIn(id) === null) return undefined
  return {
    event_reference: id,
    type: /^[\w.-]{1,100}$/.test(type) ? type : 'unreadable',
    occurred_at: occurredAt,
    dispute_state: null,
    amount_minor: null,
    currency: null,
    dispute_reason: null,
    ...factsOf(subject),
  }
}

type Facts = Pick<Told, 'kind' | 'reference' | 'charge_reference'> & Partial<Told>

function factsOf(subject: Subject): Facts {
  const { kind } = subject
  switch (kind) {
    case 'charge':
      return { kind, reference: idIn(referenceOf(subject.charge)), charge_reference: null }
    case 'refund':
      return { kind, reference: idIn(referenceOf(subject.refund)), charge_reference: idIn(subject.charge) }
    case 'dispute':
      return {
        kind,
        reference: idIn(subject.dispute),
        charge_reference: idIn(subject.charge),
        dispute_state: subject.state,
        amount_minor: subject.amount?.minor ?? null,
        currency: subject.amount?.currency ?? null,
        dispute_reason: subject.reason ?? null,
      }
    case 'registration':
      return { kind, reference: idIn(subject.registration), charge_reference: null }
    case 'other':
      return { kind, reference: null, charge_reference: null }
  }
}

const referenceOf = (outcome: object): string | undefined => (outcome as { reference?: string }).reference
