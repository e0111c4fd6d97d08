import Type from 'typebox'
import {
  Body,
  Endpoint,
  ExternalId,
  Id,
  Instant,
  Language,
  Line,
  Nullable,
  PostalAddress,
  Version,
} from '../wire/fields.ts'

export const Kind = Type.Enum(['person', 'company'], { description: 'Whether the customer is a person or a company.' })

const optional = {
  trading_name: Line(200, 'Name known by (BT-45).'),
  contact_name: Line(100, 'A person in the company (BT-56).'),
  legal_id: Line(60, 'Register number (BT-47).'),
  vat_id: Line(30, 'VAT id (BT-48).'),
  email: Line(254, 'Where documents are sent (BT-58).'),
  phone: Line(40, 'Where to ask about an order (BT-57).'),
  delivery_address: PostalAddress,
  endpoint: Endpoint,
}

export const CreateAccount = Body(
  {
    external_id: Type.Optional(ExternalId),
    kind: Kind,
    name: Line(200, 'Name to invoice (BT-44).'),
    language: Type.Optional(Language),
    billing_address: PostalAddress,
    trading_name: Type.Optional(optional.trading_name),
    contact_name: Type.Optional(optional.contact_name),
    legal_id: Type.Optional(optional.legal_id),
    vat_id: Type.Optional(optional.vat_id),
    email: Type.Optional(optional.email),
    phone: Type.Optional(optional.phone),
    delivery_address: Type.Optional(optional.delivery_address),
    endpoint: Type.Optional(optional.endpoint),
  },
  { description: 'A customer.' },
)

export const PatchAccount = Body(
  {
    kind: Type.Optional(Kind),
    name: Type.Optional(Line(200, 'Name to invoice.')),
    language: Type.Optional(Language),
    billing_address: Type.Optional(PostalAddress),
    trading_name: Type.Optional(Nullable(optional.trading_name)),
    contact_name: Type.Optional(Nullable(optional.contact_name)),
    legal_id: Type.Optional(Nullable(optional.legal_id)),
    vat_id: Type.Optional(Nullable(optional.vat_id)),
    email: Type.Optional(Nullable(optional.email)),
    phone: Type.Optional(Nullable(optional.phone)),
    delivery_address: Type.Optional(Nullable(optional.delivery_address)),
    endpoint: Type.Optional(Nullable(optional.endpoint)),
  },
  { description: 'What changes; null empties a field. Issued documents stay as they are.' },
)

export const AccountWire = Type.Object({
  id: Id('acc', 'The account.'),
  mode: Type.Enum(['test', 'live'], { description: 'Test or live data.' }),
  external_id: Nullable(ExternalId),
  customer_number: Type.String({ description: 'Nine digits, the last a check digit (Damm).' }),
  kind: Kind,
  name: Type.String({ description: 'Name to invoice.' }),
  trading_name: Nullable(Type.String({ description: 'Name known by.' })),
  contact_name: Nullable(Type.String({ description: 'A person in the company.' })),
  legal_id: Nullable(Type.String({ description: 'Register number.' })),
  vat_id: Nullable(Type.String({ description: 'VAT id.' })),
  email: Nullable(Type.String({ description: 'Where documents are sent.' })),
  phone: Nullable(Type.String({ description: 'Where to ask about an order.' })),
  language: Language,
  billing_address: PostalAddress,
  delivery_address: Nullable(PostalAddress),
  endpoint: Nullable(Endpoint),
  version: Version,
  created_at: Instant('When it was made.'),
})
