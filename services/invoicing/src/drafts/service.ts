import { NotFound, type Principal } from '@kontor/http-api'
import { bucketOf, formatId } from '@kontor/ids'
import { type Db, type Tx, withTransaction } from '@kontor/postgres'
import type { Static } from 'typebox'
import type { Deps } from '../deps.ts'
import { checkDay } from '../documents/calendar.ts'
import type { Content, Document } from '../documents/document.ts'
import { InvalidTransition } from '../documents/errors.ts'
import { findDocument, lockDocument } from '../documents/repo.ts'
import { recordEvent } from '../events/event.ts'
import { LOCK_WAIT_MS } from '../idempotency/once.ts'
import { releaseExternalId } from '../names/unique-name.ts'
import type { DocumentType } from '../numbering/document-type.ts'
import { VersionConflict } from '../wire/if-match.ts'
import { refuseCardNumbers } from '../wire/sensitive.ts'
import { PaidFor } from './errors.ts'
import { changeOf, judgeOrderChange, type OrderChanges } from './order-change.ts'
import * as repo from './repo.ts'
import type { PatchCreditNote } from './schema.ts'

/** Shares out anew what a credit note draft takes of its invoice, which is held until commit. */
export type RecreditDraft = (
  tx: Tx,
  actor: Principal,
  note: Document,
  change: Pick<Static<typeof PatchCreditNote>, 'lines' | 'reason' | 'issue_on'>,
) => Promise<Omit<repo.DraftChange, 'version' | 'type_code' | 'token_id' | 'currency' | 'due_on'>>

/** How an invoice draft changes that was made from a quote, in step with what it takes of the quote. */
export interface QuotedDrafts {
  /** Holds the quote. */
  readonly hold: (tx: Tx, actor: Principal, quoteId: string) => Promise<void>
  /** @returns What the draft says, once it has taken its part of the quote anew. */
  readonly retake: (
    tx: Tx,
    actor: Principal,
    draft: Document,
    changed: { readonly currency: string; readonly content: Content },
  ) => Promise<Content>
}

/** Where documents of each type stand, in the words of the wire. */
export type WireStates = Readonly<Record<DocumentType, (db: Db, document: Document) => Promise<string>>>

export interface DraftNeeds {
  readonly recredit: RecreditDraft
  readonly quoted: QuotedDrafts
  readonly stateOf: WireStates
}

/** What a document that is no draft any more can become here. */
const ALLOWED: readonly string[] = []

export function drafts(deps: Deps, { recredit, quoted, stateOf }: DraftNeeds) {
  const { database } = deps

  /** @throws {InvalidTransition} No draft any more. */
  async function mustBeDraft(db: Db, document: Document, to: 'draft' | 'dropped'): Promise<void> {
    if (document.state === 'draft') return
    throw new InvalidTransition(await stateOf[document.document_type](db, document), to, ALLOWED)
  }

  /** @throws {PaidFor} What the draft says was paid already. */
  function refuseSettled({ proforma_id }: Document): void {
    if (proforma_id !== null) throw new PaidFor(formatId('pro', proforma_id))
  }

  async function write(
    actor: Principal,
    type: DocumentType,
    id: string,
    version: number,
    changeOf: (tx: Tx, draft: Document) => Promise<repo.DraftChange>,
    quoteId: string | null = null,
  ): Promise<void> {
    await withTransaction(
      database.knex,
      async (tx) => {
        // A quote is older than the drafts that are made from it, and is held first, as whoever converts it holds it.
        if (quoteId !== null) await quoted.hold(tx, actor, quoteId)
        const draft = await lockDocument(tx, actor, type, id)
        if (!draft) throw new NotFound(type)
        await mustBeDraft(tx, draft, 'draft')
        refuseSettled(draft)
        if (draft.version !== version) throw new VersionConflict()
        const change = await changeOf(tx, draft)
        await repo.updateDraft(tx, id, change)
        await happened(tx, actor, draft, 'updated', change.version)
      },
      { lockTimeoutMs: LOCK_WAIT_MS },
    )
  }

  const happened = (tx: Tx, actor: Principal, draft: Document, what: 'updated' | 'dropped', objectVersion: number) =>
    recordEvent(tx, actor, {
      id: deps.newId(bucketOf(draft.id)),
      type: `${draft.document_type}.${what}`,
      accountId: draft.account_id,
      objectId: draft.id,
      objectVersion,
      at: deps.now(),
    })

  return {
    /**
     * Changes the order that a draft quote or invoice was made from. An invoice that was made from a quote stays within it.
     *
     * @throws {InvalidTransition} Issued.
     * @throws {PaidFor} A paid proforma became it.
     * @throws {VersionConflict} No longer at `version`.
     */
    async changeOrder(
      actor: Principal,
      type: 'quote' | 'invoice',
      id: string,
      version: number,
      changes: OrderChanges,
    ): Promise<void> {
      // Judged as it was read: the vault is asked outside of the transaction, which finds out whether it is still so.
      const draft = await findDocument(database, actor, type, id)
      if (!draft) throw new NotFound(type)
      await mustBeDraft(database.knex, draft, 'draft')
      refuseSettled(draft)
      if (draft.version !== version) throw new VersionConflict()
      const changed = await judgeOrderChange(deps, actor, draft, changes)
      const change = async (tx: Tx, held: Document) =>
        changeOf(
          held,
          held.quote_id === null ? changed : { ...changed, content: await quoted.retake(tx, actor, held, changed) },
        )
      await write(actor, type, id, version, change, draft.quote_id)
    },

    /**
     * Changes what a draft credit note takes of its invoice, or why.
     *
     * @throws {CreditExceedsInvoice} The other credit notes leave less. The draft stays as it was.
     */
    async changeCredit(
      actor: Principal,
      id: string,
      version: number,
      body: Static<typeof PatchCreditNote>,
    ): Promise<void> {
      refuseCardNumbers(body)
      checkDay(body.issue_on, '/issue_on')
      // The draft is held before its invoice, as the draw holds them.
      await write(actor, 'credit_note', id, version, async (tx, note) => ({
        type_code: note.type_code,
        token_id: note.token_id,
        currency: note.currency,
        due_on: note.due_on,
        ...(await recredit(tx, actor, note, body)),
        version: note.version + 1,
      }))
    },

    /**
     * Drops a draft: it is gone, its events stay, and its external id and what it reserved are free; what it took of a quote comes back, by
     * the foreign key. Again, it does nothing.
     *
     * @throws {InvalidTransition} Issued.
     * @throws {PaidFor} The draft that a paid proforma became: the money is there.
     */
    async drop(actor: Principal, type: DocumentType, id: string): Promise<void> {
      await withTransaction(
        database.knex,
        async (tx) => {
          const draft = await lockDocument(tx, actor, type, id)
          if (!draft) {
            if (await repo.wasDropped(tx, actor, type, id)) return
            throw new NotFound(type)
          }
          await mustBeDraft(tx, draft, 'dropped')
          refuseSettled(draft)
          await repo.deleteDraft(tx, id)
          await releaseExternalId(tx, { ...actor, kind: type, value: draft.external_id })
          await happened(tx, actor, draft, 'dropped', draft.version + 1)
        },
        { lockTimeoutMs: LOCK_WAIT_MS },
      )
    },
  }
}
