import { problemResponses } from '@kontor/http-api'
import { idPattern } from '@kontor/ids'
import { DECLINE_REASONS } from '@kontor/processors'
import Type, { type Static } from 'typebox'
import { TokenWire } from '../tokens/schema.ts'
import { forwardedTenant } from '../wire/headers.ts'

const Closed = { additionalProperties: false }
const Text = (description: string, maxLength = 255) => Type.String({ maxLength, description })
const TokenId = Type.String({ pattern: idPattern('tok'), maxLength: 30, description: 'The token.' })
const ProcessorName = Type.Enum(['stripe', 'paypal', 'test'], {
  description: 'Who is asked to keep the instrument; the test processor in test mode alone.',
})
const PRINTABLE = '^[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff]*$'
const Url = (description: string) => Type.String({ minLength: 8, maxLength: 2_000, pattern: PRINTABLE, description })

const RegisterBody = Type.Object(
  {
    processor: ProcessorName,
    cvc: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 8,
        description: 'Of a card: sent to the processor, and stored in no form. Repeat it on a retry.',
      }),
    ),
    email: Type.Optional(
      Type.String({
        maxLength: 254,
        pattern:
          '^[^\\s@\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff]{1,64}@[^\\s@\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff]{1,189}$',
        description: 'Of the payer, for a bank account: sent to the processor, and not stored.',
      }),
    ),
    mandate: Type.Optional(
      Type.Object(
        {
          accepted_at: Type.String({
            maxLength: 35,
            pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?(Z|[+-]\\d\\d:\\d\\d)$',
            description: 'When its holder agreed; RFC 3339.',
          }),
          ip_address: Type.Optional(Text('Where they agreed online; together with user_agent.', 45)),
          user_agent: Type.Optional(
            Type.String({
              minLength: 1,
              maxLength: 500,
              pattern: PRINTABLE,
              description: 'The browser they agreed with.',
            }),
          ),
        },
        {
          ...Closed,
          description: 'Of a bank account: the permission to debit it. Sent to the processor, and not stored.',
        },
      ),
    ),
    return_url: Type.Optional(Url('Where a payer who has to agree at the processor comes back to.')),
    cancel_url: Type.Optional(Url('Where a payer who does not agree comes back to.')),
  },
  Closed,
)
export type RegisterBody = Static<typeof RegisterBody>

const KIND = { description: 'Names what the payer does.' }

const Registration = Type.Object({
  token_id: TokenId,
  processor: ProcessorName,
  state: Type.Enum(['registered', 'requires_action', 'pending', 'declined'], {
    description:
      'registered: it can be charged by the reference. requires_action: the payer has to agree first, then finish. pending: the processor decides later, then finish. declined: it is not kept.',
  }),
  reference: Type.Union(
    [
      Type.Object(
        {
          type: Type.Enum(['card', 'sepa_debit', 'paypal'], { description: 'How it is charged.' }),
          instrument: Text('The processor’s name of the instrument.'),
          customer: Type.Optional(Text('The processor’s name of who it belongs to there.')),
          mandate: Type.Optional(Text('The processor’s name of the permission.')),
        },
        { description: 'What it is charged by. It is worth nothing without the tenant’s credentials.' },
      ),
      Type.Null(),
    ],
    { description: 'Null unless it is registered.' },
  ),
  action: Type.Union(
    [
      Type.Object(
        { type: Type.Literal('redirect', KIND), url: Text('Where the payer agrees.', 4_000) },
        { description: 'Send the payer there.' },
      ),
      Type.Object(
        { type: Type.Literal('client_secret', KIND), client_secret: Text('A credential for this one registration.') },
        { description: 'For the processor’s script in the payer’s browser. Store and log it nowhere.' },
      ),
      Type.Null(),
    ],
    { description: 'What the payer has to do; null where there is nothing, and in lists.' },
  ),
  decline: Type.Union(
    [
      Type.Object(
        {
          reason: Type.Enum(Object.keys(DECLINE_REASONS), { description: 'Why, in our words.' }),
          soft: Type.Boolean({ description: 'Whether the same may succeed later, under a new Idempotency-Key.' }),
        },
        { description: 'Why the processor does not keep it.' },
      ),
      Type.Null(),
    ],
    { description: 'Null unless it is declined.' },
  ),
})
export type Registration = Static<typeof Registration>

const ListedRegistration = Type.Object({
  ...Registration.properties,
  attempt: Type.Integer({
    minimum: 1,
    description: 'Which attempt of the token it is, from 1, whatever the processor.',
  }),
  outdated: Type.Boolean({
    description:
      'The card has another expiry now than when it was sent: register it again, under a new Idempotency-Key.',
  }),
})
export type ListedRegistration = Static<typeof ListedRegistration>

const Headers = Type.Object(forwardedTenant)
const Params = Type.Object({ tokenId: TokenId })
const tags = ['Registrations']

/** What a processor makes of it besides an answer. */
const outcomes = {
  ...problemResponses(502, 504),
  504: {
    description: 'The processor may have carried it out or not: repeat the same request under the same key.',
    content: { 'application/problem+json': { schema: { $ref: 'Problem#' } } },
  },
}

export const registerToken = {
  operationId: 'registerToken',
  tags,
  summary: 'Make a processor keep an instrument',
  description:
    'Opens the instrument and sends it to the tenant’s processor, once: a retry under the same Idempotency-Key is the same request there. 201 is how this request was answered, a decline too; 200 says that the token is registered there already, or waits for the payer. 422 `processor_not_configured`, `instrument_not_accepted`, `mandate_required`, `email_required`, `return_url_required`; 409 while another request is at work (`registration_in_progress`) or when this one is too old to be repeated (`registration_key_expired`); 429 `too_many_declines` after five declines in an hour.',
  headers: Type.Object({
    'idempotency-key': Type.String({
      maxLength: 128,
      description:
        'Your own name for this one thing to be done, 8 to 128 of A-Z a-z 0-9 _ . : -; repeat it on a retry.',
    }),
    ...forwardedTenant,
  }),
  params: Params,
  body: RegisterBody,
  response: {
    200: Registration,
    201: Registration,
    ...problemResponses(400, 401, 403, 404, 409, 410, 413, 415, 422, 429, 500, 503),
    ...outcomes,
  },
}

export const listRegistrations = {
  operationId: 'listRegistrations',
  tags,
  summary: 'List where a token is registered',
  description:
    'For each processor the newest attempt that came to something, and the token itself: all that a charge has to know. To ask the processor again, finish.',
  headers: Headers,
  params: Params,
  response: {
    200: Type.Object({
      token: Type.Object(TokenWire.properties, { description: 'The token, masked.' }),
      data: Type.Array(ListedRegistration, { maxItems: 10, description: 'One for each processor.' }),
    }),
    ...problemResponses(401, 403, 404, 410, 500, 503),
  },
}

export const finishRegistration = {
  operationId: 'finishRegistration',
  tags,
  summary: 'Ask what became of a registration',
  description:
    'After `requires_action`, when the payer is back, and after `pending`. May be repeated: what is settled is answered as it is.',
  headers: Headers,
  params: Type.Object({ tokenId: TokenId, processor: ProcessorName }),
  response: {
    200: Registration,
    ...problemResponses(401, 403, 404, 409, 410, 422, 500, 503),
    ...outcomes,
  },
}
