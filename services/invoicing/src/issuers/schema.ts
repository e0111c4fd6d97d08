import Type from 'typebox'
import {
  Body,
  Currency,
  Endpoint,
  ExternalId,
  Id,
  Instant,
  Language,
  Line,
  Nullable,
  PostalAddress,
  PrintedIban,
  Version,
} from '../wire/fields.ts'

export const PayeeAccountWire = Type.Object(
  {
    iban: Type.Optional(PrintedIban('IBAN (ISO 13616), with or without spaces. A wrong check digit is a warning.')),
    account_number: Type.Optional(Line(34, 'An account number where there is no IBAN.')),
    bic: Type.Optional(Line(11, 'BIC (ISO 9362).')),
    bank_name: Type.Optional(Line(100, 'Name of the bank.')),
  },
  { additionalProperties: false, description: 'Where customers pay to (EN 16931 BG-17).' },
)

const SmallDifference = Type.Integer({
  minimum: 0,
  maximum: 1_000_000,
  description:
    'Up to which amount what is left open after a payment is not asked for, in minor units of the invoice; 0 unless given.',
})

export const PatchIssuer = Body({ small_difference_minor: SmallDifference }, { description: 'What changes.' })

const fields = {
  name: Line(200, 'Registered name (BT-27).'),
  trading_name: Type.Optional(Line(200, 'Name known by (BT-28).')),
  legal_id: Type.Optional(Line(60, 'Register number (BT-30).')),
  vat_id: Type.Optional(Line(30, 'VAT id (BT-31).')),
  tax_number: Type.Optional(Line(30, 'Tax number (BT-32).')),
  address: PostalAddress,
  contact_name: Type.Optional(Line(100, 'Whom customers can ask (BT-41).')),
  phone: Type.Optional(Line(40, 'Where customers can ask (BT-42).')),
  email: Type.Optional(Line(254, 'Where customers can ask (BT-43).')),
  endpoint: Type.Optional(Endpoint),
  payee_accounts: Type.Optional(
    Type.Array(PayeeAccountWire, { maxItems: 10, description: 'Accounts that customers pay to.' }),
  ),
  time_zone: Type.Optional(Line(64, 'IANA time zone in which “today” is decided, Europe/Zurich unless given.')),
  currency: Type.Optional(Currency),
  language: Type.Optional(Language),
  small_difference_minor: Type.Optional(SmallDifference),
}

export const CreateIssuer = Body(
  { external_id: Type.Optional(ExternalId), ...fields },
  { description: 'A legal entity that issues documents.' },
)

export const Warning = Type.Object({
  path: Type.String({ description: 'A JSON pointer to the field.' }),
  code: Type.String({ description: 'Stable and snake_case.' }),
  message: Type.String({ description: 'What is odd about it.' }),
})

export const IssuerWire = Type.Object({
  id: Id('iss', 'The issuer.'),
  mode: Type.Enum(['test', 'live'], { description: 'Test or live data.' }),
  external_id: Nullable(ExternalId),
  name: Type.String({ description: 'Registered name.' }),
  trading_name: Nullable(Type.String({ description: 'Name known by.' })),
  legal_id: Nullable(Type.String({ description: 'Register number.' })),
  vat_id: Nullable(Type.String({ description: 'VAT id.' })),
  tax_number: Nullable(Type.String({ description: 'Tax number.' })),
  address: PostalAddress,
  contact_name: Nullable(Type.String({ description: 'Whom customers can ask.' })),
  phone: Nullable(Type.String({ description: 'Where customers can ask.' })),
  email: Nullable(Type.String({ description: 'Where customers can ask.' })),
  endpoint: Nullable(Endpoint),
  payee_accounts: Type.Array(PayeeAccountWire, { description: 'Accounts that customers pay to.' }),
  time_zone: Type.String({ description: 'IANA time zone.' }),
  currency: Currency,
  language: Language,
  small_difference_minor: SmallDifference,
  has_logo: Type.Boolean({ description: 'Whether a logo is printed.' }),
  warnings: Type.Array(Warning, { description: 'What was taken although it looks wrong.' }),
  version: Version,
  created_at: Instant('When it was made.'),
})
