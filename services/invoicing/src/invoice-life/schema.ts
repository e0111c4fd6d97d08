import Type from 'typebox'
import { Body, Day, Id, Instant, Text } from '../wire/fields.ts'

const Channel = Type.Enum(['email', 'post', 'portal', 'other'], { description: 'By which way it left the house.' })

export const RecordSent = Body(
  {
    channel: Channel,
    sent_on: Type.Optional(Day('The day it was sent; today in the issuer’s time zone unless given.')),
  },
  { description: 'That an invoice left the house.' },
)

export const SentWire = Type.Object({
  invoice_id: Id('inv', 'The invoice.'),
  channel: Channel,
  sent_on: Type.String({ description: 'The day it was sent, YYYY-MM-DD.' }),
  recorded_at: Instant('When it was recorded.'),
})

export const VoidInvoice = Body(
  { reason: Text(500, 'Why, for the record.') },
  { description: 'Why an invoice is void.' },
)

export const VoidWire = Type.Object({
  invoice_id: Id('inv', 'The invoice.'),
  number: Type.String({ description: 'Its number, which is not given again.' }),
  state: Type.Enum(['void'], { description: 'Where the invoice stands.' }),
  reason: Type.String({ description: 'Why.' }),
  voided_at: Instant('Since when.'),
})
