import { type ApiServer, buildServer, type ServerOptions } from '@kontor/http-api'
import { accountRoutes } from './accounts/routes.ts'
import { ledger } from './balances/ledger.ts'
import { openOf } from './balances/open.ts'
import { reportRoutes } from './balances/report-routes.ts'
import { balanceRoutes } from './balances/routes.ts'
import { sendingBack } from './balances/sending-back.ts'
import { chargeRefundLedger } from './charge-refunds/ledger.ts'
import { chargeRefundRoutes } from './charge-refunds/routes.ts'
import { choosing } from './charge-rules/choose.ts'
import { chargeRuleRoutes } from './charge-rules/routes.ts'
import { charging } from './charges/charging.ts'
import { findingCharges } from './charges/findable.ts'
import { refuseLiveCharge } from './charges/live.ts'
import { chargeRoutes } from './charges/routes.ts'
import { creditNoteRoutes } from './credit-notes/routes.ts'
import { creditNotes } from './credit-notes/service.ts'
import type { Deps } from './deps.ts'
import { disputeRoutes } from './disputes/routes.ts'
import { lostInDisputes } from './disputes/told-as-refunds.ts'
import { issuing } from './documents/issue.ts'
import { draftRoutes } from './drafts/routes.ts'
import { eventRoutes } from './events/routes.ts'
import { exportRoutes } from './exports/routes.ts'
import { invoiceLifeRoutes } from './invoice-life/routes.ts'
import { invoiceRunRoutes } from './invoice-runs/routes.ts'
import { invoiceRoutes } from './invoices/routes.ts'
import { invoices } from './invoices/service.ts'
import { issuerRoutes } from './issuers/routes.ts'
import { receiving } from './payments/receive.ts'
import { paymentRoutes } from './payments/routes.ts'
import { processorWebhookRoutes } from './processor-webhooks/routes.ts'
import { proformaRoutes } from './proformas/routes.ts'
import { proformas } from './proformas/service.ts'
import { settling } from './proformas/settle.ts'
import { quoteRoutes } from './quotes/routes.ts'
import { quotes } from './quotes/service.ts'
import { seriesRoutes } from './series/routes.ts'
import { webhookRoutes } from './webhooks/routes.ts'

/** Wires the service together. Never listens, so that tests call it without a port. */
export async function buildInvoicing(
  deps: Deps,
  server: Pick<ServerOptions, 'logger' | 'authenticate' | 'monotonicMs' | 'trustedProxies'>,
): Promise<ApiServer> {
  const app = await buildServer({
    title: 'Kontor invoicing',
    description:
      'Accounts, quotes, invoices, credit notes and payments. Numbers have no gap and no duplicate; amounts are integers in minor units; an issued document does not change. Payment data never comes here: send a token of the vault.',
    version: '0.1.0',
    ...server,
    ready: async () => {
      await deps.database.hotSql('ready', 'select 1 as up', [])
    },
  })
  const issue = issuing(deps)
  issuerRoutes(app, deps)
  accountRoutes(app, deps)
  quoteRoutes(app, deps, issue)
  invoiceRoutes(app, deps, issue, (ids) => openOf(deps.database, ids))
  invoiceLifeRoutes(app, deps, refuseLiveCharge)
  const book = ledger(deps, settling(deps))
  creditNoteRoutes(app, deps, issue, book)
  const [quoted, credited] = [quotes(deps, issue), creditNotes(deps, issue)]
  const proforma = proformas(deps, issue, refuseLiveCharge)
  const invoice = invoices(deps, issue, (ids) => openOf(deps.database, ids))
  draftRoutes(app, deps, {
    getQuote: quoted.get,
    getInvoice: invoice.get,
    getCreditNote: credited.get,
    recredit: credited.recredit,
    quoted: quoted.quotedDrafts,
    stateOf: {
      quote: quoted.stateOf,
      proforma: proforma.stateOf,
      invoice: invoice.stateOf,
      credit_note: async (_, { state }) => state,
    },
  })
  invoiceRunRoutes(app, deps)
  proformaRoutes(app, deps, issue, refuseLiveCharge)
  paymentRoutes(app, deps, book)
  chargeRuleRoutes(app, deps)
  chargeRoutes(app, deps, charging(deps, receiving(deps, book), choosing(deps)))
  const [charges, money] = [findingCharges(deps), sendingBack(book)]
  chargeRefundRoutes(app, deps, charges, money, chargeRefundLedger(deps, money, lostInDisputes))
  balanceRoutes(app, deps, book)
  reportRoutes(app, deps)
  processorWebhookRoutes(app, deps)
  disputeRoutes(app, deps)
  seriesRoutes(app, deps)
  exportRoutes(app, deps)
  eventRoutes(app, deps)
  webhookRoutes(app, deps)
  return app
}
