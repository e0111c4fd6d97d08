import Type from 'typebox'
import { documentFields, documentWire, InvoiceTypeCode } from '../documents/schema.ts'
import { AmountMinor, Body, Id, Nullable } from '../wire/fields.ts'

export const CreateInvoice = Body(
  { ...documentFields, type_code: Type.Optional(InvoiceTypeCode) },
  { description: 'An invoice without a quote.' },
)

export const InvoiceWire = Type.Object({
  id: Id('inv', 'The invoice.'),
  state: Type.Enum(['draft', 'issued'], { description: 'Where the invoice stands; an issued one does not change.' }),
  type_code: InvoiceTypeCode,
  quote_id: Nullable(Id('quo', 'The quote it was made from.')),
  payment_status: Nullable(
    Type.Enum(['open', 'partially_paid', 'paid', 'settled'], {
      description: 'Computed from what was paid; settled means that nothing was to be paid. Null for a draft.',
    }),
  ),
  overdue: Type.Boolean({ description: 'Whether something is open after the due date, by the issuer’s calendar.' }),
  paid_minor: AmountMinor('What was paid.'),
  open_minor: AmountMinor('What is still to be paid.'),
  ...documentWire,
})
