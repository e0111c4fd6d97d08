import Type from 'typebox'
import { documentFields, documentWire, InvoiceTypeCode, PrecedingInvoiceWire } from '../documents/schema.ts'
import { AmountMinor, Body, Id, Instant, Nullable } from '../wire/fields.ts'

export const CreateInvoice = Body(
  {
    ...documentFields,
    type_code: Type.Optional(InvoiceTypeCode),
    corrects_id: Type.Optional(Id('inv', 'The invoice of yours that an invoice of type 384 corrects.')),
    preceding_invoice: Type.Optional(PrecedingInvoiceWire),
  },
  { description: 'An invoice without a quote.' },
)

export const InvoiceState = Type.Enum(['draft', 'issued', 'void'], {
  description: 'Where the invoice stands; an issued one does not change, a void one keeps its number.',
})

export const InvoiceWire = Type.Object({
  id: Id('inv', 'The invoice.'),
  state: InvoiceState,
  sent_on: Nullable(Type.String({ description: 'The day it first left the house, YYYY-MM-DD.' })),
  voided_at: Nullable(Instant('Since when it is void.')),
  void_reason: Nullable(Type.String({ description: 'Why it is void.' })),
  type_code: InvoiceTypeCode,
  quote_id: Nullable(Id('quo', 'The quote it was made from.')),
  proforma_id: Nullable(Id('pro', 'The proforma that became it when it was paid.')),
  corrects_id: Nullable(Id('inv', 'The invoice that it corrects or replaces.')),
  preceding_invoice: Type.Union([PrecedingInvoiceWire, Type.Null()], {
    description: 'The invoice that it refers to, of another system or of ours.',
  }),
  corrected_by_ids: Type.Array(Id('cre', 'A credit note.'), {
    description: 'Its credit notes, drafts among them, in the order in which they were made.',
  }),
  replaced_by_ids: Type.Array(Id('inv', 'An invoice.'), { description: 'Invoices that correct or replace it.' }),
  payment_status: Nullable(
    Type.Enum(['open', 'partially_paid', 'paid', 'credited', 'written_off', 'settled'], {
      description:
        'Computed from what was paid, credited and given up. Credited: closed by credit notes alone; settled: nothing was to be paid. Null for a draft and for what is void.',
    }),
  ),
  overdue: Type.Boolean({ description: 'Whether something is open after the due date, by the issuer’s calendar.' }),
  paid_minor: AmountMinor('What was paid.'),
  credited_minor: AmountMinor('What credit notes took off.'),
  adjusted_minor: AmountMinor('What is not asked for any more: written off, cash discount, small differences.'),
  open_minor: AmountMinor('What is still to be paid.'),
  ...documentWire,
})
