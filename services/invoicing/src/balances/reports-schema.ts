import Type from 'typebox'
import { AbsoluteMinor, AmountMinor, Currency, Id, Nullable } from '../wire/fields.ts'

export const BalanceWire = Type.Object({
  account_id: Id('acc', 'The account.'),
  balances: Type.Array(
    Type.Object({
      currency: Currency,
      open_minor: AbsoluteMinor('What its invoices ask for.'),
      credit_minor: AbsoluteMinor('What is left of its payments and credit notes.'),
      prepaid_minor: AbsoluteMinor('What proformas have, before there is an invoice.'),
      balance_minor: AmountMinor('What it owes; negative where it is owed.'),
    }),
    { description: 'One for each currency that something was invoiced or paid in.' },
  ),
})

const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'

/** Where a page of a statement goes on. */
export const StatementCursor = Type.String({
  pattern: `^[0-9]{4}-[0-9]{2}-[0-9]{2}\\.${UUID}$`,
  maxLength: 47,
  description: '`next` of the page before.',
})

export const StatementWire = Type.Object({
  account_id: Id('acc', 'The account.'),
  currency: Currency,
  opening_minor: AmountMinor('What the account owed before the first day.'),
  closing_minor: AmountMinor('What it owes at the end of the last day.'),
  data: Type.Array(
    Type.Object({
      kind: Type.Enum(
        ['invoice', 'credit_note', 'payment', 'refund', 'chargeback', 'write_off', 'cash_discount', 'small_difference'],
        { description: 'What happened.' },
      ),
      id: Type.String({ description: 'Of the invoice, credit note, payment, refund or adjustment.' }),
      on: Type.String({ description: 'The day, YYYY-MM-DD.' }),
      number: Nullable(Type.String({ description: 'Of the document, where it is one.' })),
      amount_minor: AmountMinor('A claim; negative where the account owes less by it.'),
      balance_minor: AmountMinor('What the account owed after it.'),
    }),
    { description: 'By day, and in the order in which it was recorded.' },
  ),
  next: Nullable(Type.String({ description: 'Where the next page goes on; null on the last.' })),
})

export const AgedAccountWire = Type.Object({
  account_id: Id('acc', 'The account.'),
  customer_number: Type.String({ description: 'Its customer number.' }),
  open_minor: AbsoluteMinor('All that is open.'),
  current_minor: AbsoluteMinor('What is not late.'),
  days_1_30_minor: AbsoluteMinor('Late by up to 30 days.'),
  days_31_60_minor: AbsoluteMinor('Late by up to 60 days.'),
  days_61_90_minor: AbsoluteMinor('Late by up to 90 days.'),
  over_90_minor: AbsoluteMinor('Late by more.'),
})
