import { formatId } from '@kontor/ids'
import { dayIn } from '../documents/calendar.ts'
import type { Document } from '../documents/document.ts'
import { InvalidTransition } from '../documents/errors.ts'
import type { Snapshot } from '../documents/snapshot.ts'
import { QuoteExpired, QuoteSuperseded } from './errors.ts'

export type QuoteState = 'draft' | 'sent' | 'accepted' | 'declined' | 'expired' | 'cancelled' | 'superseded'

/** What somebody wants of a quote, named after what it would become. `converted` is no state: an accepted quote stays accepted. */
export type QuoteGoal = QuoteState | 'converted'

/** The one step that ends the negotiation about a quote. */
export interface QuoteStep {
  readonly step: 'accepted' | 'declined' | 'cancelled' | 'superseded'
  readonly at: Date
  readonly reason: string | null
  readonly accepted_by_name: string | null
  readonly accepted_by_role: string | null
  readonly from_address: string | null
  readonly note: string | null
  /** Hexadecimal; null unless accepted. */
  readonly terms_hash: string | null
  readonly superseded_by: string | null
}

/** How much of a line was made into invoices; decimal texts. */
export interface LineProgress {
  readonly line: number
  readonly quoted: string
  readonly converted: string
}

/** Everything about a quote that happens beside its document, which does not change. */
export interface QuoteLife {
  readonly step: QuoteStep | undefined
  /** 1 unless it revises another one. */
  readonly revision: number
  readonly revisesId: string | null
  /** Empty before it is accepted. */
  readonly lines: readonly LineProgress[]
  readonly invoiceIds: readonly string[]
}

export const UNTOUCHED: QuoteLife = { step: undefined, revision: 1, revisesId: null, lines: [], invoiceIds: [] }

/** What may become of a quote. A revision may still take the place of one that was declined or has expired, without changing its state. */
const ALLOWED: Readonly<Record<QuoteState, readonly QuoteGoal[]>> = {
  draft: ['sent'],
  sent: ['accepted', 'declined', 'expired', 'cancelled', 'superseded'],
  accepted: ['converted'],
  declined: ['superseded'],
  expired: ['superseded'],
  cancelled: [],
  superseded: [],
}

/** Where a quote stands. That it expired is nobody's doing, so it is computed, and a step that came in time stays. */
export function stateOf(quote: Document, step: QuoteStep | undefined, now: Date): QuoteState {
  if (quote.state === 'draft') return 'draft'
  return step?.step ?? (isExpired(quote, now) ? 'expired' : 'sent')
}

/** The day of the issuer counts, in the time zone it had when it sent the quote. */
function isExpired({ content, snapshot }: Document, now: Date): boolean {
  if (content.valid_until === undefined || snapshot === null) return false
  const { issuer } = JSON.parse(snapshot) as Snapshot
  return content.valid_until < dayIn(issuer.time_zone, now)
}

/**
 * Decides whether something may become of a quote.
 *
 * @throws {QuoteSuperseded | QuoteExpired | InvalidTransition}
 */
export function mustAllow(quote: Document, step: QuoteStep | undefined, goal: QuoteGoal, now: Date): void {
  const state = stateOf(quote, step, now)
  if (ALLOWED[state].includes(goal)) return
  if (step?.superseded_by) throw new QuoteSuperseded(formatId('quo', step.superseded_by))
  if (state === 'expired' && goal !== 'sent') throw new QuoteExpired(quote.content.valid_until ?? '')
  // That a quote expires is nobody's to bring about.
  throw new InvalidTransition(
    state,
    goal,
    ALLOWED[state].filter((next) => next !== 'expired'),
  )
}
