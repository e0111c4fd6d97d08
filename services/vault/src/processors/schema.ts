import { problemResponses } from '@kontor/http-api'
import Type, { type Static } from 'typebox'
import { forwardedTenant, ifMatch, versioned } from '../wire/headers.ts'
import { CONFIGURED_PROCESSORS } from './credentials.ts'

const Closed = { additionalProperties: false }
const Text = (description: string, maxLength = 255) => Type.String({ maxLength, description })
/** Long enough that four characters of it may be shown. */
const Credential = (description: string) => Type.String({ minLength: 20, maxLength: 255, description })

const StripeCredentials = Type.Object(
  {
    secret_key: Credential('The secret or restricted key, sk_test_… or rk_live_…. Sealed.'),
    webhook_secrets: Type.Array(
      Type.String({ minLength: 14, maxLength: 255, description: 'What a webhook is signed with: whsec_….' }),
      {
        minItems: 1,
        maxItems: 2,
        uniqueItems: true,
        description: 'Of the endpoint of this tenant and mode; two while one is being replaced. Sealed.',
      },
    ),
  },
  { ...Closed, description: 'What Stripe gave the tenant.' },
)
const PaypalCredentials = Type.Object(
  {
    client_id: Credential('Of the app at PayPal. Sealed.'),
    client_secret: Credential('Of the app at PayPal. Sealed.'),
    webhook_id: Type.String({ minLength: 1, maxLength: 50, description: 'What PayPal calls the endpoint. Sealed.' }),
  },
  { ...Closed, description: 'What PayPal gave the tenant.' },
)

const OfStripe = Type.Object({ stripe: StripeCredentials }, { ...Closed, title: 'Stripe' })
const OfPaypal = Type.Object({ paypal: PaypalCredentials }, { ...Closed, title: 'PayPal' })
const CredentialsBody = Type.Unsafe<Static<typeof OfStripe> | Static<typeof OfPaypal>>({
  type: 'object',
  description: 'There is the member that the processor is called.',
  oneOf: [OfStripe, OfPaypal],
})

const ProcessorName = Type.Enum([...CONFIGURED_PROCESSORS], { description: 'Who moves the money.' })
const identity = {
  processor: ProcessorName,
  mode: Type.Enum(['test', 'live'], { description: 'Of the API key.' }),
  version: Type.Integer({ description: 'Grows with each change.' }),
}
const MaskedProcessor = Type.Object({
  ...identity,
  stripe: Type.Optional(
    Type.Object(
      {
        secret_key: Text('Its kind and its last four characters.'),
        webhook_secrets: Type.Integer({ description: 'How many there are.' }),
      },
      { description: 'What may be shown of what Stripe gave.' },
    ),
  ),
  paypal: Type.Optional(
    Type.Object(
      { client_id: Text('Its last four characters.'), webhook_id: Text('What PayPal calls the endpoint.') },
      { description: 'What may be shown of what PayPal gave.' },
    ),
  ),
  updated_at: Text('UTC, ISO 8601.', 30),
})
export type MaskedProcessor = Static<typeof MaskedProcessor>

const Headers = Type.Object(forwardedTenant)
const Params = Type.Object({ processor: ProcessorName })
const tags = ['Processors']

export const putProcessor = {
  operationId: 'putProcessor',
  tags,
  summary: 'Store the credentials of a processor, or replace them',
  description:
    'Sealed for the tenant and the mode of the API key. A key of Stripe for the other mode is refused: 422 `mode_mismatch`. To replace some needs `If-Match` with the version that was read: 428 `if_match_required`, 412 `version_conflict`.',
  headers: Type.Object({
    ...ifMatch,
    ...forwardedTenant,
  }),
  params: Params,
  body: CredentialsBody,
  response: {
    200: versioned(MaskedProcessor),
    201: versioned(MaskedProcessor),
    ...problemResponses(400, 401, 403, 404, 412, 413, 415, 422, 428, 500, 503, 504),
  },
}

export const listProcessors = {
  operationId: 'listProcessors',
  tags,
  summary: 'List the processors that have credentials, masked',
  headers: Headers,
  response: {
    200: Type.Object({
      data: Type.Array(MaskedProcessor, { maxItems: 10, description: 'Of the mode of the API key.' }),
      webhook_paths: Type.Object(
        {
          stripe: Text('Such as /v1/processors/stripe/webhooks/ten_01h455vb4pex5vsknk084sn02q/live.'),
          paypal: Text('The same for PayPal.'),
        },
        { description: 'Where invoicing takes what each processor tells of this tenant and mode.' },
      ),
    }),
    ...problemResponses(401, 403, 500, 503),
  },
}

export const getCredentials = {
  operationId: 'getProcessorCredentials',
  tags,
  summary: 'Read the credentials of a processor',
  description:
    'Needs the scope `secret.read:processor`, which no role includes: it is for the service key of invoicing. The event is committed before the answer leaves.',
  headers: Headers,
  params: Params,
  response: {
    200: versioned(
      Type.Object({
        ...identity,
        stripe: Type.Optional(StripeCredentials),
        paypal: Type.Optional(PaypalCredentials),
      }),
    ),
    ...problemResponses(401, 403, 404, 500, 503, 504),
  },
}

export const deleteProcessor = {
  operationId: 'deleteProcessor',
  tags,
  summary: 'Destroy the credentials of a processor',
  description: 'May be repeated. Nothing is charged or registered there from then on.',
  headers: Headers,
  params: Params,
  response: { 204: Type.Null({ description: 'Destroyed.' }), ...problemResponses(401, 403, 404, 503, 504) },
}
