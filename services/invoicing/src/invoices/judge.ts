import type { Principal } from '@kontor/http-api'
import { bucketOf, parseId } from '@kontor/ids'
import type { Static } from 'typebox'
import type { Deps } from '../deps.ts'
import { type JudgedDraft, judgeDraft } from '../documents/draft.ts'
import { CorrectionNotAllowed, UnknownReference } from '../documents/errors.ts'
import { refuseOwn } from '../documents/preceding.ts'
import { findDocument } from '../documents/repo.ts'
import type { CreateInvoice } from './schema.ts'

/** An invoice form that passed every rule, with the invoice of ours that it corrects. */
export interface JudgedInvoice {
  readonly judged: JudgedDraft
  readonly correctsId: string | null
}

/**
 * Reads an order form as an invoice, and finds what it corrects.
 *
 * @throws {CorrectionNotAllowed | OwnInvoice | UnknownReference | DomainError} Naming the field.
 */
export async function judgeInvoice(
  deps: Deps,
  actor: Principal,
  { corrects_id, ...form }: Static<typeof CreateInvoice>,
): Promise<JudgedInvoice> {
  if (corrects_id !== undefined && (form.type_code !== '384' || form.preceding_invoice !== undefined))
    throw new CorrectionNotAllowed().at('/corrects_id')
  const judged = await judgeDraft(deps, actor, form)
  const { account, issuer } = judged
  if (form.preceding_invoice !== undefined) await refuseOwn(deps, actor, issuer.id, form.preceding_invoice.number)
  if (corrects_id === undefined) return { judged, correctsId: null }
  const correctsId = parseId('inv', corrects_id)
  const isNear = bucketOf(correctsId) === bucketOf(account.id)
  const found = isNear ? await findDocument(deps.database, actor, 'invoice', correctsId) : undefined
  const fits = found?.account_id === account.id && found.issuer_id === issuer.id && found.currency === form.currency
  if (!fits || found.number === null || found.issue_on === null)
    throw new UnknownReference('invoice').at('/corrects_id')
  const preceding_invoice = { number: found.number, issued_on: found.issue_on }
  return { judged: { ...judged, content: { ...judged.content, preceding_invoice } }, correctsId }
}
