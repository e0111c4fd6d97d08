import Type from 'typebox'
import { AmountMinor, Body, Currency, Day, Id, Instant, Line, Nullable } from '../wire/fields.ts'

const Amount = Type.Integer({
  minimum: 1,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'What was paid, in minor units: 1050 is 10.50 EUR.',
})

export const RecordPayment = Body(
  {
    invoice_id: Id('inv', 'The invoice that is paid.'),
    token_id: Type.Optional(Id('tok', 'The vaulted instrument it was paid with.')),
    method: Type.Optional(
      Type.Enum(['bank_transfer', 'cash', 'other'], { description: 'How it was paid, where there is no token.' }),
    ),
    amount_minor: Amount,
    currency: Currency,
    received_on: Day('When the money came.'),
    reference: Type.Optional(Line(140, 'The bank’s or processor’s reference.')),
  },
  { description: 'Money that came in for an invoice.' },
)

export const PaymentWire = Type.Object({
  id: Id('pay', 'The payment.'),
  mode: Type.Enum(['test', 'live'], { description: 'Test or live data.' }),
  account_id: Id('acc', 'Whose payment it is.'),
  method: Type.String({ description: 'card, bank_account, paypal_account, bank_transfer, cash or other.' }),
  token_id: Nullable(Id('tok', 'The vaulted instrument.')),
  instrument: Nullable(Type.String({ description: 'Masked, such as Visa •••• 4242.' })),
  amount_minor: Amount,
  currency: Currency,
  received_on: Type.String({ description: 'When the money came, YYYY-MM-DD.' }),
  reference: Nullable(Type.String({ description: 'The bank’s or processor’s reference.' })),
  allocations: Type.Array(
    Type.Object({ invoice_id: Id('inv', 'The invoice.'), amount_minor: AmountMinor('What of the payment it got.') }),
    { description: 'What the payment was used for.' },
  ),
  created_at: Instant('When it was recorded.'),
})
