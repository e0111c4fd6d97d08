import { NotFound, type Principal } from '@kontor/http-api'
import { bucketOf, parseId } from '@kontor/ids'
import type { Db } from '@kontor/postgres'
import type { Static } from 'typebox'
import type { Settlement } from '../balances/open.ts'
import type { Deps } from '../deps.ts'
import type { Document } from '../documents/document.ts'
import { writeDraft } from '../documents/draft.ts'
import { InvalidTransition } from '../documents/errors.ts'
import type { issuing } from '../documents/issue.ts'
import { listPage } from '../documents/list.ts'
import type { Page } from '../documents/list-query.ts'
import { type DocumentPdf, documentPdf } from '../documents/pdf.ts'
import { correctionsOf, findDocument, isVoid, livesOf } from '../documents/repo.ts'
import { digestIntent } from '../idempotency/command.ts'
import { type Answer, once } from '../idempotency/once.ts'
import { type Asked, isAsked, narrowTo } from './asked.ts'
import { AccountMissing } from './errors.ts'
import { judgeInvoice } from './judge.ts'
import type { CreateInvoice, InvoiceWire } from './schema.ts'
import { invoiceToWire } from './wire.ts'

/** What became of what each of some invoices asks for. */
export type OpenOf = (invoiceIds: readonly string[]) => Promise<Map<string, Settlement>>

export function invoices(deps: Deps, issue: ReturnType<typeof issuing>, openOf: OpenOf) {
  const { database } = deps

  async function find(actor: Principal, id: string): Promise<Document> {
    const invoice = await findDocument(database, actor, 'invoice', id)
    if (!invoice) throw new NotFound('invoice')
    return invoice
  }

  /** Where an invoice stands. */
  async function stateOf(db: Db, invoice: Document): Promise<string> {
    return (await isVoid(db, invoice.id)) ? 'void' : invoice.state
  }

  async function wired(found: readonly Document[]): Promise<Static<typeof InvoiceWire>[]> {
    const ids = found.map(({ id }) => id)
    const [settled, corrections, lives] = await Promise.all([
      openOf(ids),
      correctionsOf(database, ids),
      livesOf(database, ids),
    ])
    const now = deps.now()
    return found.map((invoice) =>
      invoiceToWire(invoice, settled.get(invoice.id), now, corrections.get(invoice.id), lives.get(invoice.id)),
    )
  }

  return {
    async create(actor: Principal, idempotencyKey: string, body: Static<typeof CreateInvoice>): Promise<Answer> {
      const accountId = parseId('acc', body.account_id)
      const digest = digestIntent(
        deps.idempotencySecret,
        { ...actor, operation: 'POST /v1/invoices', parentId: accountId, idempotencyKey, request: body },
        bucketOf(accountId),
      )
      return once(database, actor.tenantId, digest, {
        judge: () => judgeInvoice(deps, actor, body),
        write: async (tx, { judged, correctsId }) => {
          const kind = { type: 'invoice', typeCode: body.type_code ?? '380', quoteId: null, correctsId } as const
          const invoice = await writeDraft(deps, tx, actor, kind, judged)
          return { status: 201, body: invoiceToWire(invoice, undefined, deps.now()) }
        },
      })
    },

    async issue(actor: Principal, id: string, idempotencyKey: string): Promise<Answer> {
      const toWire = (invoice: Document) => invoiceToWire(invoice, undefined, deps.now())
      try {
        return await issue(actor, { type: 'invoice', id, idempotencyKey }, toWire)
      } catch (error) {
        // An invoice has more states than the document that was issued.
        if (!(error instanceof InvalidTransition)) throw error
        throw new InvalidTransition(await stateOf(database.knex, await find(actor, id)), 'issued', [])
      }
    },

    stateOf,

    async get(actor: Principal, id: string): Promise<Static<typeof InvoiceWire>> {
      const [invoice] = await wired([await find(actor, id)])
      return invoice as Static<typeof InvoiceWire>
    },

    pdf: async (actor: Principal, id: string, language?: 'de' | 'en'): Promise<DocumentPdf> =>
      documentPdf(deps, actor, await find(actor, id), language),

    /** @throws {AccountMissing} What is overdue is asked for without an account. */
    async list(actor: Principal, page: Page, asked: Asked): Promise<Static<typeof InvoiceWire>[]> {
      if (asked.overdue && page.accountId === undefined) throw new AccountMissing().at('/account_id')
      const narrow = narrowTo(actor, asked, deps.now())
      return listPage(database, actor, 'invoice', page, { wired, narrow, keep: (invoice) => isAsked(invoice, asked) })
    },
  }
}
