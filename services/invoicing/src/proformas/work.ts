import type { Principal } from '@kontor/http-api'
import { bucketOf, formatId } from '@kontor/ids'
import type { Tasks } from '@kontor/jobs'
import { least } from '@kontor/money'
import { type Tx, withTransaction } from '@kontor/postgres'
import { lockAllOpen } from '../balances/open.ts'
import type { Deps } from '../deps.ts'
import { DateBeforePrevious, InvalidTransition } from '../documents/errors.ts'
import { lockDocument } from '../documents/repo.ts'
import { inTheNameOf, recordEvent } from '../events/event.ts'
import * as repo from './repo.ts'
import { INVOICE_TASK, type InvoiceJob } from './settle.ts'

export interface InvoiceWork {
  readonly deps: Deps
  /** Issues an invoice draft, once for all that ask under the same key. */
  readonly issue: (actor: Principal, invoiceId: string, idempotencyKey: string) => Promise<unknown>
  /** Writes an allocation from a payment or credit note with its event; below zero it is taken back. */
  readonly move: (
    tx: Tx,
    actor: Principal,
    from: repo.Allocated,
    to: { readonly accountId: string; readonly documentId: string; readonly amountMinor: bigint },
  ) => Promise<void>
}

/** Dates tried for one invoice in one go: the series may move on between two of them. */
const DATES_MAX = 5

/**
 * Makes the task that issues the invoice of a paid proforma, dated by the payment, and gives it the money. It may be done any number of
 * times: the draft is issued under a key that follows from the proforma, and what was moved is not there to be moved again.
 */
export function proformaTasks({ deps, issue, move }: InvoiceWork): Tasks {
  const { database } = deps

  /** An earlier date than the series has already is not to be had: the earliest that it takes is the nearest to the payment. */
  async function issueOnce(actor: Principal, job: InvoiceJob): Promise<void> {
    for (let dates = 1; ; dates++) {
      try {
        await issue(actor, job.invoice_id, formatId('pro', job.proforma_id))
        return
      } catch (error) {
        // A person may have issued it meanwhile.
        if (error instanceof InvalidTransition) return
        if (!(error instanceof DateBeforePrevious) || dates === DATES_MAX) throw error
        await redate(actor, job.invoice_id, error.extensions.earliest)
      }
    }
  }

  async function redate(actor: Principal, invoiceId: string, issueOn: string): Promise<void> {
    await withTransaction(database.knex, async (tx) => {
      const draft = await lockDocument(tx, actor, 'invoice', invoiceId)
      if (draft?.state !== 'draft') return
      await repo.redate(tx, invoiceId, issueOn, draft.version + 1)
      await recordEvent(tx, actor, {
        id: deps.newId(bucketOf(invoiceId)),
        type: 'invoice.updated',
        accountId: draft.account_id,
        objectId: invoiceId,
        objectVersion: draft.version + 1,
        at: deps.now(),
      })
    })
  }

  /** Takes the money from the proforma and gives it to the invoice. What that has no use for any more is the account's credit. */
  async function moveMoney(actor: Principal, { proforma_id, invoice_id }: InvoiceJob): Promise<void> {
    await withTransaction(database.knex, async (tx) => {
      const held = await lockAllOpen(tx, actor, [proforma_id, invoice_id])
      const invoice = held.get(invoice_id)
      if (!held.has(proforma_id) || invoice?.state !== 'issued') return
      let open = invoice.open_minor
      const accountId = invoice.account_id
      for (const source of await repo.allocatedTo(tx, proforma_id)) {
        await move(tx, actor, source, { accountId, documentId: proforma_id, amountMinor: -source.amount_minor })
        const amountMinor = least(open, source.amount_minor)
        if (amountMinor > 0n) await move(tx, actor, source, { accountId, documentId: invoice_id, amountMinor })
        open -= amountMinor
      }
    })
  }

  return {
    [INVOICE_TASK]: async (payload) => {
      const job = payload as InvoiceJob
      const actor = inTheNameOf(job)
      await issueOnce(actor, job)
      await moveMoney(actor, job)
    },
  }
}
