import { problemResponses } from '@kontor/http-api'
import Type, { type Static, type TProperties } from 'typebox'
import { forwardedTenant, ifMatch, versioned } from '../wire/headers.ts'
import { FIELDS } from './fields.ts'
import { AccountId, AttachTokenBody, Closed, CreateTokenBody, Id, UpdateTokenBody } from './request-schema.ts'

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
  expires_at: Type.Union([Type.String(), Type.Null()], {
    description: 'From this instant on the token is gone; UTC, ISO 8601; null for no end.',
  }),
  version: Type.Integer({ description: 'Grows by one with each change.' }),
  created_at: Text('UTC, ISO 8601.'),
})
export type TokenWire = Static<typeof TokenWire>

/** A token that was there before, given as the answer to a request to make it. */
export const ExistingTokenWire = Type.Object({
  ...TokenWire.properties,
  duplicate: Type.Optional(Type.Boolean({ description: 'True: the account had this very instrument already.' })),
})
export type ExistingTokenWire = Static<typeof ExistingTokenWire>

/** A token with what was asked for of what was sealed. */
export const RevealedWire = Type.Object({
  ...identity,
  card: Member('Of a card.', {
    number: Type.Optional(Text('The card number, digits only: field number.')),
    expiry_month: Type.Optional(Type.Integer({ description: '1 to 12: field expiry.' })),
    expiry_year: Type.Optional(Type.Integer({ description: 'Four digits: field expiry.' })),
  }),
  bank_account: Member('Of a bank account, by IBAN or in the United States.', {
    iban: Type.Optional(Text('Electronic form, no spaces.')),
    bic: Type.Optional(Text('Upper case, no spaces; absent if none was given.')),
    routing_number: Type.Optional(Text('Of a US account: field account_number.')),
    account_number: Type.Optional(Text('Of a US account.')),
    account_type: Type.Optional(AccountType),
  }),
  paypal_account: Member('Of a PayPal account.', {
    email: Type.Optional(Text('The whole address.')),
    payer_id: Type.Optional(Text('As PayPal gave it.')),
  }),
  holder: Member('In whose name the instrument is.', { name: Text('As it was given: field holder_name.') }),
})
export type RevealedWire = Static<typeof RevealedWire>

export const TokenListWire = Type.Object({
  data: Type.Array(TokenWire, {
    maxItems: 200,
    description: 'In the order of their ids, which is that of their making.',
  }),
  next_after: Type.Union([TokenId, Type.Null()], { description: 'Send it as after to read on; null at the end.' }),
})

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
    'Seals a card, bank account or PayPal account and answers with a token. The same request under the same Idempotency-Key answers the same, with `Idempotent-Replayed: true`. What happens to an instrument whose number is known is chosen by `on_duplicate`: 409 `duplicate_token` where it is refused, 409 `duplicate_differs` where the one there is has another expiry or holder.',
  headers: WritingHeaders,
  body: CreateTokenBody,
  response: {
    200: versioned(ExistingTokenWire),
    201: versioned(TokenWire),
    ...problemResponses(400, 401, 403, 404, 409, 410, 413, 415, 422, 500, 503, 504),
  },
}

export const getToken = {
  operationId: 'getToken',
  tags,
  summary: 'Read a token, masked',
  headers: Headers,
  params: Params,
  response: { 200: versioned(TokenWire), ...problemResponses(401, 403, 404, 410, 503) },
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

export const updateToken = {
  operationId: 'updateToken',
  tags,
  summary: 'Change expiry, holder, metadata or end of a token',
  description:
    'A merge patch (RFC 7396). Needs `If-Match` with the version that was read: 428 `if_match_required`, 412 `version_conflict`. The record is sealed anew; the number never changes.',
  headers: Type.Object({
    ...ifMatch,
    ...forwardedTenant,
  }),
  params: Params,
  body: UpdateTokenBody,
  response: {
    200: versioned(TokenWire),
    ...problemResponses(400, 401, 403, 404, 410, 412, 413, 415, 422, 428, 500, 503, 504),
  },
}

export const attachToken = {
  operationId: 'attachToken',
  tags,
  summary: 'Attach a guest’s token to an account',
  description:
    'Seals the instrument anew for the account, as a new token. The old id answers 410 `token_moved` from then on, naming the new one, and its content and key are destroyed. Whether the account has the same instrument already is not looked at.',
  headers: WritingHeaders,
  params: Params,
  body: AttachTokenBody,
  response: {
    201: versioned(TokenWire),
    ...problemResponses(400, 401, 403, 404, 409, 410, 413, 415, 422, 500, 503, 504),
  },
}

export const revealToken = {
  operationId: 'revealToken',
  tags,
  summary: 'Reveal fields of an instrument',
  description:
    'Needs the scope `token.reveal:<type>:<field>` for each field, such as `token.reveal:card:number`, and the purpose on the list of the key; no role includes them. Fields of a card: number, expiry, holder_name; of a bank account: iban, bic, account_number (with routing number and account type), holder_name; of a PayPal account: email, payer_id, holder_name. The event is committed before the answer leaves. A key reveals only so often in a minute: 429 `reveal_budget_exceeded`.',
  headers: Headers,
  params: Params,
  body: Type.Object(
    {
      fields: Type.Array(Type.Enum([...FIELDS], { description: 'A field of the instrument.' }), {
        minItems: 1,
        maxItems: 8,
        uniqueItems: true,
        description: 'What is to be revealed; nothing else is.',
      }),
      purpose: Type.String({
        pattern: '^[a-z][a-z0-9_]{0,62}$',
        maxLength: 63,
        description: 'Why: one of the key’s purposes.',
      }),
    },
    Closed,
  ),
  response: { 200: RevealedWire, ...problemResponses(400, 401, 403, 404, 410, 413, 415, 422, 429, 500, 503, 504) },
}

export const deleteToken = {
  operationId: 'deleteToken',
  tags,
  summary: 'Destroy an instrument',
  description:
    'Destroys the sealed record, fingerprints, masked values and metadata. May be repeated. Afterwards the token answers 410 `token_deleted`. A token that was attached to an account lives on under its new id: 410 `token_moved`.',
  headers: Headers,
  params: Params,
  response: { 204: Type.Null({ description: 'Destroyed.' }), ...problemResponses(401, 403, 404, 410, 503, 504) },
}
