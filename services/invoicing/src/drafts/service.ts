import { NotFound, type Principal } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import { type Tx, withTransaction } from '@kontor/postgres'
import type { Static } from 'typebox'
import type { Deps } from '../deps.ts'
import { checkDay } from '../documents/calendar.ts'
import type { Document } from '../documents/document.ts'
import { InvalidTransition } from '../documents/errors.ts'
import { findDocument, lockDocument } from '../documents/repo.ts'
import { recordEvent } from '../events/event.ts'
import { LOCK_WAIT_MS } from '../idempotency/once.ts'
import { releaseExternalId } from '../names/unique-name.ts'
import type { DocumentType } from '../numbering/document-type.ts'
import { VersionConflict } from '../wire/if-match.ts'
import { refuseCardNumbers } from '../wire/sensitive.ts'
import { judgeOrderChange, type OrderChanges } from './order-change.ts'
import * as repo from './repo.ts'
import type { PatchCreditNote } from './schema.ts'

/** Shares out anew what a credit note draft takes of its invoice, which is held until commit. */
export type RecreditDraft = (
  tx: Tx,
  actor: Principal,
  note: Document,
  change: Pick<Static<typeof PatchCreditNote>, 'lines' | 'reason' | 'issue_on'>,
) => Promise<Omit<repo.DraftChange, 'version' | 'type_code' | 'token_id' | 'currency' | 'due_on'>>

/** What a draft of each type can become besides issued. */
const ALLOWED: readonly string[] = []

export function drafts(deps: Deps, recredit: RecreditDraft) {
  const { database } = deps

  async function write(
    actor: Principal,
    type: DocumentType,
    id: string,
    version: number,
    changeOf: (tx: Tx, draft: Document) => Promise<repo.DraftChange>,
  ): Promise<void> {
    await withTransaction(
      database.knex,
      async (tx) => {
        const draft = await lockDocument(tx, actor, type, id)
        if (!draft) throw new NotFound(type)
        if (draft.state !== 'draft') throw new InvalidTransition(draft.state, 'draft', ALLOWED)
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
     * Changes the order that a draft quote or invoice was made from.
     *
     * @throws {InvalidTransition} Issued.
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
      if (draft.state !== 'draft') throw new InvalidTransition(draft.state, 'draft', ALLOWED)
      if (draft.version !== version) throw new VersionConflict()
      const change = await judgeOrderChange(deps, actor, draft, changes)
      await write(actor, type, id, version, async () => change)
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
     * @throws {InvalidTransition} Issued, or the draft that a paid proforma became: the money is there.
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
          if (draft.state !== 'draft') throw new InvalidTransition(draft.state, 'dropped', ALLOWED)
          if (draft.proforma_id !== null) throw new InvalidTransition('draft', 'dropped', ['issued'])
          await repo.deleteDraft(tx, id)
          await releaseExternalId(tx, { ...actor, kind: type, value: draft.external_id })
          await happened(tx, actor, draft, 'dropped', draft.version + 1)
        },
        { lockTimeoutMs: LOCK_WAIT_MS },
      )
    },
  }
}
