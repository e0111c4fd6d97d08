import Type, { type TOptional, type TSchema } from 'typebox'
import { CreditInvoice } from '../credit-notes/schema.ts'
import { documentFields, InvoiceTypeCode, PrecedingInvoiceWire } from '../documents/schema.ts'
import { Body, Day, Nullable } from '../wire/fields.ts'

const { account_id, issuer_id, external_id, currency, lines, ...rest } = documentFields

/** Fields that may be left out of an order, each of which may also be taken away. */
type Removable<T extends Record<string, TSchema>> = {
  [Name in keyof T]: TOptional<ReturnType<typeof Nullable<T[Name]>>>
}

function removable<T extends Record<string, TSchema>>(fields: T): Removable<T> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, schema]) => [name, Type.Optional(Nullable(schema))]),
  ) as Removable<T>
}

const orderChange = { ...removable(rest), currency: Type.Optional(currency), lines: Type.Optional(lines) }
const description = 'Fields that are given replace what the draft has, null takes one away, the others stay.'

export const PatchQuote = Body(
  { ...orderChange, valid_until: Type.Optional(Nullable(Day('The last day on which it can be accepted.'))) },
  { description },
)

export const PatchInvoice = Body(
  {
    ...orderChange,
    type_code: Type.Optional(InvoiceTypeCode),
    preceding_invoice: Type.Optional(Nullable(PrecedingInvoiceWire)),
  },
  { description },
)

const { external_id: _, reason, lines: creditLines, issue_on } = CreditInvoice.properties
export const PatchCreditNote = Body(
  {
    reason: Type.Optional(reason),
    issue_on: Type.Optional(Nullable(issue_on)),
    lines: Type.Optional(creditLines),
  },
  { description: 'Lines that are given are judged anew, over all other credit notes; the others stay.' },
)
