import { NotFound, type Principal } from '@kontor/http-api'
import { bucketOf, formatId } from '@kontor/ids'
import type { Tx } from '@kontor/postgres'
import type { Static } from 'typebox'
import type { Deps } from '../deps.ts'
import { checkDay, dayIn } from '../documents/calendar.ts'
import { InvalidTransition } from '../documents/errors.ts'
import { lockDocument, refuseVoid } from '../documents/repo.ts'
import type { Snapshot } from '../documents/snapshot.ts'
import { recordEvent } from '../events/event.ts'
import { digestIntent } from '../idempotency/command.ts'
import { type Answer, once } from '../idempotency/once.ts'
import { refuseCardNumbers } from '../wire/sensitive.ts'
import { SentInFuture, UseCreditNote } from './errors.ts'
import * as repo from './repo.ts'
import type { RecordSent, SentWire, VoidInvoice, VoidWire } from './schema.ts'

/** @param refuseLiveCharge Throws where a charge of a document that is held may still take money. */
export function invoiceLife(deps: Deps, refuseLiveCharge: (tx: Tx, documentId: string) => Promise<void>) {
  const { database } = deps

  /** Holds an issued invoice that is not void. */
  async function hold(tx: Tx, actor: Principal, id: string, to: 'sent' | 'void') {
    const invoice = await lockDocument(tx, actor, 'invoice', id)
    if (!invoice) throw new NotFound('invoice')
    const { number, snapshot, issue_on, issued_at } = invoice
    if (number === null || snapshot === null || issue_on === null || issued_at === null)
      throw new InvalidTransition('draft', to, ['issued'])
    await refuseVoid(tx, id, to)
    return { invoice, number, issue_on, issued_at, issuer: (JSON.parse(snapshot) as Snapshot).issuer }
  }

  const digestOf = (actor: Principal, what: 'sent' | 'void', id: string, idempotencyKey: string, request: object) =>
    digestIntent(
      deps.idempotencySecret,
      { ...actor, operation: `POST /v1/invoices/:id/${what}`, parentId: id, idempotencyKey, request },
      bucketOf(id),
    )

  return {
    /** Records that an invoice left the house, as often as it did. From then on it is not made void. */
    async sent(actor: Principal, id: string, idempotencyKey: string, body: Static<typeof RecordSent>): Promise<Answer> {
      const write = async (tx: Tx) => {
        const { invoice, issuer } = await hold(tx, actor, id, 'sent')
        const at = deps.now()
        const today = dayIn(issuer.time_zone, at)
        const sent_on = body.sent_on ?? today
        if (sent_on > today) throw new SentInFuture().at('/sent_on')
        const { channel } = body
        await repo.insertDelivery(tx, actor, {
          id: deps.newId(bucketOf(id)),
          document_id: id,
          channel,
          sent_on,
          actor_key_id: actor.keyId,
          recorded_at: at,
        })
        await recordEvent(tx, actor, {
          id: deps.newId(bucketOf(id)),
          type: 'invoice.sent',
          accountId: invoice.account_id,
          objectId: id,
          objectVersion: invoice.version,
          at,
        })
        const answer: Static<typeof SentWire> = {
          invoice_id: formatId('inv', id),
          channel,
          sent_on,
          recorded_at: at.toISOString(),
        }
        return { status: 201, body: answer }
      }
      const judge = async () => checkDay(body.sent_on, '/sent_on')
      return once(database, actor.tenantId, digestOf(actor, 'sent', id, idempotencyKey, body), { judge, write })
    },

    /**
     * Makes an invoice void that nobody has seen: it keeps its number, and nothing is open on it.
     *
     * @throws {UseCreditNote} It was sent, paid, credited or exported, or its issuer’s country has no void.
     * @throws {DomainError} 409 where a charge of it may still take money.
     */
    async makeVoid(
      actor: Principal,
      id: string,
      idempotencyKey: string,
      { reason }: Static<typeof VoidInvoice>,
    ): Promise<Answer> {
      const write = async (tx: Tx) => {
        const { invoice, number, issue_on, issued_at, issuer } = await hold(tx, actor, id, 'void')
        if (issuer.address.country === 'FR') throw new UseCreditNote('country')
        const { sent, allocated, credited } = await repo.traces(tx, id)
        if (sent) throw new UseCreditNote('sent')
        if (allocated) throw new UseCreditNote('allocated')
        if (credited) throw new UseCreditNote('credited')
        await refuseLiveCharge(tx, id)
        if (await repo.wasExported(tx, actor, { id, issue_on, issued_at })) throw new UseCreditNote('exported')
        const at = deps.now()
        await repo.insertVoid(tx, actor, { document_id: id, reason, actor_key_id: actor.keyId, voided_at: at })
        await recordEvent(tx, actor, {
          id: deps.newId(bucketOf(id)),
          type: 'invoice.voided',
          accountId: invoice.account_id,
          objectId: id,
          objectVersion: invoice.version,
          at,
        })
        const answer: Static<typeof VoidWire> = {
          invoice_id: formatId('inv', id),
          number,
          state: 'void',
          reason,
          voided_at: at.toISOString(),
        }
        return { status: 201, body: answer }
      }
      const judge = async () => refuseCardNumbers({ reason })
      return once(database, actor.tenantId, digestOf(actor, 'void', id, idempotencyKey, { reason }), { judge, write })
    },
  }
}
