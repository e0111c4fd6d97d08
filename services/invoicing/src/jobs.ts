import type { Tasks } from '@kontor/jobs'
import { principalFinder } from '@kontor/tenancy'
import { holdingPayments } from './balances/held-payment.ts'
import { ledger } from './balances/ledger.ts'
import { sendingBack } from './balances/sending-back.ts'
import { learningOfRefunds } from './charge-refunds/learn.ts'
import { chargeRefundLedger } from './charge-refunds/ledger.ts'
import { chargeRefundTasks } from './charge-refunds/work.ts'
import { choosing } from './charge-rules/choose.ts'
import { charging } from './charges/charging.ts'
import { findingCharges } from './charges/findable.ts'
import { learning, referring } from './charges/learn.ts'
import { retryTasks } from './charges/retry-work.ts'
import { chargeTasks } from './charges/work.ts'
import type { Deps } from './deps.ts'
import { learningOfDisputes } from './disputes/learn.ts'
import { lostInDisputes } from './disputes/told-as-refunds.ts'
import { issuing, judging } from './documents/issue.ts'
import { invoiceRunTasks } from './invoice-runs/work.ts'
import { invoiceToWire } from './invoices/wire.ts'
import { receiving } from './payments/receive.ts'
import { processorEventTasks } from './processor-webhooks/work.ts'
import { settling } from './proformas/settle.ts'
import { proformaTasks } from './proformas/work.ts'
import { scopesOf } from './roles.ts'

/**
 * Wires what the service does on its own, job by job. It issues beside the routes, so that whoever waits for one invoice is not drawn
 * behind a run of thousands.
 *
 * @param onDefect Takes what is no refusal and heals not by itself.
 */
export function invoicingTasks(deps: Deps, onDefect: (error: unknown) => void): Tasks {
  const issue = issuing(deps)
  const judge = judging(deps)
  const { database, newId, now } = deps
  const book = ledger(deps, settling(deps))
  const invoicesOfProformas = proformaTasks({
    deps,
    issue: (actor, id, idempotencyKey) =>
      issue(actor, { type: 'invoice', id, idempotencyKey }, (invoice) => invoiceToWire(invoice, undefined, now())),
    move: (tx, actor, { payment_id, credit_note_id }, { accountId, documentId, amountMinor }) =>
      book.move(
        tx,
        actor,
        {
          kind: payment_id === null ? 'credit_note' : 'payment',
          id: (payment_id ?? credit_note_id) as string,
          account_id: accountId,
        },
        { invoiceId: documentId, amountMinor },
      ),
  })
  const runs = invoiceRunTasks({
    database,
    newId,
    now,
    findPrincipal: principalFinder({ database, scopesOf, nowMs: () => now().getTime() }),
    issue: (actor, { id, issueOn }, idempotencyKey) =>
      issue(actor, { type: 'invoice', id, idempotencyKey, issueOn }, (invoice) =>
        invoiceToWire(invoice, undefined, now()),
      ),
    judge: (actor, { id, issueOn }) => judge(actor, { type: 'invoice', id, issueOn }),
    onDefect,
  })
  const receive = receiving(deps, book)
  const chargeWork = charging(deps, receive, choosing(deps))
  const charges = { ...chargeTasks(deps, chargeWork.ledger), ...retryTasks(chargeWork) }
  const found = findingCharges(deps)
  const refundBook = chargeRefundLedger(deps, sendingBack(book), lostInDisputes)
  const refunds = chargeRefundTasks(deps, found, refundBook)
  const processorEvents = processorEventTasks({
    database,
    now,
    processorOf: deps.processorOf,
    referenceOfCharge: referring(deps),
    learnOfCharge: learning(deps, chargeWork.ledger),
    learnOfRefund: learningOfRefunds(deps, found, refundBook),
    learnOfDispute: learningOfDisputes(deps, { hold: holdingPayments(book), receive }),
    onDefect,
  })
  return { ...runs, ...invoicesOfProformas, ...charges, ...refunds, ...processorEvents }
}
