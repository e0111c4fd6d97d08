import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Mode } from '@kontor/http-api'
import { IntegrityViolation } from '@kontor/jose-box'
import type { DeclineReason, InstrumentReference, Processor } from '@kontor/processors'

export type ProcessorName = Processor['name']

/** What came of an attempt to register, as it is told. */
export type Told =
  | { readonly state: 'registered'; readonly reference: InstrumentReference }
  | { readonly state: 'requires_action' | 'pending'; readonly waitingAs: string }
  | { readonly state: 'declined'; readonly reason: DeclineReason }

/** How far an attempt is that tells nothing yet, or never will. */
export type Untold = 'sending' | 'unknown' | 'not_sent' | 'superseded'

/** Whose an attempt is. */
export interface AttemptId {
  /** UUID, in the bucket of the token. */
  readonly id: string
  readonly tenantId: string
  readonly mode: Mode
  readonly tokenId: string
  readonly processor: ProcessorName
}

/** The columns that say what came of it. */
export interface ToldColumns {
  readonly state: Told['state'] | Untold
  readonly waiting_as: string | null
  readonly reference_type: InstrumentReference['type'] | null
  readonly instrument: string | null
  readonly customer: string | null
  readonly mandate: string | null
  readonly decline_reason: DeclineReason | null
  readonly mac: Buffer | null
}

/** @returns What came of an attempt, as columns, with the MAC that ties it to its token. */
export function toColumns(id: AttemptId, told: Told, key: Buffer): ToldColumns {
  const reference = told.state === 'registered' ? told.reference : undefined
  const columns = {
    state: told.state,
    waiting_as: 'waitingAs' in told ? told.waitingAs : null,
    reference_type: reference?.type ?? null,
    instrument: reference?.instrument ?? null,
    customer: reference?.customer ?? null,
    mandate: reference?.mandate ?? null,
    decline_reason: told.state === 'declined' ? told.reason : null,
  }
  return { ...columns, mac: macOf(id, columns, key) }
}

/** The columns of an attempt that tells nothing. */
export const toUntoldColumns = (state: Untold): ToldColumns => ({
  state,
  waiting_as: null,
  reference_type: null,
  instrument: null,
  customer: null,
  mandate: null,
  decline_reason: null,
  mac: null,
})

/**
 * @returns What a row tells; `undefined` for one that tells nothing.
 * @throws {IntegrityViolation} It was not written for this token, or not by the vault.
 */
export function toldBy(id: AttemptId, row: ToldColumns, key: Buffer): Told | undefined {
  if (!isTold(row.state)) return undefined
  const expected = macOf(id, row, key)
  if (row.mac?.length !== expected.length || !timingSafeEqual(expected, row.mac)) throw new IntegrityViolation()
  switch (row.state) {
    case 'registered':
      return {
        state: row.state,
        reference: {
          type: row.reference_type as InstrumentReference['type'],
          instrument: row.instrument as string,
          ...(row.customer !== null && { customer: row.customer }),
          ...(row.mandate !== null && { mandate: row.mandate }),
        },
      }
    case 'declined':
      return { state: row.state, reason: row.decline_reason as DeclineReason }
    default:
      return { state: row.state, waitingAs: row.waiting_as as string }
  }
}

function isTold(state: ToldColumns['state']): state is Told['state'] {
  return state === 'registered' || state === 'requires_action' || state === 'pending' || state === 'declined'
}

function macOf(id: AttemptId, row: Omit<ToldColumns, 'mac'>, key: Buffer): Buffer {
  const said = [
    [id.id, id.tenantId, id.mode, id.tokenId, id.processor],
    [row.state, row.waiting_as, row.reference_type, row.instrument, row.customer, row.mandate, row.decline_reason],
  ]
  return createHmac('sha256', key).update(JSON.stringify(said)).digest()
}
