import { formatId } from '@kontor/ids'
import type { Static } from 'typebox'
import type { PostalAddress } from '../issuers/issuer.ts'
import type { AccountWire, CreateAccount } from './schema.ts'

/** One customer's account as it is stored. */
export interface Account {
  readonly id: string
  readonly mode: 'test' | 'live'
  readonly external_id: string | null
  readonly customer_number: string
  readonly kind: 'person' | 'company'
  readonly name: string
  readonly trading_name: string | null
  readonly contact_name: string | null
  readonly legal_id: string | null
  readonly vat_id: string | null
  readonly email: string | null
  readonly phone: string | null
  readonly language: 'de' | 'en'
  readonly billing_address: PostalAddress
  readonly delivery_address: PostalAddress | null
  readonly endpoint: { scheme: string; id: string } | null
  readonly version: number
  readonly created_at: Date
}

export function toWire(account: Account): Static<typeof AccountWire> {
  const { id, created_at, ...rest } = account
  return { id: formatId('acc', id), ...rest, created_at: created_at.toISOString() }
}

/** The stored form of a request. */
export function fromRequest(
  body: Static<typeof CreateAccount>,
): Omit<Account, 'id' | 'mode' | 'customer_number' | 'version' | 'created_at'> {
  return {
    external_id: body.external_id ?? null,
    kind: body.kind,
    name: body.name,
    trading_name: body.trading_name ?? null,
    contact_name: body.contact_name ?? null,
    legal_id: body.legal_id ?? null,
    vat_id: body.vat_id ?? null,
    email: body.email ?? null,
    phone: body.phone ?? null,
    language: body.language ?? 'de',
    billing_address: body.billing_address,
    delivery_address: body.delivery_address ?? null,
    endpoint: body.endpoint ?? null,
  }
}
