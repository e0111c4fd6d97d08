import Type from 'typebox'
import { documentFields, documentWire } from '../documents/schema.ts'
import { AmountMinor, Body, Id, Nullable } from '../wire/fields.ts'

export const CreateProforma = Body({ ...documentFields }, { description: 'What is to be paid before it is invoiced.' })

export const ProformaWire = Type.Object({
  id: Id('pro', 'The proforma.'),
  state: Type.Enum(['draft', 'issued', 'settled', 'cancelled'], {
    description: 'Settled means that nothing is open any more: it has become an invoice.',
  }),
  invoice_id: Nullable(Id('inv', 'The invoice that it became; still a draft for a moment.')),
  paid_minor: AmountMinor('What payments have of it; they move to the invoice.'),
  open_minor: AmountMinor('What is still to be paid.'),
  ...documentWire,
})
