import { NotFound, type Principal } from '@kontor/http-api'
import { bucketOf, formatId, parseId } from '@kontor/ids'
import type { Tx } from '@kontor/postgres'
import type { Static } from 'typebox'
import type { Ledger } from '../balances/ledger.ts'
import { refundToWire, usageToWire } from '../balances/wire.ts'
import type { Deps } from '../deps.ts'
import { checkDay } from '../documents/calendar.ts'
import type { Document } from '../documents/document.ts'
import { judgeDraft, writeDraft } from '../documents/draft.ts'
import { DateBeforeOriginal, InvalidTransition, UnknownReference } from '../documents/errors.ts'
import type { issuing } from '../documents/issue.ts'
import { listPage } from '../documents/list.ts'
import type { Page } from '../documents/list-query.ts'
import { type DocumentPdf, documentPdf } from '../documents/pdf.ts'
import { refuseOwn } from '../documents/preceding.ts'
import { findDocument, lockDocument, refuseVoid } from '../documents/repo.ts'
import type { Snapshot } from '../documents/snapshot.ts'
import { digestIntent } from '../idempotency/command.ts'
import { type Answer, once } from '../idempotency/once.ts'
import { refuseCardNumbers } from '../wire/sensitive.ts'
import { draftCredit } from './credit-rules.ts'
import { CreditNegative, OriginalMissing } from './errors.ts'
import { replacementOf } from './replacement.ts'
import * as repo from './repo.ts'
import type { CancelInvoice, CreateCreditNote, CreditInvoice, CreditNoteShownWire, CreditNoteWire } from './schema.ts'
import { creditNoteToWire } from './wire.ts'

/** UNTDID 1001: what an invoice is credited by. A self-billed invoice is credited by a self-billed credit note. */
const typeCodeFor = (invoiceTypeCode: string) => (invoiceTypeCode === '389' ? '261' : '381')

/** What credit notes were used for, as the ledger knows it. */
export type UsedFor = Pick<Ledger, 'findUsage' | 'findRefunds'>

const NOTHING_USED = { credit_minor: 0n, refunded_minor: 0n, allocations: [] }

export function creditNotes(deps: Deps, issue: ReturnType<typeof issuing>) {
  const { database } = deps

  async function find(actor: Principal, id: string): Promise<Document> {
    const note = await findDocument(database, actor, 'credit_note', id)
    if (!note) throw new NotFound('credit_note')
    return note
  }

  /** Holds an invoice that is to be credited: what is left of it is decided by whoever holds it. */
  async function holdInvoice(tx: Tx, actor: Principal, id: string) {
    const invoice = await lockDocument(tx, actor, 'invoice', id)
    if (!invoice) throw new NotFound('invoice')
    if (invoice.number === null || invoice.snapshot === null)
      throw new InvalidTransition('draft', 'credited', ['issued'])
    await refuseVoid(tx, id, 'credited')
    return { invoice, number: invoice.number, snapshot: JSON.parse(invoice.snapshot) as Snapshot }
  }

  /** Drafts a credit note of an invoice that is held. */
  async function writeCredit(
    tx: Tx,
    actor: Principal,
    { invoice, number, snapshot }: Awaited<ReturnType<typeof holdInvoice>>,
    body: Static<typeof CreditInvoice>,
  ): Promise<Document> {
    if (body.issue_on !== undefined && body.issue_on < snapshot.issue_on)
      throw new DateBeforeOriginal(snapshot.issue_on).at('/issue_on')
    const taken = await repo.takenOf(tx, invoice.id)
    const { content, totals } = draftCredit({ snapshot, number }, taken, body.lines, body.reason)
    const kind = {
      type: 'credit_note',
      typeCode: typeCodeFor(invoice.type_code),
      quoteId: null,
      correctsId: invoice.id,
    } as const
    const form = {
      currency: invoice.currency,
      ...(body.issue_on === undefined ? {} : { issue_on: body.issue_on }),
      ...(body.external_id === undefined ? {} : { external_id: body.external_id }),
    }
    const parties = { account: { id: invoice.account_id }, issuer: { id: invoice.issuer_id } }
    return writeDraft(deps, tx, actor, kind, { ...parties, content, totals, form })
  }

  /** Shares out anew what a draft takes of its invoice, which is held until commit. */
  async function recredit(
    tx: Tx,
    actor: Principal,
    note: Document,
    change: Pick<Partial<Static<typeof CreditInvoice>>, 'lines' | 'reason'> & { readonly issue_on?: string | null },
  ) {
    const { lines, reason = note.content.reason ?? '', issue_on = note.issue_on } = change
    const earliest = note.content.preceding_invoice?.issued_on
    if (issue_on !== null && earliest !== undefined && issue_on < earliest)
      throw new DateBeforeOriginal(earliest).at('/issue_on')
    const { net_minor, vat_minor, gross_minor, payable_minor } = note
    const said = { ...note.content, ...(reason === '' ? {} : { reason }) }
    if (!lines) return { issue_on, net_minor, vat_minor, gross_minor, payable_minor, content: said }
    if (note.corrects_id === null) throw new UnknownReference('invoice').at('/lines')
    const { snapshot, number } = await holdInvoice(tx, actor, note.corrects_id)
    const taken = await repo.takenOf(tx, note.corrects_id, note.id)
    const { content, totals } = draftCredit({ snapshot, number }, taken, lines, reason)
    return {
      issue_on,
      net_minor: totals.netMinor,
      vat_minor: totals.vatMinor,
      gross_minor: totals.grossMinor,
      payable_minor: totals.payableMinor,
      content,
    }
  }

  return {
    recredit,

    /**
     * Drafts a credit note of an invoice of ours. The draft reserves what it credits.
     *
     * @throws {InvalidTransition} The invoice is a draft.
     * @throws {CreditExceedsInvoice} More than earlier credit notes left.
     */
    async credit(
      actor: Principal,
      invoiceId: string,
      idempotencyKey: string,
      body: Static<typeof CreditInvoice>,
    ): Promise<Answer> {
      const digest = digestIntent(
        deps.idempotencySecret,
        {
          ...actor,
          operation: 'POST /v1/invoices/:id/credit-notes',
          parentId: invoiceId,
          idempotencyKey,
          request: body,
        },
        bucketOf(invoiceId),
      )
      const judge = async () => {
        refuseCardNumbers(body)
        checkDay(body.issue_on, '/issue_on')
      }
      const write = async (tx: Tx) => {
        const note = await writeCredit(tx, actor, await holdInvoice(tx, actor, invoiceId), body)
        return { status: 201, body: creditNoteToWire(note) }
      }
      return once(database, actor.tenantId, digest, { judge, write })
    },

    /**
     * Takes an invoice back as a whole: everything that is left of it is credited, and the credit note issued.
     *
     * Two steps under one key: a retry finds the draft of the first and issues it.
     *
     * @throws {CreditExceedsInvoice} Nothing is left.
     */
    async cancel(
      actor: Principal,
      invoiceId: string,
      idempotencyKey: string,
      body: Static<typeof CancelInvoice>,
    ): Promise<Answer> {
      const operation = 'POST /v1/invoices/:id/cancel'
      const digest = digestIntent(
        deps.idempotencySecret,
        { ...actor, operation, parentId: invoiceId, idempotencyKey, request: body },
        bucketOf(invoiceId),
      )
      const write = async (tx: Tx) => {
        const held = await holdInvoice(tx, actor, invoiceId)
        const note = await writeCredit(tx, actor, held, { reason: body.reason })
        const kind = {
          type: 'invoice',
          typeCode: held.invoice.type_code,
          quoteId: null,
          correctsId: invoiceId,
        } as const
        const replacement = body.replace
          ? await writeDraft(deps, tx, actor, kind, replacementOf(held.invoice, held.number, held.snapshot))
          : undefined
        return { status: 201, body: { note: note.id, replacement: replacement?.id ?? null } }
      }
      const judge = async () => refuseCardNumbers(body)
      const drafted = await once(database, actor.tenantId, digest, { judge, write })
      const { note, replacement }: { note: string; replacement: string | null } = JSON.parse(drafted.body)
      return issue(actor, { type: 'credit_note', id: note, idempotencyKey, operation }, (issued) => ({
        ...creditNoteToWire(issued),
        replacement_id: replacement === null ? null : formatId('inv', replacement),
      }))
    },

    /**
     * Drafts a credit note for an invoice that another system issued, or for the supplies of a period.
     *
     * @throws {OriginalMissing} It names neither.
     * @throws {OwnInvoice} The invoice is one of ours.
     */
    async create(actor: Principal, idempotencyKey: string, body: Static<typeof CreateCreditNote>): Promise<Answer> {
      const accountId = parseId('acc', body.account_id)
      const digest = digestIntent(
        deps.idempotencySecret,
        { ...actor, operation: 'POST /v1/credit-notes', parentId: accountId, idempotencyKey, request: body },
        bucketOf(accountId),
      )
      return once(database, actor.tenantId, digest, {
        judge: async () => {
          const judged = await judgeDraft(deps, actor, body)
          if (judged.totals.grossMinor < 0n) throw new CreditNegative().at('/lines')
          const { preceding_invoice, period } = body
          if (!preceding_invoice && !period) throw new OriginalMissing().at('/preceding_invoice')
          if (preceding_invoice) await refuseOwn(deps, actor, judged.issuer.id, preceding_invoice.number)
          return judged
        },
        write: async (tx, judged) => {
          const kind = { type: 'credit_note', typeCode: '381', quoteId: null } as const
          const note = await writeDraft(deps, tx, actor, kind, judged)
          return { status: 201, body: creditNoteToWire(note) }
        },
      })
    },

    issue: (actor: Principal, id: string, idempotencyKey: string): Promise<Answer> =>
      issue(actor, { type: 'credit_note', id, idempotencyKey }, creditNoteToWire),

    get: async (actor: Principal, id: string): Promise<Static<typeof CreditNoteWire>> =>
      creditNoteToWire(await find(actor, id)),

    /** With what it was used for. A draft gives nothing yet. */
    async show(actor: Principal, id: string, book: UsedFor): Promise<Static<typeof CreditNoteShownWire>> {
      const note = await find(actor, id)
      if (note.state === 'draft') return { ...creditNoteToWire(note), ...usageToWire(0n, NOTHING_USED), refunds: [] }
      const [usage, refunds] = await Promise.all([book.findUsage(id), book.findRefunds(id)])
      const used = { ...usageToWire(note.payable_minor, usage), refunds: refunds.map(refundToWire) }
      return { ...creditNoteToWire(note), ...used }
    },

    pdf: async (actor: Principal, id: string, language?: 'de' | 'en'): Promise<DocumentPdf> =>
      documentPdf(deps, actor, await find(actor, id), language),

    list: (actor: Principal, page: Page): Promise<Static<typeof CreditNoteWire>[]> =>
      listPage(database, actor, 'credit_note', page, { wired: async (notes) => notes.map(creditNoteToWire) }),
  }
}
