import Type from 'typebox'
import { Body, Day, Id, Instant, Nullable } from '../wire/fields.ts'

export const CreateInvoiceRun = Body(
  {
    invoice_ids: Type.Optional(
      Type.Array(Id('inv', 'A draft.'), {
        minItems: 1,
        maxItems: 1_000,
        uniqueItems: true,
        description: 'These drafts, and no other selection.',
      }),
    ),
    issuer_id: Type.Optional(Id('iss', 'Only drafts of this issuer.')),
    account_id: Type.Optional(Id('acc', 'Only drafts of this account.')),
    created_before: Type.Optional(
      Type.String({
        pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,3})?Z$',
        maxLength: 24,
        description: 'Only drafts made before this instant. UTC, ISO 8601.',
      }),
    ),
    issue_on: Type.Optional(Day('The issue date of drafts that have none; the day of issue unless given.')),
    dry_run: Type.Optional(
      Type.Boolean({ description: 'Judges each draft up to the drawing of its number, and issues nothing.' }),
    ),
  },
  {
    description: 'Which drafts are to be issued: invoice_ids, or what issuer_id, account_id and created_before leave.',
  },
)

const count = (description: string) => Type.Integer({ minimum: 0, description })

export const InvoiceRunWire = Type.Object({
  id: Id('run', 'The run.'),
  mode: Type.Enum(['test', 'live'], { description: 'Test or live data.' }),
  state: Type.Enum(['queued', 'running', 'done'], { description: 'Done means that nothing of it is queued any more.' }),
  dry_run: Type.Boolean({ description: 'Whether it only judges.' }),
  issue_on: Nullable(Type.String({ description: 'The issue date of drafts that have none, YYYY-MM-DD.' })),
  total: count('Drafts that were selected when the run was made.'),
  queued: count('Drafts whose turn is still to come.'),
  issued: count('Drafts that were issued.'),
  issuable: count('Drafts that a dry run found nothing against.'),
  refused: count('Drafts that break a rule and are still drafts.'),
  skipped: count('Drafts that were gone or issued otherwise when their turn came.'),
  per_second: Nullable(count('Drafts settled in a second, so far. Null before the first.')),
  created_at: Instant('When it was made.'),
  started_at: Nullable(Instant('When the first draft had its turn.')),
  finished_at: Nullable(Instant('When the last draft was settled.')),
})

export const InvoiceRunItemWire = Type.Object({
  position: Type.Integer({ minimum: 1, description: 'Where it stands in the run.' }),
  invoice_id: Id('inv', 'The draft.'),
  state: Type.Enum(['queued', 'issued', 'issuable', 'refused', 'skipped'], { description: 'What became of it.' }),
  number: Nullable(Type.String({ description: 'Its number, if it has one by now.' })),
  code: Nullable(
    Type.String({
      description:
        'Why it was refused or skipped, as issuing it alone would answer; what stood in its way at the last of 25 tries, too.',
    }),
  ),
  path: Nullable(Type.String({ description: 'The field of the draft at fault, a JSON pointer (RFC 6901).' })),
})
