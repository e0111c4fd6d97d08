import Type from 'typebox'
import { Id, Instant, Nullable, Paging } from '../wire/fields.ts'
import { CURSOR } from './cursor.ts'
import { OBJECT_KINDS } from './object-kind.ts'
import { TYPE_PATTERN } from './type-pattern.ts'

const OBJECT_ID = `^(${OBJECT_KINDS.join('|')})_[0-7][0-9a-hjkmnp-tv-z]{25}$`

/** An instant of a request: one that the calendar has, and without a leap second, which has no place in a Date. */
export const InstantQuery = (description: string) =>
  Type.String({
    format: 'date-time',
    pattern: ':[0-5]\\d(\\.\\d{1,3})?Z$',
    maxLength: 24,
    description: `${description} UTC, ISO 8601.`,
  })

export const EventQuery = Type.Object(
  {
    after: Type.Optional(
      Type.String({
        pattern: `^end$|${CURSOR}`,
        maxLength: 55,
        description: 'next_after of the page before, or end: nothing of what is there now.',
      }),
    ),
    from: Type.Optional(InstantQuery('Only events from this instant on.')),
    type: Type.Optional(
      Type.String({ pattern: TYPE_PATTERN, maxLength: 81, description: 'A type, or invoice.* for all of a kind.' }),
    ),
    account_id: Type.Optional(Id('acc', 'Only of this account.')),
    object_id: Type.Optional(
      Type.String({ pattern: OBJECT_ID, maxLength: 30, description: 'Only what happened to this.' }),
    ),
    ...Paging,
  },
  { additionalProperties: false },
)

export const EventWire = Type.Object({
  id: Id('evt', 'The event.'),
  type: Type.String({ description: 'What happened, such as invoice.issued.' }),
  at: Instant('When.'),
  account_id: Nullable(Id('acc', 'Whose it is; null for what belongs to no account.')),
  object_id: Type.String({ description: 'What it happened to: an id of its kind.' }),
  object_version: Type.Integer({
    description: 'The version of the object afterwards: of two events, which was later.',
  }),
  mode: Type.Enum(['test', 'live'], { description: 'Test or live data.' }),
})

export const EventPage = Type.Object({
  data: Type.Array(EventWire, {
    description: 'In the order of transactions. Some filters leave a page empty that has more behind it.',
  }),
  next_after: Type.String({ description: 'Send it as after to read on, now or later. Nothing will appear before it.' }),
  has_more: Type.Boolean({ description: 'Whether it is worth reading on at once.' }),
})
