import { NotFound, type Principal } from '@kontor/http-api'
import { bucketOf, formatId, parseId } from '@kontor/ids'
import type { Db, Tx } from '@kontor/postgres'
import type { Static } from 'typebox'
import { openOf, type Settlement } from '../balances/open.ts'
import type { Deps } from '../deps.ts'
import type { Document } from '../documents/document.ts'
import { judgeDraft, writeDraft } from '../documents/draft.ts'
import { InvalidTransition } from '../documents/errors.ts'
import type { issuing } from '../documents/issue.ts'
import { listPage } from '../documents/list.ts'
import type { Page } from '../documents/list-query.ts'
import { type DocumentPdf, documentPdf } from '../documents/pdf.ts'
import { findDocument, lockDocument } from '../documents/repo.ts'
import { documentToWire } from '../documents/wire.ts'
import { recordEvent } from '../events/event.ts'
import { digestIntent } from '../idempotency/command.ts'
import { type Answer, once } from '../idempotency/once.ts'
import * as repo from './repo.ts'
import type { CreateProforma, ProformaWire } from './schema.ts'

/** UNTDID 1001: a proforma invoice. */
const TYPE_CODE = '325'

type Wire = Static<typeof ProformaWire>

function stateOf({ state }: Document, ended: repo.Ended | undefined): Wire['state'] {
  if (ended?.invoice_id != null) return 'settled'
  return ended?.cancelled_at != null ? 'cancelled' : state
}

function toWire(proforma: Document, ended?: repo.Ended, settled?: Settlement): Wire {
  const state = stateOf(proforma, ended)
  const asked = proforma.payable_minor > 0n ? proforma.payable_minor : 0n
  return {
    id: formatId('pro', proforma.id),
    state,
    invoice_id: ended?.invoice_id == null ? null : formatId('inv', ended.invoice_id),
    paid_minor: Number(settled?.paid_minor ?? 0n),
    open_minor: Number(state === 'settled' || state === 'cancelled' ? 0n : (settled?.open_minor ?? asked)),
    ...documentToWire(proforma),
  }
}

/** @param refuseLiveCharge Throws where a charge of a document that is held may still take money. */
export function proformas(
  deps: Deps,
  issue: ReturnType<typeof issuing>,
  refuseLiveCharge: (tx: Tx, documentId: string) => Promise<void>,
) {
  const { database } = deps

  async function find(actor: Principal, id: string): Promise<Document> {
    const proforma = await findDocument(database, actor, 'proforma', id)
    if (!proforma) throw new NotFound('proforma')
    return proforma
  }

  async function wired(found: readonly Document[]): Promise<Wire[]> {
    const ids = found.map(({ id }) => id)
    const [ended, settled] = await Promise.all([repo.endedOf(database.knex, ids), openOf(database, ids)])
    return found.map((proforma) => toWire(proforma, ended.get(proforma.id), settled.get(proforma.id)))
  }

  return {
    async create(actor: Principal, idempotencyKey: string, body: Static<typeof CreateProforma>): Promise<Answer> {
      const accountId = parseId('acc', body.account_id)
      const digest = digestIntent(
        deps.idempotencySecret,
        { ...actor, operation: 'POST /v1/proformas', parentId: accountId, idempotencyKey, request: body },
        bucketOf(accountId),
      )
      return once(database, actor.tenantId, digest, {
        judge: () => judgeDraft(deps, actor, body),
        write: async (tx, judged) => {
          const kind = { type: 'proforma', typeCode: TYPE_CODE, quoteId: null } as const
          return { status: 201, body: toWire(await writeDraft(deps, tx, actor, kind, judged)) }
        },
      })
    },

    issue: (actor: Principal, id: string, idempotencyKey: string): Promise<Answer> =>
      issue(actor, { type: 'proforma', id, idempotencyKey }, (proforma) => toWire(proforma)),

    /**
     * Ends a proforma that nobody has paid anything of.
     *
     * @throws {InvalidTransition} A draft, paid in part or whole, or cancelled before.
     * @throws {DomainError} 409 where a charge of it may still take money.
     */
    async cancel(actor: Principal, id: string, idempotencyKey: string): Promise<Answer> {
      const digest = digestIntent(
        deps.idempotencySecret,
        { ...actor, operation: 'POST /v1/proformas/:id/cancel', parentId: id, idempotencyKey, request: null },
        bucketOf(id),
      )
      const write = async (tx: Tx) => {
        const proforma = await lockDocument(tx, actor, 'proforma', id)
        if (!proforma) throw new NotFound('proforma')
        const state = stateOf(proforma, (await repo.endedOf(tx, [id])).get(id))
        if (state !== 'issued') throw new InvalidTransition(state, 'cancelled', state === 'draft' ? ['issued'] : [])
        if ((await repo.allocatedTo(tx, id)).length > 0) {
          throw new InvalidTransition('partially_paid', 'cancelled', ['settled'])
        }
        await refuseLiveCharge(tx, id)
        const at = deps.now()
        await repo.insertCancellation(tx, actor, { proformaId: id, actorKeyId: actor.keyId, at })
        await recordEvent(tx, actor, {
          id: deps.newId(bucketOf(id)),
          type: 'proforma.cancelled',
          accountId: proforma.account_id,
          objectId: id,
          objectVersion: proforma.version,
          at,
        })
        return { status: 200, body: toWire(proforma, { id, invoice_id: null, cancelled_at: at }) }
      }
      return once(database, actor.tenantId, digest, { judge: async () => undefined, write })
    },

    /** Where a proforma stands. */
    stateOf: async (db: Db, proforma: Document): Promise<string> =>
      stateOf(proforma, (await repo.endedOf(db, [proforma.id])).get(proforma.id)),

    async get(actor: Principal, id: string): Promise<Wire> {
      const [proforma] = await wired([await find(actor, id)])
      return proforma as Wire
    },

    pdf: async (actor: Principal, id: string, language?: 'de' | 'en'): Promise<DocumentPdf> =>
      documentPdf(deps, actor, await find(actor, id), language),

    list: (actor: Principal, page: Page): Promise<Wire[]> => listPage(database, actor, 'proforma', page, { wired }),
  }
}
