import Type from 'typebox'
import { documentFields, documentWire, InvoiceTypeCode } from '../documents/schema.ts'
import { Body, Day, Decimal, ExternalId, Id, Instant, Line, Nullable, Text } from '../wire/fields.ts'

const validUntil = Type.Optional(Day('The last day on which it can be accepted, where the issuer is.'))

export const CreateQuote = Body(
  { ...documentFields, valid_until: validUntil },
  { description: 'An offer to a customer.' },
)

const { account_id: _account, issuer_id: _issuer, ...revisedFields } = documentFields

export const ReviseQuote = Body(
  { ...revisedFields, valid_until: validUntil },
  { description: 'The whole new offer, of the same issuer to the same customer. What is left out is not taken over.' },
)

/** What the invoice gets that is made from a quote. */
const invoiceFields = {
  external_id: Type.Optional(ExternalId),
  type_code: Type.Optional(InvoiceTypeCode),
  issue_on: Type.Optional(Day('Issue date of the invoice; the day it is issued unless given.')),
  due_on: Type.Optional(Day('When the invoice is due; as in the quote unless given.')),
}

const acceptedBy = {
  name: Line(200, 'The name of whoever accepted.'),
  role: Type.Optional(Line(100, 'In what function, such as managing director.')),
}

export const AcceptQuote = Body(
  {
    accepted_by: Type.Optional(
      Type.Object(acceptedBy, { additionalProperties: false, description: 'Who accepted it on the customer’s side.' }),
    ),
    from_address: Type.Optional(
      Type.String({
        pattern: '^[0-9A-Fa-f.:]{2,45}$',
        maxLength: 45,
        description: 'From which network address it was accepted, IPv4 or IPv6: the customer’s, not yours.',
      }),
    ),
    note: Type.Optional(Text(2000, 'What was said about it.')),
    convert: Type.Optional(
      Type.Enum(['all', 'none'], {
        description: 'Whether the acceptance makes an invoice draft of everything at once, which it does unless given.',
      }),
    ),
    ...invoiceFields,
  },
  { description: 'That the customer accepted, and what the invoice gets that is made at once.' },
)

export const ConvertQuote = Body(
  {
    lines: Type.Optional(
      Type.Array(
        Type.Object(
          {
            line: Type.Integer({ minimum: 1, maximum: 1000, description: 'Position on the quote, from 1.' }),
            quantity: Decimal('How much of it.'),
          },
          { additionalProperties: false },
        ),
        { minItems: 1, maxItems: 1000, description: 'What is to be invoiced; all that is left unless given.' },
      ),
    ),
    ...invoiceFields,
  },
  { description: 'What of an accepted quote becomes an invoice draft.' },
)

export const EndQuote = Body(
  { reason: Type.Optional(Line(500, 'Why.')) },
  { description: 'That nothing comes of the quote.' },
)

const AcceptanceWire = Type.Object(
  {
    accepted_at: Instant('When it was accepted.'),
    accepted_by: Type.Union([Type.Object(acceptedBy), Type.Null()], { description: 'Who, if it was said.' }),
    from_address: Nullable(Type.String({ description: 'From which network address.' })),
    note: Nullable(Type.String({ description: 'What was said about it.' })),
    terms_hash: Type.String({
      description: 'SHA-256, hexadecimal, of what GET /v1/quotes/{id}/terms answers: what was accepted.',
    }),
  },
  { description: 'Who accepted it, when, from where, and what.' },
)

const ConversionWire = Type.Object(
  {
    status: Type.Enum(['none', 'partial', 'whole'], { description: 'How much of it was made into invoices.' }),
    lines: Type.Array(
      Type.Object({
        line: Type.Integer({ description: 'Position on the quote, from 1.' }),
        quoted: Type.String({ description: 'The quantity on the quote.' }),
        converted: Type.String({ description: 'How much of it is on invoices.' }),
        remaining: Type.String({ description: 'How much is left.' }),
      }),
      { description: 'In the order of the lines.' },
    ),
  },
  { description: 'What became of its lines.' },
)

export const QuoteStateWire = Type.Enum(
  ['draft', 'sent', 'accepted', 'declined', 'expired', 'cancelled', 'superseded'],
  { description: 'Where the quote stands; issuing it is sending it.' },
)

export const QuoteWire = Type.Object({
  id: Id('quo', 'The quote.'),
  state: QuoteStateWire,
  valid_until: Nullable(Type.String({ description: 'The last day on which it can be accepted.' })),
  revision: Type.Integer({ description: '1, and one more for each revision.' }),
  revises_id: Nullable(Id('quo', 'The quote that it revises.')),
  superseded_by: Nullable(Id('quo', 'The revision that took its place.')),
  acceptance: Nullable(AcceptanceWire),
  ended_at: Nullable(Instant('When it was declined, cancelled or superseded.')),
  reason: Nullable(Type.String({ description: 'Why it was declined or cancelled.' })),
  conversion: Nullable(ConversionWire),
  invoice_id: Nullable(Id('inv', 'The first invoice that was made from it.')),
  invoice_ids: Type.Array(Id('inv', 'An invoice that was made from it.'), {
    description: 'In the order they were made.',
  }),
  ...documentWire,
})
