import test from 'ava'
import { ISSUER } from '../../../test/support/invoicing.ts'
import { type Refusal, type RefusalStage, refusalStage } from './testing/refused.ts'

let stage: RefusalStage
test.before(async () => {
  stage = await refusalStage()
})
test.after.always(() => stage.kontor.close())

test.serial('what is well-formed and breaks a rule is refused with its code and its field', async (t) => {
  const { invoice, line, payment, order, quoteId, invoiceId } = stage
  const unknown = { acc: order.account_id.replace(/.$/, (last) => (last === '0' ? '1' : '0')) }
  const paid = (amounts: readonly number[]) =>
    payment({
      invoice_id: undefined,
      allocations: amounts.map((amount_minor) => ({ invoice_id: invoiceId, amount_minor })),
    })
  const cases: [string, unknown, Refusal][] = [
    [
      '/v1/issuers',
      { ...ISSUER, time_zone: 'Europe/Bern' },
      [422, 'unknown_time_zone', [['/time_zone', 'unknown_time_zone']]],
    ],
    ['/v1/issuers', { ...ISSUER, time_zone: '+01:00' }, [422, 'unknown_time_zone']],
    ['/v1/issuers', { ...ISSUER, currency: 'XXX' }, [422, 'unknown_currency', [['/currency', 'unknown_currency']]]],
    [
      '/v1/issuers',
      { ...ISSUER, payee_accounts: [{ bic: 'POFICHBEXXX' }] },
      [422, 'payee_account_empty', [['/payee_accounts/0', 'payee_account_empty']]],
    ],
    [
      '/v1/issuers',
      { ...ISSUER, payee_accounts: [{ iban: 'CH9300762011623852957', account_number: '1' }] },
      [422, 'payee_account_empty'],
    ],
    [
      '/v1/invoices',
      invoice({ account_id: unknown.acc }),
      [422, 'unknown_account', [['/account_id', 'unknown_account']]],
    ],
    [
      '/v1/invoices',
      invoice({ issuer_id: order.account_id.replace('acc_', 'iss_') }),
      [422, 'unknown_issuer', [['/issuer_id', 'unknown_issuer']]],
    ],
    [
      '/v1/invoices',
      invoice({ token_id: order.account_id.replace('acc_', 'tok_') }),
      [422, 'unknown_token', [['/token_id', 'unknown_token']]],
    ],
    ['/v1/invoices', invoice({ currency: 'ABC' }), [422, 'unknown_currency', [['/currency', 'unknown_currency']]]],
    ['/v1/invoices', invoice({ currency: 'XAU' }), [422, 'unknown_currency']],
    [
      '/v1/invoices',
      invoice({ tax_currency: 'ABC' }),
      [422, 'unknown_currency', [['/tax_currency', 'unknown_currency']]],
    ],
    ['/v1/invoices', invoice({ issue_on: '2026-02-30' }), [422, 'invalid_date', [['/issue_on', 'invalid_date']]]],
    ['/v1/invoices', invoice({ issue_on: '0000-01-01' }), [422, 'invalid_date', [['/issue_on', 'invalid_date']]]],
    ['/v1/invoices', invoice({ due_on: '2025-02-29' }), [422, 'invalid_date', [['/due_on', 'invalid_date']]]],
    ['/v1/invoices', invoice({ delivery_on: '2026-04-31' }), [422, 'invalid_date', [['/delivery_on', 'invalid_date']]]],
    ['/v1/quotes', invoice({ valid_until: '2026-06-31' }), [422, 'invalid_date', [['/valid_until', 'invalid_date']]]],
    [
      '/v1/invoices',
      invoice({ period: { from: '2026-02-01', to: '2026-02-30' } }),
      [422, 'invalid_date', [['/period/to', 'invalid_date']]],
    ],
    [
      '/v1/invoices',
      invoice({ period: { from: '2026-02-02', to: '2026-02-01' } }),
      [422, 'period_reversed', [['/period/to', 'period_reversed']]],
    ],
    [
      '/v1/invoices',
      line({ period: { from: '2026-02-02', to: '2026-02-01' } }),
      [422, 'period_reversed', [['/lines/1/period/to', 'period_reversed']]],
    ],
    [
      '/v1/invoices',
      invoice({ issue_on: '2026-11-20', due_on: '2026-11-19' }),
      [422, 'due_before_issue', [['/due_on', 'due_before_issue']]],
    ],
    [
      '/v1/invoices',
      invoice({ payment: [{ means_code: '58', iban: 'CH9300762011623852957', account_number: '1' }] }),
      [422, 'payee_ambiguous', [['/payment/0', 'payee_ambiguous']]],
    ],
    [
      '/v1/invoices',
      line({ vat_rate: undefined }),
      [422, 'vat_rate_missing', [['/lines/1/vat_rate', 'vat_rate_missing']]],
    ],
    [
      '/v1/invoices',
      line({ vat_category: 'O' }),
      [422, 'vat_rate_not_allowed', [['/lines/1/vat_rate', 'vat_rate_not_allowed']]],
    ],
    ['/v1/invoices', line({ vat_rate: '-8.1' }), [422, 'vat_rate_not_allowed']],
    [
      '/v1/invoices',
      line({ price_base_quantity: '0' }),
      [422, 'invalid_base_quantity', [['/lines/1/price_base_quantity', 'invalid_base_quantity']]],
    ],
    [
      '/v1/invoices',
      line({ quantity: '999999999999', price: '999999999999' }),
      [422, 'amount_overflow', [['/lines/1', 'amount_overflow']]],
    ],
    ['/v1/payments', payment({ method: undefined }), [422, 'method_missing', [['/method', 'method_missing']]]],
    ['/v1/payments', payment({ token_id: order.account_id.replace('acc_', 'tok_') }), [422, 'method_missing']],
    ['/v1/payments', payment({ currency: 'EUR' }), [422, 'currency_mismatch', [['/currency', 'currency_mismatch']]]],
    ['/v1/payments', payment({ received_on: '2026-02-30' }), [422, 'invalid_date', [['/received_on', 'invalid_date']]]],
    [
      '/v1/payments',
      payment({ received_on: '2026-11-24' }),
      [422, 'date_in_future', [['/received_on', 'date_in_future']]],
    ],
    ['/v1/payments', payment({ invoice_id: unknown.acc.replace('acc_', 'inv_') }), [404, 'not_found']],
    ['/v1/payments', payment({ invoice_id: invoiceId.replace('inv_', 'pro_') }), [404, 'not_found']],
    [
      '/v1/payments',
      payment({ invoice_id: undefined }),
      [422, 'account_missing', [['/account_id', 'account_missing']]],
    ],
    [
      '/v1/payments',
      payment({ invoice_id: undefined, account_id: unknown.acc }),
      [422, 'unknown_account', [['/account_id', 'unknown_account']]],
    ],
    [
      '/v1/payments',
      payment({ invoice_id: undefined, account_id: order.account_id, received_on: '2026-11-25' }),
      [422, 'date_in_future', [['/received_on', 'date_in_future']]],
    ],
    ['/v1/payments', payment({ currency: 'XXQ' }), [422, 'unknown_currency', [['/currency', 'unknown_currency']]]],
    [
      '/v1/payments',
      payment({ allocations: [{ invoice_id: invoiceId, amount_minor: 1 }] }),
      [422, 'allocation_ambiguous', [['/allocations', 'allocation_ambiguous']]],
    ],
    [
      '/v1/payments',
      paid([100, 1]),
      [422, 'invoice_named_twice', [['/allocations/1/invoice_id', 'invoice_named_twice']]],
    ],
    ['/v1/payments', paid([101]), [422, 'allocations_exceed_amount', [['/allocations', 'allocations_exceed_amount']]]],
    [
      '/v1/payments',
      { ...paid([10_811]), amount_minor: 20_000 },
      [409, 'over_allocation', [['/allocations/0/amount_minor', 'over_allocation']]],
    ],
    [`/v1/quotes/${quoteId}/accept`, { issue_on: '2026-02-30' }, [422, 'invalid_date']],
    [`/v1/quotes/${quoteId}/issue`, undefined, [409, 'invalid_transition']],
    [`/v1/invoices/${invoiceId}/issue`, undefined, [409, 'invalid_transition']],
  ]
  for (const [url, body, expected] of cases) await stage.refused(t, ['POST', url, body], expected)
  const period = (query: string): [string, string] => ['GET', `/v1/exports/invoices.csv?${query}`]
  await stage.refused(t, period('from=2026-02-30'), [422, 'invalid_date', [['/from', 'invalid_date']]])
  await stage.refused(t, period('until=0000-01-01'), [422, 'invalid_date', [['/until', 'invalid_date']]])
  await stage.refused(t, period('from=2026-02-02&until=2026-02-01'), [
    422,
    'period_reversed',
    [['/until', 'period_reversed']],
  ])
})
