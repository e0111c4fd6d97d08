import Type from 'typebox'
import { documentFields, documentWire, InvoiceTypeCode } from '../documents/schema.ts'
import { Body, Day, ExternalId, Id, Nullable } from '../wire/fields.ts'

export const CreateQuote = Body(
  { ...documentFields, valid_until: Type.Optional(Day('The last day on which it can be accepted.')) },
  { description: 'An offer to a customer.' },
)

export const AcceptQuote = Body(
  {
    external_id: Type.Optional(ExternalId),
    type_code: Type.Optional(InvoiceTypeCode),
    issue_on: Type.Optional(Day('Issue date of the invoice; the day it is issued unless given.')),
    due_on: Type.Optional(Day('When the invoice is due; as in the quote unless given.')),
  },
  { description: 'What the invoice gets that is made from the quote.' },
)

export const QuoteWire = Type.Object({
  id: Id('quo', 'The quote.'),
  state: Type.Enum(['draft', 'issued', 'accepted'], { description: 'Where the quote stands.' }),
  valid_until: Nullable(Type.String({ description: 'The last day on which it can be accepted.' })),
  invoice_id: Nullable(Id('inv', 'The invoice that was made from it.')),
  ...documentWire,
})
