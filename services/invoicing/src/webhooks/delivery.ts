import { formatId, type IdPrefix } from '@kontor/ids'
import type { Static } from 'typebox'
import type { DeliveryWire } from './schema.ts'

export type DeliveryState = 'pending' | 'delivered' | 'dead'

/** An event on its way to an endpoint. */
export interface Delivery {
  readonly event_id: string
  readonly source: 'invoicing' | 'vault'
  readonly type: string
  readonly account_id: string | null
  readonly object_kind: IdPrefix
  readonly object_id: string
  readonly object_version: number
  readonly event_at: Date
  readonly state: DeliveryState
  readonly attempts: number
  readonly next_attempt_at: Date
  readonly expires_at: Date
  readonly last_attempt_at: Date | null
  readonly last_status: number | null
  readonly last_failure: string | null
  readonly ended_at: Date | null
}

export function deliveryToWire(delivery: Delivery): Static<typeof DeliveryWire> {
  const pending = delivery.state === 'pending'
  return {
    event_id: formatId('evt', delivery.event_id),
    type: delivery.type,
    object_id: formatId(delivery.object_kind, delivery.object_id),
    object_version: delivery.object_version,
    state: delivery.state,
    attempts: delivery.attempts,
    next_attempt_at: pending ? delivery.next_attempt_at.toISOString() : null,
    last_attempt_at: delivery.last_attempt_at?.toISOString() ?? null,
    last_status: delivery.last_status,
    last_failure: delivery.last_failure,
    ended_at: delivery.ended_at?.toISOString() ?? null,
  }
}

/** What is told of an event: ids and a version. The same at every attempt, so that a message is known again. */
export function messageBody(delivery: Delivery, mode: 'test' | 'live'): string {
  return JSON.stringify({
    type: delivery.type,
    timestamp: delivery.event_at.toISOString(),
    data: {
      event_id: formatId('evt', delivery.event_id),
      account_id: delivery.account_id && formatId('acc', delivery.account_id),
      object_id: formatId(delivery.object_kind, delivery.object_id),
      object_version: delivery.object_version,
      mode,
    },
  })
}
