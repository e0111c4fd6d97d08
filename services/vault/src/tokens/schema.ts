import { problemResponses } from '@kontor/http-api'
import { type IdPrefix, idPattern } from '@kontor/ids'
import Type, { type Static } from 'typebox'

const Id = (prefix: IdPrefix, description: string) =>
  Type.String({ pattern: idPattern(prefix), maxLength: 30, description })
const TokenId = Id('tok', 'The token.')
const AccountId = Id('acc', 'The account that the instrument belongs to.')
const Text = (maxLength: number, description: string) => Type.String({ minLength: 1, maxLength, description })
const Closed = { additionalProperties: false }

const Holder = Type.Object(
  { name: Text(300, 'The holder’s name as the bank or scheme knows it, at most 200 characters. Sealed.') },
  { ...Closed, description: 'In whose name the instrument is.' },
)

/** No control characters and no half of a surrogate pair: PostgreSQL's jsonb holds neither NUL nor the latter. */
const PRINTABLE = '^[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff]*$'
const MetadataName = Type.String({ pattern: '^[A-Za-z0-9_.:-]{1,40}$' })
const Metadata = Type.Record(MetadataName, Type.String({ maxLength: 500, pattern: PRINTABLE }), {
  ...Closed,
  maxProperties: 50,
  description:
    'Your own references, stored in clear: not for personal data. At most 50 of 500 characters; what looks like a card or bank account number is refused.',
})

const Card = Type.Object(
  {
    number: Text(40, 'The card number (PAN), 12 to 19 digits; spaces and hyphens are taken.'),
    expiry_month: Type.Integer({ minimum: 1, maximum: 12, description: 'Month of expiry.' }),
    expiry_year: Type.Integer({ minimum: 2000, maximum: 2199, description: 'Year of expiry, four digits.' }),
    cvc: Type.Optional(
      Type.String({ minLength: 1, maxLength: 8, description: 'The verification code: checked for its form and thrown away.' }),
    ),
  },
  Closed,
)

const IbanAccount = Type.Object(
  {
    iban: Text(60, 'The IBAN (ISO 13616); spaces are taken.'),
    bic: Type.Optional(Text(20, 'The BIC of the bank (ISO 9362). Sealed.')),
  },
  { ...Closed, title: 'By IBAN' },
)

const UsAccount = Type.Object(
  {
    routing_number: Text(20, 'The nine digits of the bank (ABA).'),
    account_number: Text(40, 'The account number, 4 to 17 digits.'),
    account_type: Type.Enum(['checking', 'savings'], { description: 'What kind of account it is.' }),
  },
  { ...Closed, title: 'In the United States' },
)

const BankAccount = Type.Unsafe<Static<typeof IbanAccount> | Static<typeof UsAccount>>({
  type: 'object',
  description: 'Either an IBAN, or routing number, account number and account type.',
  oneOf: [IbanAccount, UsAccount],
})

const PaypalAccount = Type.Object(
  {
    email: Text(300, 'The e-mail address of the PayPal account.'),
    payer_id: Text(20, 'The payer id that PayPal gave, 13 upper-case letters and digits.'),
  },
  Closed,
)

const Common = {
  account_id: Type.Optional(AccountId),
  holder: Holder,
  metadata: Type.Optional(Metadata),
}
const CreateCard = Type.Object({ type: Type.Literal('card'), card: Card, ...Common }, { ...Closed, title: 'Card' })
const CreateBankAccount = Type.Object(
  { type: Type.Literal('bank_account'), bank_account: BankAccount, ...Common },
  { ...Closed, title: 'Bank account' },
)
const CreatePaypalAccount = Type.Object(
  { type: Type.Literal('paypal_account'), paypal_account: PaypalAccount, ...Common },
  { ...Closed, title: 'PayPal account' },
)

export type CreateTokenBody =
  | Static<typeof CreateCard>
  | Static<typeof CreateBankAccount>
  | Static<typeof CreatePaypalAccount>

/** `oneOf` with a discriminator, and not the `anyOf` of a TypeBox union: errors then speak of the one kind that is meant. */
const CreateTokenBody = Type.Unsafe<CreateTokenBody>({
  type: 'object',
  required: ['type'],
  discriminator: { propertyName: 'type' },
  oneOf: [CreateCard, CreateBankAccount, CreatePaypalAccount],
})

/** A token as it goes over the wire: masked values only. */
export const TokenWire = Type.Object({
  id: TokenId,
  mode: Type.Enum(['test', 'live'], { description: 'Of the API key.' }),
  type: Type.Enum(['card', 'bank_account', 'paypal_account'], { description: 'Names the member that describes the instrument.' }),
  account_id: Type.Union([AccountId, Type.Null()], { description: 'Null for a guest’s instrument.' }),
  display: Type.String({ description: 'One line for a person, such as Visa •••• 4242.' }),
  card: Type.Optional(
    Type.Object({
      brand: Type.String({ description: 'Such as visa; unknown for a brand that is none of ours.' }),
      bin: Type.Optional(Type.String({ description: 'The first 8 digits, 6 of a number with 14 or 15, absent below.' })),
      last_four: Type.String({ description: 'The last four digits.' }),
      expiry_month: Type.Integer({ description: '1 to 12.' }),
      expiry_year: Type.Integer({ description: 'Four digits.' }),
    }),
  ),
  bank_account: Type.Optional(
    Type.Object({
      country: Type.String({ description: 'ISO 3166-1 alpha-2.' }),
      last_four: Type.String({ description: 'The last four characters; two of a US number with fewer than eight digits.' }),
      routing_number: Type.Optional(Type.String({ description: 'Of a US account.' })),
      account_type: Type.Optional(Type.Enum(['checking', 'savings'], { description: 'Of a US account.' })),
    }),
  ),
  paypal_account: Type.Optional(
    Type.Object({ masked_email: Type.String({ description: 'Such as b•••@example.com.' }) }),
  ),
  metadata: Type.Record(Type.String(), Type.String(), { description: 'As it was given.' }),
  version: Type.Integer({ description: 'Grows by one with each change.' }),
  created_at: Type.String({ description: 'UTC, ISO 8601.' }),
})
export type TokenWire = Static<typeof TokenWire>

/** A token with everything that was sealed. */
export const RevealedWire = Type.Object({
  id: TokenId,
  mode: Type.Enum(['test', 'live'], { description: 'Of the API key.' }),
  type: Type.Enum(['card', 'bank_account', 'paypal_account'], { description: 'Names the member that holds the instrument.' }),
  account_id: Type.Union([AccountId, Type.Null()], { description: 'Null for a guest’s instrument.' }),
  card: Type.Optional(
    Type.Object({
      number: Type.String({ description: 'The card number, digits only.' }),
      expiry_month: Type.Integer({ description: '1 to 12.' }),
      expiry_year: Type.Integer({ description: 'Four digits.' }),
    }),
  ),
  bank_account: Type.Optional(
    Type.Object({
      iban: Type.Optional(Type.String({ description: 'Electronic form, no spaces.' })),
      bic: Type.Optional(Type.String({ description: 'As it was given.' })),
      routing_number: Type.Optional(Type.String({ description: 'Of a US account.' })),
      account_number: Type.Optional(Type.String({ description: 'Of a US account.' })),
      account_type: Type.Optional(Type.Enum(['checking', 'savings'], { description: 'Of a US account.' })),
    }),
  ),
  paypal_account: Type.Optional(
    Type.Object({
      email: Type.String({ description: 'The whole address.' }),
      payer_id: Type.String({ description: 'As PayPal gave it.' }),
    }),
  ),
  holder: Type.Object({ name: Type.String({ description: 'The holder’s name.' }) }),
})
export type RevealedWire = Static<typeof RevealedWire>

export const TokenListWire = Type.Object({
  data: Type.Array(TokenWire, { maxItems: 200, description: 'In the order of their ids, which is that of their making.' }),
  next_after: Type.Union([TokenId, Type.Null()], { description: 'Send it as after to read on; null at the end.' }),
})

const forwardedTenant = {
  'kontor-tenant': Type.Optional(Type.String({ description: 'With a service key: the tenant it acts for, ten_….' })),
}
const Headers = Type.Object(forwardedTenant)
const WritingHeaders = Type.Object({
  'idempotency-key': Type.String({
    description: 'Your own name for this one thing to be done, 8 to 128 of A-Z a-z 0-9 _ . : -; repeat it on a retry.',
  }),
  ...forwardedTenant,
})
const Params = Type.Object({ tokenId: TokenId })
const tags = ['Tokens']

export const createToken = {
  operationId: 'createToken',
  tags,
  summary: 'Tokenize an instrument',
  description:
    'Seals a card, bank account or PayPal account and answers with a token. The same request under the same Idempotency-Key answers the same, with `Idempotent-Replayed: true`.',
  headers: WritingHeaders,
  body: CreateTokenBody,
  response: { 201: TokenWire, ...problemResponses(400, 401, 403, 404, 410, 413, 415, 422, 500, 503, 504) },
}

export const getToken = {
  operationId: 'getToken',
  tags,
  summary: 'Read a token, masked',
  headers: Headers,
  params: Params,
  response: { 200: TokenWire, ...problemResponses(401, 403, 404, 410, 503) },
}

export const listTokens = {
  operationId: 'listTokens',
  tags,
  summary: 'List the tokens of an account, masked',
  headers: Headers,
  querystring: Type.Object(
    {
      account_id: AccountId,
      limit: Type.Optional(
        Type.String({ pattern: '^([1-9][0-9]?|1[0-9][0-9]|200)$', maxLength: 3, description: '1 to 200; 50 unless given.' }),
      ),
      after: Type.Optional(Id('tok', 'The last token of the page before.')),
    },
    Closed,
  ),
  response: { 200: TokenListWire, ...problemResponses(400, 401, 403, 410, 503) },
}

export const revealToken = {
  operationId: 'revealToken',
  tags,
  summary: 'Reveal an instrument',
  description:
    'Needs a key with the scope token.reveal and the purpose on its list; no role includes them. The event is committed before the answer leaves.',
  headers: Headers,
  params: Params,
  body: Type.Object(
    { purpose: Type.String({ pattern: '^[a-z][a-z0-9_]{0,62}$', maxLength: 63, description: 'Why: one of the key’s purposes.' }) },
    Closed,
  ),
  response: { 200: RevealedWire, ...problemResponses(400, 401, 403, 404, 410, 413, 415, 500, 503, 504) },
}

export const deleteToken = {
  operationId: 'deleteToken',
  tags,
  summary: 'Destroy an instrument',
  description:
    'Destroys the sealed record, fingerprints, masked values and metadata. May be repeated. Afterwards the token answers 410 `token_deleted`.',
  headers: Headers,
  params: Params,
  response: { 204: Type.Null({ description: 'Destroyed.' }), ...problemResponses(401, 403, 404, 410, 503, 504) },
}
