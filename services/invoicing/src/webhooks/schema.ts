import Type from 'typebox'
import { InstantQuery } from '../events/schema.ts'
import { TYPE_PATTERN } from '../events/type-pattern.ts'
import { Body, Id, Instant, Nullable, Paging, Version } from '../wire/fields.ts'

const Url = Type.String({
  minLength: 8,
  maxLength: 2_000,
  pattern: '^https?://[!-~]+$',
  description: 'Where to. In live mode https alone; never a private address, and no redirect is followed.',
})

const EventTypes = Type.Array(
  Type.String({ pattern: TYPE_PATTERN, maxLength: 81, description: 'A type, invoice.* for all of a kind, or *.' }),
  { minItems: 1, maxItems: 50, uniqueItems: true, description: 'What it is told, of both services.' },
)

const State = Type.Enum(['active', 'disabled'], { description: 'While disabled it is told nothing.' })

export const CreateWebhookEndpoint = Body(
  { url: Url, event_types: Type.Optional(EventTypes) },
  { description: 'Where you want to be told what happens; of everything unless event_types says otherwise.' },
)

export const PatchWebhookEndpoint = Body(
  { url: Type.Optional(Url), event_types: Type.Optional(EventTypes), state: Type.Optional(State) },
  { description: 'What changes.' },
)

const endpoint = {
  id: Id('whk', 'The endpoint.'),
  mode: Type.Enum(['test', 'live'], { description: 'Test or live data.' }),
  url: Type.String({ description: 'Where to.' }),
  event_types: Type.Array(Type.String({ description: 'A type or a pattern.' }), { description: 'What it is told.' }),
  state: State,
  disabled_because: Nullable(
    Type.Enum(['asked', 'gone'], { description: 'Somebody asked for it, or it answered 410.' }),
  ),
  secret_version: Type.Integer({ description: 'Which secret signs: it grows by one with each rotation.' }),
  secret_overlap_until: Nullable(Instant('Until when the secret before signs as well.')),
  version: Version,
  created_at: Instant('When it was made.'),
}

export const WebhookEndpointWire = Type.Object(endpoint)

export const WebhookEndpointWithSecret = Type.Object({
  ...endpoint,
  secret: Type.String({
    description: 'whsec_…, shown now and never again: verify every message by it (Standard Webhooks).',
  }),
})

export const ReplayWebhook = Body(
  {
    from: Type.Optional(InstantQuery('Events from this instant on.')),
    until: Type.Optional(InstantQuery('Only events before this instant.')),
    event_ids: Type.Optional(
      Type.Array(Id('evt', 'An event.'), {
        minItems: 1,
        maxItems: 1_000,
        uniqueItems: true,
        description: 'These events.',
      }),
    ),
    dead_letters: Type.Optional(Type.Literal(true, { description: 'Everything that was given up.' })),
  },
  { description: 'What is to be sent again: from an instant on, these events, or what was given up.' },
)

export const ReplayedWire = Type.Object({
  queued: Type.Integer({
    minimum: 0,
    description: 'How many events are sent again. What waits already is not counted.',
  }),
})

export const DeliveryWire = Type.Object({
  event_id: Id('evt', 'The event; as webhook-id it is the same at every attempt.'),
  type: Type.String({ description: 'What happened.' }),
  object_id: Type.String({ description: 'What it happened to.' }),
  object_version: Type.Integer({ description: 'The version of the object afterwards.' }),
  state: Type.Enum(['pending', 'delivered', 'dead'], { description: 'Dead is what was given up after three days.' }),
  attempts: Type.Integer({ minimum: 0, description: 'Made so far.' }),
  next_attempt_at: Nullable(Instant('When it is tried next, at the earliest.')),
  last_attempt_at: Nullable(Instant('When it was tried last.')),
  last_status: Nullable(Type.Integer({ description: 'The status that was answered last, if one was.' })),
  last_failure: Nullable(Type.String({ description: 'Why there was no answer, such as timeout.' })),
  ended_at: Nullable(Instant('When it was delivered or given up.')),
})

export const DeliveryQuery = Type.Object(
  {
    state: Type.Optional(Type.Enum(['pending', 'delivered', 'dead'], { description: 'Only of this state.' })),
    after: Type.Optional(Id('evt', 'The last event_id of the page before.')),
    ...Paging,
  },
  { additionalProperties: false },
)
