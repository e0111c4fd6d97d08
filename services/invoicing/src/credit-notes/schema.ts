import Type from 'typebox'
import { RefundWire, usageWire } from '../balances/schema.ts'
import { documentFields, documentWire, PrecedingInvoiceWire } from '../documents/schema.ts'
import { AmountMinor, Body, Day, Decimal, ExternalId, Id, Nullable, Text } from '../wire/fields.ts'

const Reason = Text(500, 'Why, printed on the credit note.')

const Place = (description: string) => Type.Integer({ minimum: 1, maximum: 1000, description })

export const CreditInvoice = Body(
  {
    lines: Type.Optional(
      Type.Array(
        Type.Object(
          {
            line: Place('Its place on the invoice, from 1.'),
            quantity: Type.Optional(Decimal('How many of it are credited.')),
            amount_minor: Type.Optional(AmountMinor('By how much its price is lowered, in the prices of the invoice.')),
          },
          {
            additionalProperties: false,
            description: 'A line of the invoice; all that is left of it without quantity and amount_minor.',
          },
        ),
        { minItems: 1, maxItems: 1000, description: 'What is credited; everything that is left unless given.' },
      ),
    ),
    reason: Reason,
    issue_on: Type.Optional(Day('Issue date; the day it is issued unless given.')),
    external_id: Type.Optional(ExternalId),
  },
  {
    description:
      'What of an invoice is credited. Allowances, charges, VAT and rounding of the whole follow their lines.',
  },
)

export const CreateCreditNote = Body(
  {
    ...documentFields,
    preceding_invoice: Type.Optional(PrecedingInvoiceWire),
    reason: Type.Optional(Reason),
  },
  {
    description:
      'A credit note for an invoice that another system issued, or for what was supplied in a period: one of preceding_invoice and period is needed.',
  },
)

export const CancelInvoice = Body(
  {
    reason: Reason,
    replace: Type.Optional(
      Type.Boolean({ description: 'Whether to draft a new invoice with the same content in its place.' }),
    ),
  },
  { description: 'Why an invoice is taken back as a whole.' },
)

const CreditedLineWire = Type.Object({
  line: Place('Its place on the invoice, from 1.'),
  quantity: Nullable(Type.String({ description: 'How many of it are credited; null for a lower price.' })),
  amount_minor: AmountMinor('What is credited of it, in the prices of the invoice.'),
})

const creditNoteWire = {
  id: Id('cre', 'The credit note.'),
  state: Type.Enum(['draft', 'issued'], {
    description: 'A draft reserves what it credits; an issued one lowers what is open and does not change.',
  }),
  type_code: Type.Enum(['381', '261'], { description: '381 credit note, 261 self-billed (UNTDID 1001, BT-3).' }),
  corrects_id: Nullable(Id('inv', 'The invoice it credits; null where another system issued it.')),
  preceding_invoice: Type.Union([PrecedingInvoiceWire, Type.Null()], {
    description: 'The invoice it credits; null where it credits what was supplied in its period.',
  }),
  reason: Nullable(Type.String({ description: 'Why, as printed.' })),
  credited_lines: Type.Array(CreditedLineWire, { description: 'What it takes of which lines of an invoice of ours.' }),
  ...documentWire,
}

export const CreditNoteWire = Type.Object(creditNoteWire)

export const CreditNoteShownWire = Type.Object({
  ...creditNoteWire,
  ...usageWire,
  refunds: Type.Array(RefundWire, { description: 'What was sent back of it, in order; 200 at most.' }),
})

export const CancelledWire = Type.Object({
  ...creditNoteWire,
  replacement_id: Nullable(Id('inv', 'The draft that replaces the invoice, where one was asked for.')),
})
