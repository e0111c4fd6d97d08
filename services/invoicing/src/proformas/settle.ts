import type { Principal } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import { addJobs } from '@kontor/jobs'
import type { Tx } from '@kontor/postgres'
import type { Deps } from '../deps.ts'
import type { Document } from '../documents/document.ts'
import { insertDraft, lockDocument } from '../documents/repo.ts'
import { recordEvent } from '../events/event.ts'
import * as repo from './repo.ts'

/** The task of the job queue that issues the invoice of a proforma. */
export const INVOICE_TASK = 'proforma.invoice'

/** The money waits for the invoice, however long a rule refuses it: every six hours at last, for years. */
const TRIES = 20_000

/** What that job is told. */
export interface InvoiceJob {
  readonly tenant_id: string
  readonly mode: 'test' | 'live'
  /** The key that recorded the last payment: the invoice follows from the money, and not from what this key may do. */
  readonly key_id: string
  readonly proforma_id: string
  readonly invoice_id: string
}

/** Turns a proforma on which nothing is open any more into an invoice draft, in the transaction of the payment. */
export type Settle = (tx: Tx, actor: Principal, proformaId: string, cameOn: string) => Promise<void>

/**
 * Makes what settles a proforma: draft and job are there when the payment is, or neither is.
 */
export function settling(deps: Deps): Settle {
  return async (tx, actor, proformaId, cameOn) => {
    const proforma = await lockDocument(tx, actor, 'proforma', proformaId)
    if (!proforma) return
    const bucket = bucketOf(proformaId)
    const at = deps.now()
    const invoice: Document = {
      ...proforma,
      id: deps.newId(bucket),
      document_type: 'invoice',
      type_code: '380',
      state: 'draft',
      series_id: null,
      external_id: null,
      proforma_id: proformaId,
      // The day on which the last of the money came.
      issue_on: (await repo.paidOn(tx, proformaId)) ?? cameOn,
      // Paid as it is, it is due to nobody.
      due_on: null,
      number: null,
      snapshot: null,
      issued_at: null,
      version: 1,
      created_at: at,
    }
    await insertDraft(tx, actor, invoice)
    for (const [type, objectId, objectVersion] of [
      ['invoice.created', invoice.id, 1],
      ['proforma.settled', proformaId, proforma.version],
    ] as const) {
      await recordEvent(tx, actor, {
        id: deps.newId(bucket),
        type,
        accountId: proforma.account_id,
        objectId,
        objectVersion,
        at,
      })
    }
    const job: InvoiceJob = {
      tenant_id: actor.tenantId,
      mode: actor.mode,
      key_id: actor.keyId,
      proforma_id: proformaId,
      invoice_id: invoice.id,
    }
    await addJobs(tx, [{ task: INVOICE_TASK, payload: { ...job }, tries: TRIES }])
  }
}
