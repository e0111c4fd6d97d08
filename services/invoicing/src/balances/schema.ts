import Type from 'typebox'
import { VatCategory } from '../documents/schema.ts'
import { AbsoluteMinor, AmountMinor, Body, Currency, Day, Id, Instant, Line, Nullable } from '../wire/fields.ts'
import { PayableId } from './document-id.ts'

export const PositiveMinor = (description: string) =>
  Type.Integer({
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    description: `${description} In minor units: 1050 is 10.50 EUR.`,
  })

export const CashDiscountAsked = Type.Boolean({
  description:
    'Whether the invoice’s discount for paying early is taken, on the share that is paid. The money came in time.',
})

export const Allocate = Body(
  {
    invoice_id: PayableId('The invoice or proforma that gets it.'),
    amount_minor: PositiveMinor('How much of it.'),
    cash_discount: Type.Optional(CashDiscountAsked),
  },
  { description: 'What is left of it, for an invoice.' },
)

export const Unallocate = Body(
  { invoice_id: PayableId('The invoice or proforma that loses it.'), amount_minor: PositiveMinor('How much of it.') },
  { description: 'What an invoice has of it, taken back.' },
)

const moneyOut = {
  amount_minor: PositiveMinor('What went out.'),
  refunded_on: Day('When it went out.'),
  reference: Type.Optional(Line(140, 'The bank’s or processor’s reference.')),
}

export const RecordRefund = Body(
  {
    ...moneyOut,
    invoice_id: Type.Optional(
      PayableId('The invoice whose allocation goes back; it is open again. What is left of it goes back otherwise.'),
    ),
  },
  { description: 'Money that was sent back.' },
)

export const RecordChargeback = Body(moneyOut, { description: 'Money that the payer’s bank took back.' })

export const AllocationsWire = Type.Array(
  Type.Object({
    invoice_id: PayableId('The invoice or proforma.'),
    amount_minor: AmountMinor('What it has of it.'),
  }),
  { description: 'What it was used for, in the order in which it was allocated.' },
)

/** What was made of a payment or credit note. */
export const usageWire = {
  allocated_minor: AbsoluteMinor('What invoices have of it.'),
  refunded_minor: AbsoluteMinor('What went back.'),
  credit_minor: AbsoluteMinor('What is left: the account’s credit.'),
  allocations: AllocationsWire,
}

export const CreditWire = Type.Object({
  payment_id: Nullable(Id('pay', 'The payment.')),
  credit_note_id: Nullable(Id('cre', 'The credit note.')),
  account_id: Id('acc', 'Whose it is.'),
  currency: Currency,
  amount_minor: AbsoluteMinor('What it is about.'),
  ...usageWire,
})

export const RefundWire = Type.Object({
  id: Id('rfd', 'The refund or chargeback.'),
  kind: Type.Enum(['refund', 'chargeback'], { description: 'Whether it was sent or taken back.' }),
  payment_id: Nullable(Id('pay', 'The payment it goes back from.')),
  credit_note_id: Nullable(Id('cre', 'The credit note it goes back from.')),
  account_id: Id('acc', 'Whose it is.'),
  currency: Currency,
  amount_minor: AmountMinor('What went out; negative where that was taken back.'),
  refunded_on: Type.String({ description: 'When it went out, YYYY-MM-DD.' }),
  reference: Nullable(Type.String({ description: 'The bank’s or processor’s reference.' })),
  charge_refund_id: Nullable(Id('crf', 'The refund of a charge that it is the money of.')),
  reverses_id: Nullable(Id('rfd', 'The refund that this one takes back, because it reached nobody.')),
  created_at: Instant('When it was recorded.'),
})

export const RefundDoneWire = Type.Object({
  ...RefundWire.properties,
  reopened: Type.Array(
    Type.Object({
      invoice_id: PayableId('The invoice or proforma.'),
      amount_minor: AbsoluteMinor('What is open on it again.'),
    }),
    { description: 'What was taken back from invoices.' },
  ),
})

export const WriteOff = Body(
  {
    amount_minor: Type.Optional(PositiveMinor('How much is given up; everything that is open unless given.')),
    reason: Line(200, 'Why.'),
  },
  { description: 'What is open on an invoice and will not be paid.' },
)

export const ReverseAdjustment = Body(
  { reason: Type.Optional(Line(200, 'Why.')) },
  { description: 'Why it is asked for again.' },
)

export const AdjustmentWire = Type.Object({
  id: Id('adj', 'The adjustment.'),
  invoice_id: Id('inv', 'The invoice.'),
  kind: Type.Enum(['write_off', 'cash_discount', 'small_difference'], { description: 'Why less is asked for.' }),
  amount_minor: AmountMinor('What is not asked for any more; negative where that was taken back.'),
  vat: Type.Array(
    Type.Object({
      category: VatCategory,
      rate: Nullable(Type.String({ description: 'Percent, as a decimal string; null for category O.' })),
      base_minor: AmountMinor('What it takes off the taxable amount.'),
      tax_minor: AmountMinor('What it takes off the VAT.'),
    }),
    { description: 'The correction of VAT, group by group. It adds up to the amount.' },
  ),
  reason: Nullable(Type.String({ description: 'Why.' })),
  payment_id: Nullable(Id('pay', 'The payment it came with.')),
  credit_note_id: Nullable(Id('cre', 'The credit note it came with.')),
  reverses_id: Nullable(Id('adj', 'The adjustment that this one takes back.')),
  adjusted_on: Type.String({ description: 'When, by the issuer’s calendar, YYYY-MM-DD.' }),
  created_at: Instant('When it was recorded.'),
})
