import { formatId } from '@kontor/ids'
import type { Static } from 'typebox'
import type { WebhookEndpointWire } from './schema.ts'

/** Where a tenant wants to be told what happens. */
export interface WebhookEndpoint {
  readonly id: string
  readonly tenant_id: string
  readonly mode: 'test' | 'live'
  readonly url: string
  readonly event_types: readonly string[]
  readonly state: 'active' | 'disabled' | 'deleted'
  readonly disabled_because: 'asked' | 'gone' | null
  readonly secret_version: number
  readonly overlap_until: Date | null
  readonly silences: number
  readonly paused_until: Date | null
  readonly key_id: string
  readonly version: number
  readonly created_at: Date
}

export function toWire(endpoint: WebhookEndpoint): Static<typeof WebhookEndpointWire> {
  return {
    id: formatId('whk', endpoint.id),
    mode: endpoint.mode,
    url: endpoint.url,
    event_types: [...endpoint.event_types],
    state: endpoint.state === 'active' ? 'active' : 'disabled',
    disabled_because: endpoint.disabled_because,
    secret_version: endpoint.secret_version,
    secret_overlap_until: endpoint.overlap_until?.toISOString() ?? null,
    version: endpoint.version,
    created_at: endpoint.created_at.toISOString(),
  }
}
