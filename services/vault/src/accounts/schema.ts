import { problemResponses } from '@kontor/http-api'
import { idPattern } from '@kontor/ids'
import Type, { type Static } from 'typebox'
import { forwardedTenant } from '../wire/headers.ts'

const AccountId = Type.String({ pattern: idPattern('acc'), maxLength: 30, description: 'The account of the customer.' })
const Params = Type.Object({ accountId: AccountId })
const Headers = Type.Object(forwardedTenant)
const Instant = (description: string) => Type.String({ description: `${description} UTC, ISO 8601.` })
const tags = ['Accounts']

/** What is answered when everything of a customer is destroyed. */
export const ErasureWire = Type.Object({
  account_id: AccountId,
  mode: Type.Enum(['test', 'live'], { description: 'Of the API key.' }),
  erased_at: Instant('When the data were destroyed.'),
  keys_destroyed_at: Instant('When the keys were destroyed: what a backup of the data still holds opens no more.'),
  final_at: Instant('When the last backup of the keys that may still hold them is gone.'),
  tokens_destroyed: Type.Integer({ description: 'Tokens that could be used until then.' }),
  receipt: Type.String({
    description:
      'The same, the tenant and what was destroyed, signed: a compact JWS (RFC 7515), ES256, typ kontor-erasure+jwt. Verify it with a key of GET /v1/signing-keys.',
  }),
})
export type ErasureWire = Static<typeof ErasureWire>

/** A legal hold as it goes over the wire. */
export const HoldWire = Type.Object({
  account_id: AccountId,
  reason: Type.String({ description: 'Your code for the duty.' }),
  until: Type.Union([Instant('When it ends by itself.'), Type.Null()], { description: 'Null until it is released.' }),
  placed_at: Instant('When it was placed or last changed.'),
})
export type HoldWire = Static<typeof HoldWire>

export const eraseAccount = {
  operationId: 'eraseAccount',
  tags,
  summary: 'Destroy everything of a customer',
  description:
    'Destroys every token of the account, its fingerprints, masked values, metadata and keys. Repeating it answers the same receipt. Afterwards everything about the account answers 410 `subject_erased`, a late retry of a request as well; that is so too for an account that the vault never saw. What a guest stored without an account is erased by deleting the token.',
  headers: Headers,
  params: Params,
  response: { 200: ErasureWire, ...problemResponses(401, 403, 423, 503, 504) },
}

export const getHold = {
  operationId: 'getHold',
  tags,
  summary: 'Read the legal hold of a customer',
  headers: Headers,
  params: Params,
  response: { 200: HoldWire, ...problemResponses(401, 403, 404, 410, 503) },
}

export const placeHold = {
  operationId: 'placeHold',
  tags,
  summary: 'Place a legal hold',
  description:
    'Keeps the data of the account from being erased (423 `legal_hold`), and nothing else: single tokens can still be deleted. Placing it again changes reason and end.',
  headers: Headers,
  params: Params,
  body: Type.Object(
    {
      reason: Type.String({
        pattern: '^[a-z0-9_]{1,63}$',
        maxLength: 63,
        description: 'Your code for the duty, such as tax_audit: no free text.',
      }),
      until: Type.Optional(
        Type.String({
          pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,3})?Z$',
          maxLength: 24,
          description: 'When it ends by itself, in UTC (RFC 3339); without it the hold stands until it is released.',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  response: { 200: HoldWire, ...problemResponses(400, 401, 403, 410, 413, 415, 422, 503, 504) },
}

export const releaseHold = {
  operationId: 'releaseHold',
  tags,
  summary: 'Release a legal hold',
  description: 'May be repeated, also where there is none.',
  headers: Headers,
  params: Params,
  response: { 204: Type.Null({ description: 'Released.' }), ...problemResponses(401, 403, 410, 503, 504) },
}
