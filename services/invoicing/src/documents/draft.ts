import type { Principal } from '@kontor/http-api'
import { bucketOf, parseId } from '@kontor/ids'
import type { DocumentTotals } from '@kontor/money'
import type { Tx } from '@kontor/postgres'
import type { Static, TObject } from 'typebox'
import type { Account } from '../accounts/account.ts'
import { findAccount } from '../accounts/repo.ts'
import type { Deps } from '../deps.ts'
import { recordEvent } from '../events/event.ts'
import type { Issuer } from '../issuers/issuer.ts'
import { findIssuer } from '../issuers/repo.ts'
import { claimExternalId } from '../names/unique-name.ts'
import type { DocumentType } from '../numbering/document-type.ts'
import { refuseCardNumbers } from '../wire/sensitive.ts'
import type { Content, Document } from './document.ts'
import { UnknownReference } from './errors.ts'
import { judgeForm } from './form-rules.ts'
import { insertDraft } from './repo.ts'
import type { documentFields } from './schema.ts'

/** The order form as it came over the wire, with what quotes or invoices add to it. */
export type OrderForm = Static<TObject<typeof documentFields>> & { type_code?: string; valid_until?: string }

/** A draft that passed every rule, ready to be written. */
export interface JudgedDraft {
  readonly account: Account
  readonly issuer: Issuer
  readonly content: Content
  readonly totals: DocumentTotals
  readonly form: OrderForm
}

/** What of a judged draft is written. */
export interface WrittenDraft extends Pick<JudgedDraft, 'content' | 'totals'> {
  readonly account: Pick<Account, 'id'>
  readonly issuer: Pick<Issuer, 'id'>
  readonly form: Pick<OrderForm, 'external_id' | 'token_id' | 'currency' | 'issue_on' | 'due_on'>
}

/**
 * Reads an order form, finds what it names and checks every rule, before anything is written.
 *
 * @throws {DomainError} 422 naming the field; 410 for a token that is gone; 503 while the vault is down.
 */
export async function judgeDraft(deps: Deps, actor: Principal, form: OrderForm): Promise<JudgedDraft> {
  refuseCardNumbers(form)
  const [account, issuer] = await Promise.all([
    findAccount(deps.database, actor, parseId('acc', form.account_id)),
    findIssuer(deps.database, actor, parseId('iss', form.issuer_id)),
  ])
  if (!account) throw new UnknownReference('account').at('/account_id')
  if (!issuer) throw new UnknownReference('issuer').at('/issuer_id')
  const { account_id, issuer_id, external_id, currency, issue_on, due_on, token_id, type_code, ...fields } = form
  const totals = judgeForm({ currency, issue_on: issue_on ?? null, due_on: due_on ?? null, content: fields })
  if (token_id === undefined) return { account, issuer, content: fields, totals, form }
  const instrument = await instrumentOf(deps, actor, account.id, token_id)
  return { account, issuer, content: { ...fields, instrument }, totals, form }
}

/**
 * @returns The masked values of an instrument, to be printed.
 * @throws {UnknownReference} Neither the account's nor a token at all.
 */
export async function instrumentOf(
  deps: Deps,
  actor: Principal,
  accountId: string,
  tokenId: string,
): Promise<NonNullable<Content['instrument']>> {
  const instrument = await deps.findInstrument(actor, parseId('tok', tokenId))
  if (!instrument || instrument.accountId !== accountId) throw new UnknownReference('token').at('/token_id')
  const { type, display } = instrument
  return { type, display }
}

/** Writes a draft with its event. */
export async function writeDraft(
  deps: Deps,
  tx: Tx,
  actor: Principal,
  kind: {
    readonly type: DocumentType
    readonly typeCode: string
    readonly quoteId: string | null
    readonly correctsId?: string | null
  },
  judged: WrittenDraft,
): Promise<Document> {
  const { account, issuer, content, totals, form } = judged
  const bucket = bucketOf(account.id)
  const at = deps.now()
  const id = deps.newId(bucket)
  const draft: Document = {
    id,
    mode: actor.mode,
    document_type: kind.type,
    type_code: kind.typeCode,
    state: 'draft',
    issuer_id: issuer.id,
    account_id: account.id,
    // Which one it is depends on the day it is issued on.
    series_id: null,
    external_id: form.external_id ?? null,
    quote_id: kind.quoteId,
    corrects_id: kind.correctsId ?? null,
    proforma_id: null,
    token_id: form.token_id === undefined ? null : parseId('tok', form.token_id),
    currency: form.currency,
    net_minor: totals.netMinor,
    vat_minor: totals.vatMinor,
    gross_minor: totals.grossMinor,
    payable_minor: totals.payableMinor,
    issue_on: form.issue_on ?? null,
    due_on: form.due_on ?? null,
    content,
    number: null,
    snapshot: null,
    issued_at: null,
    version: 1,
    created_at: at,
  }
  await claimExternalId(tx, { ...actor, kind: kind.type, value: form.external_id }, id)
  await insertDraft(tx, actor, draft)
  await recordEvent(tx, actor, {
    id: deps.newId(bucket),
    type: `${kind.type}.created`,
    accountId: account.id,
    objectId: id,
    objectVersion: 1,
    at,
  })
  return draft
}
