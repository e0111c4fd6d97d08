import { expiryOf, HOLDERS, type InstrumentValue } from './instrument.ts'

export type OnDuplicate = 'create' | 'return_existing' | 'update' | 'reject'

export interface Tokenize {
  readonly does: 'tokenize'
  readonly idempotencyKey: string
  /** `acc_…`, null for a guest. */
  readonly account: string | null
  readonly instrument: InstrumentValue
  readonly metadata: Readonly<Record<string, string>>
  readonly expiresAtMs: number | null
  readonly onDuplicate: OnDuplicate
  readonly dedupScope: 'account' | 'tenant'
}

/** What a PATCH changes; what is left out stays. */
export interface Change {
  readonly expiry?: number
  readonly holder?: number
  /** Set, or deleted by null. */
  readonly metadata?: Readonly<Record<string, string | null>>
  readonly expiresAtMs?: number | null
}

/** What can be revealed of the instruments of the model, in the words of the wire. */
export type RevealField = 'number' | 'expiry' | 'iban' | 'email' | 'payer_id' | 'holder_name'

export const FIELDS_OF_TYPE: Readonly<Record<InstrumentValue['type'], readonly RevealField[]>> = {
  card: ['number', 'expiry', 'holder_name'],
  bank_account: ['iban', 'holder_name'],
  paypal_account: ['email', 'payer_id', 'holder_name'],
}

/** One request as a client sends it: everything in it is decided. */
export type Request =
  | Tokenize
  | { readonly does: 'read' | 'delete'; readonly token: string }
  | { readonly does: 'reveal'; readonly token: string; readonly fields: readonly RevealField[] }
  | { readonly does: 'list' | 'erase' | 'release'; readonly account: string }
  | { readonly does: 'hold'; readonly account: string; readonly untilMs: number | null }
  | { readonly does: 'patch'; readonly token: string; readonly version: number; readonly change: Change }
  | {
      readonly does: 'attach'
      readonly idempotencyKey: string
      readonly token: string
      readonly account: string
    }

/** What came back. */
export interface Answer {
  readonly status: number
  readonly replayed: boolean
  // biome-ignore lint/suspicious/noExplicitAny: each request has an answer of its own form.
  readonly body: any
}

/** The one purpose that the key of a run may give. */
export const PURPOSE = 'charge'

/** A request in the form of HTTP. */
export interface Http {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly url: string
  readonly body?: object
  readonly headers?: Readonly<Record<string, string>>
}

const instant = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString())

export function toHttp(request: Request): Http {
  switch (request.does) {
    case 'tokenize':
      return {
        method: 'POST',
        url: '/v1/tokens',
        headers: { 'idempotency-key': request.idempotencyKey },
        body: tokenizeBody(request),
      }
    case 'read':
      return { method: 'GET', url: `/v1/tokens/${request.token}` }
    case 'reveal':
      return {
        method: 'POST',
        url: `/v1/tokens/${request.token}/reveal`,
        body: { purpose: PURPOSE, fields: request.fields },
      }
    case 'delete':
      return { method: 'DELETE', url: `/v1/tokens/${request.token}` }
    case 'patch':
      return {
        method: 'PATCH',
        url: `/v1/tokens/${request.token}`,
        headers: { 'if-match': `"${request.version}"` },
        body: patchBody(request.change),
      }
    case 'attach':
      return {
        method: 'POST',
        url: `/v1/tokens/${request.token}/attach`,
        headers: { 'idempotency-key': request.idempotencyKey },
        body: { account_id: request.account },
      }
    case 'list':
      return { method: 'GET', url: `/v1/tokens?account_id=${request.account}&limit=200` }
    case 'erase':
      return { method: 'DELETE', url: `/v1/accounts/${request.account}/data` }
    case 'release':
      return { method: 'DELETE', url: `/v1/accounts/${request.account}/hold` }
    case 'hold':
      return {
        method: 'PUT',
        url: `/v1/accounts/${request.account}/hold`,
        body: { reason: 'dispute', ...(request.untilMs === null ? {} : { until: instant(request.untilMs) }) },
      }
  }
}

function tokenizeBody({ account, instrument, metadata, expiresAtMs, onDuplicate, dedupScope }: Tokenize): object {
  return {
    type: instrument.type,
    [instrument.type]: instrument.member,
    holder: { name: instrument.holder },
    metadata,
    ...(account === null ? {} : { account_id: account }),
    ...(expiresAtMs === null ? {} : { expires_at: instant(expiresAtMs) }),
    ...(onDuplicate === 'create' ? {} : { on_duplicate: onDuplicate }),
    ...(dedupScope === 'account' ? {} : { dedup_scope: dedupScope }),
  }
}

function patchBody({ expiry, holder, metadata, expiresAtMs }: Change): object {
  return {
    ...(expiry === undefined ? {} : { card: expiryOf(expiry) }),
    ...(holder === undefined ? {} : { holder: { name: HOLDERS[holder] } }),
    ...(metadata === undefined ? {} : { metadata }),
    ...(expiresAtMs === undefined ? {} : { expires_at: instant(expiresAtMs) }),
  }
}

/** Within what an Idempotency-Key names one intent: the operation, and the account or parent. */
export function scopeOf(request: Extract<Request, { idempotencyKey: string }>): string {
  const parent = request.does === 'tokenize' ? (request.account ?? 'guest') : request.token
  return `${request.does} ${parent} ${request.idempotencyKey}`
}

/** A request as text that is equal for equal requests alone. */
export function textOf(request: Request): string {
  return JSON.stringify(toHttp(request).body ?? null)
}
