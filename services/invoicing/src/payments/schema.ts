import Type from 'typebox'
import { PayableId } from '../balances/document-id.ts'
import { CashDiscountAsked, PositiveMinor, RefundWire, usageWire } from '../balances/schema.ts'
import { Body, Currency, Day, Id, Instant, Line, Nullable } from '../wire/fields.ts'

export const RecordPayment = Body(
  {
    account_id: Type.Optional(Id('acc', 'Whose payment it is; the invoice’s account unless given.')),
    invoice_id: Type.Optional(
      PayableId('The invoice or proforma that is paid. What is more than is open on it becomes the account’s credit.'),
    ),
    allocations: Type.Optional(
      Type.Array(
        Type.Object(
          {
            invoice_id: PayableId('An invoice or proforma of the account.'),
            amount_minor: PositiveMinor('What it gets; never more than is open on it.'),
            cash_discount: Type.Optional(CashDiscountAsked),
          },
          { additionalProperties: false },
        ),
        { minItems: 1, maxItems: 100, description: 'What the payment is for, where that is known exactly.' },
      ),
    ),
    token_id: Type.Optional(Id('tok', 'The vaulted instrument it was paid with.')),
    method: Type.Optional(
      Type.Enum(['bank_transfer', 'cash', 'other'], { description: 'How it was paid, where there is no token.' }),
    ),
    amount_minor: PositiveMinor('What was paid.'),
    currency: Currency,
    received_on: Day('When the money came.'),
    reference: Type.Optional(Line(140, 'The bank’s or processor’s reference.')),
  },
  { description: 'Money that came in.' },
)

export const PaymentWire = Type.Object({
  id: Id('pay', 'The payment.'),
  mode: Type.Enum(['test', 'live'], { description: 'Test or live data.' }),
  account_id: Id('acc', 'Whose payment it is.'),
  method: Type.String({ description: 'card, bank_account, paypal_account, bank_transfer, cash or other.' }),
  token_id: Nullable(Id('tok', 'The vaulted instrument.')),
  instrument: Nullable(Type.String({ description: 'Masked, such as Visa •••• 4242.' })),
  amount_minor: PositiveMinor('What was paid.'),
  currency: Currency,
  received_on: Type.String({ description: 'When the money came, YYYY-MM-DD.' }),
  reference: Nullable(Type.String({ description: 'The bank’s or processor’s reference.' })),
  charge_id: Nullable(Id('chg', 'The charge it was taken with, where a processor took it.')),
  ...usageWire,
  refunds: Type.Array(RefundWire, { description: 'What went back, in order; 200 at most.' }),
  created_at: Instant('When it was recorded.'),
})
