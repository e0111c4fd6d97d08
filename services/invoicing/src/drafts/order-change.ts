import type { Principal } from '@kontor/http-api'
import { parseId } from '@kontor/ids'
import type { Static } from 'typebox'
import type { Deps } from '../deps.ts'
import type { Content, Document } from '../documents/document.ts'
import { instrumentOf } from '../documents/draft.ts'
import { CorrectionNotAllowed } from '../documents/errors.ts'
import { judgeForm } from '../documents/form-rules.ts'
import { refuseOwn } from '../documents/preceding.ts'
import { refuseCardNumbers } from '../wire/sensitive.ts'
import type { DraftChange } from './repo.ts'
import type { PatchInvoice, PatchQuote } from './schema.ts'

export type OrderChanges = Static<typeof PatchQuote> & Static<typeof PatchInvoice>

/** What of a draft an order form gives, in its words. */
type OrderFields = Content & Pick<DraftChange, 'currency' | 'type_code'> & { issue_on?: string; due_on?: string }

/** A draft with its changes, not yet added up. */
export interface ChangedOrder extends Pick<DraftChange, 'currency' | 'type_code' | 'token_id' | 'issue_on' | 'due_on'> {
  /** Without the instrument. */
  readonly content: Content
  /** What is printed of the token. */
  readonly instrument: Content['instrument']
}

/**
 * Puts changes into the order that a draft was made from, and judges the whole again. What the draft of a quote comes to is judged
 * once it is known what of the quote it takes.
 *
 * @throws {DomainError} 422 naming the field; 410 for a token that is gone; 503 while the vault is down.
 */
export async function judgeOrderChange(
  deps: Deps,
  actor: Principal,
  document: Document,
  { token_id, ...changes }: OrderChanges,
): Promise<ChangedOrder> {
  refuseCardNumbers(changes)
  if (changes.preceding_invoice) {
    if (document.corrects_id !== null) throw new CorrectionNotAllowed().at('/preceding_invoice')
    await refuseOwn(deps, actor, document.issuer_id, changes.preceding_invoice.number)
  }
  const { currency, issue_on = null, due_on = null, type_code, ...content } = mergeInto(document, changes)
  if (document.quote_id === null) judgeForm({ currency, issue_on, due_on, content })
  const instrument = token_id
    ? await instrumentOf(deps, actor, document.account_id, token_id)
    : token_id === null
      ? undefined
      : document.content.instrument
  const kept = token_id === undefined ? document.token_id : null
  const tokenId = token_id ? parseId('tok', token_id) : kept
  return { content, currency, type_code, issue_on, due_on, token_id: tokenId, instrument }
}

/**
 * Adds a changed draft up.
 *
 * @throws {DomainError} 422 naming the field.
 */
export function changeOf(document: Document, { content, instrument, ...changed }: ChangedOrder): DraftChange {
  const { currency, issue_on, due_on } = changed
  const totals = judgeForm({ currency, issue_on, due_on, content })
  return {
    ...changed,
    net_minor: totals.netMinor,
    vat_minor: totals.vatMinor,
    gross_minor: totals.grossMinor,
    payable_minor: totals.payableMinor,
    content: { ...content, ...(instrument ? { instrument } : {}) },
    version: document.version + 1,
  }
}

/** What is given replaces, null takes away, what is left out stays. */
function mergeInto(
  { content: { instrument, ...content }, currency, issue_on, due_on, type_code }: Document,
  changes: Omit<OrderChanges, 'token_id'>,
): Omit<OrderFields, 'instrument'> {
  const merged = { ...content, currency, issue_on, due_on, type_code, ...changes }
  return Object.fromEntries(
    Object.entries(merged).filter(([, value]) => value !== null && value !== undefined),
  ) as unknown as OrderFields
}
