import { problemResponses } from '@kontor/http-api'
import Type, { type Static, type TProperties } from 'typebox'
import { AccountId, Closed, CreateTokenBody, Id } from './request-schema.ts'

const TokenId = Id('tok', 'The token.')
const Text = (description: string) => Type.String({ description })
const AccountType = Type.Enum(['checking', 'savings'], { description: 'Of a US account.' })
/** The member that describes the instrument: there is the one that `type` names. */
const Member = <T extends TProperties>(description: string, fields: T) =>
  Type.Optional(Type.Object(fields, { description }))

const identity = {
  id: TokenId,
  mode: Type.Enum(['test', 'live'], { description: 'Of the API key.' }),
  type: Type.Enum(['card', 'bank_account', 'paypal_account'], {
    description: 'Names the kind of instrument, and the member that holds it.',
  }),
  account_id: Type.Union([AccountId, Type.Null()], { description: 'Null for a guest’s instrument.' }),
}
const expiry = {
  expiry_month: Type.Integer({ description: '1 to 12.' }),
  expiry_year: Type.Integer({ description: 'Four digits.' }),
}

/** A token as it goes over the wire: masked values only. */
export const TokenWire = Type.Object({
  ...identity,
  display: Text('One line for a person, such as Visa •••• 4242.'),
  card: Member('What is seen of a card.', {
    brand: Text('Such as visa; unknown for a brand that is none of ours.'),
    bin: Type.Optional(Text('The first 8 digits, 6 of a number with 14 or 15, absent below.')),
    last_four: Text('The last four digits.'),
    ...expiry,
  }),
  bank_account: Member('What is seen of a bank account.', {
    country: Text('ISO 3166-1 alpha-2.'),
    last_four: Text('The last four characters; two of a US number with fewer than eight digits.'),
    routing_number: Type.Optional(Text('Of a US account.')),
    account_type: Type.Optional(AccountType),
  }),
  paypal_account: Member('What is seen of a PayPal account.', {
    masked_email: Text('Such as b•••@example.com.'),
  }),
  metadata: Type.Record(Type.String(), Type.String(), { description: 'As it was given.' }),
  version: Type.Integer({ description: 'Grows by one with each change.' }),
  created_at: Text('UTC, ISO 8601.'),
})
export type TokenWire = Static<typeof TokenWire>

/** A token with everything that was sealed. */
export const RevealedWire = Type.Object({
  ...identity,
  card: Member('The card.', { number: Text('The card number, digits only.'), ...expiry }),
  bank_account: Member('The bank account, by IBAN or in the United States.', {
    iban: Type.Optional(Text('Electronic form, no spaces.')),
    bic: Type.Optional(Text('Upper case, no spaces.')),
    routing_number: Type.Optional(Text('Of a US account.')),
    account_number: Type.Optional(Text('Of a US account.')),
    account_type: Type.Optional(AccountType),
  }),
  paypal_account: Member('The PayPal account.', {
    email: Text('The whole address.'),
    payer_id: Text('As PayPal gave it.'),
  }),
  holder: Type.Object({ name: Text('As it was given.') }, { description: 'In whose name the instrument is.' }),
})
export type RevealedWire = Static<typeof RevealedWire>

export const TokenListWire = Type.Object({
  data: Type.Array(TokenWire, {
    maxItems: 200,
    description: 'In the order of their ids, which is that of their making.',
  }),
  next_after: Type.Union([TokenId, Type.Null()], { description: 'Send it as after to read on; null at the end.' }),
})

const forwardedTenant = {
  'kontor-tenant': Type.Optional(
    Type.String({ maxLength: 30, description: 'With a service key: the tenant it acts for, ten_….' }),
  ),
}
const Headers = Type.Object(forwardedTenant)
const WritingHeaders = Type.Object({
  'idempotency-key': Type.String({
    maxLength: 128,
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
        Type.String({
          pattern: '^([1-9][0-9]?|1[0-9][0-9]|200)$',
          maxLength: 3,
          description: '1 to 200; 50 unless given.',
        }),
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
    {
      purpose: Type.String({
        pattern: '^[a-z][a-z0-9_]{0,62}$',
        maxLength: 63,
        description: 'Why: one of the key’s purposes.',
      }),
    },
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
