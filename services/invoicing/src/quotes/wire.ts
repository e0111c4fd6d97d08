import { createHash } from 'node:crypto'
import { formatId } from '@kontor/ids'
import type { Static } from 'typebox'
import type { Document } from '../documents/document.ts'
import { NotIssued } from '../documents/errors.ts'
import { documentToWire } from '../documents/wire.ts'
import { type QuoteLife, stateOf } from './life.ts'
import { billionths, decimal } from './parts.ts'
import type { QuoteWire } from './schema.ts'

/** @param now To tell whether it has expired. */
export function quoteToWire(quote: Document, life: QuoteLife, now: Date): Static<typeof QuoteWire> {
  const { step, revision, revisesId, invoiceIds } = life
  const ended = step && step.step !== 'accepted' ? step : undefined
  const invoices = invoiceIds.map((id) => formatId('inv', id))
  return {
    id: formatId('quo', quote.id),
    state: stateOf(quote, step, now),
    valid_until: quote.content.valid_until ?? null,
    revision,
    revises_id: revisesId === null ? null : formatId('quo', revisesId),
    superseded_by: step?.superseded_by ? formatId('quo', step.superseded_by) : null,
    acceptance: acceptanceOf(life),
    ended_at: ended?.at.toISOString() ?? null,
    reason: ended?.reason ?? null,
    conversion: conversionOf(life),
    invoice_id: invoices[0] ?? null,
    invoice_ids: invoices,
    ...documentToWire(quote),
  }
}

function acceptanceOf({ step }: QuoteLife): Static<typeof QuoteWire>['acceptance'] {
  if (!step?.terms_hash) return null
  const { accepted_by_name: name, accepted_by_role: role } = step
  return {
    accepted_at: step.at.toISOString(),
    accepted_by: name === null ? null : { name, ...(role === null ? {} : { role }) },
    from_address: step.from_address,
    note: step.note,
    terms_hash: step.terms_hash,
  }
}

function conversionOf({ step, lines, invoiceIds }: QuoteLife): Static<typeof QuoteWire>['conversion'] {
  if (step?.step !== 'accepted') return null
  const counted = lines.map((line) => ({
    ...line,
    remaining: decimal(billionths(line.quoted) - billionths(line.converted)),
  }))
  const whole = invoiceIds.length > 0 && counted.every(({ remaining }) => remaining === '0')
  return { status: whole ? 'whole' : invoiceIds.length > 0 ? 'partial' : 'none', lines: counted }
}

/**
 * What an issued quote says, as the bytes that its acceptance is bound to: the canonical snapshot (RFC 8785), a line feed, the number.
 *
 * @throws {NotIssued} A draft says nothing yet.
 */
export function termsOf({ snapshot, number }: Document): string {
  if (snapshot === null || number === null) throw new NotIssued()
  return `${snapshot}\n${number}`
}

export const hashOf = (terms: string): Buffer => createHash('sha256').update(terms).digest()
