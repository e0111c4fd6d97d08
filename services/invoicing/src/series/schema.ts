import Type from 'typebox'
import { NUMBERED_TYPES } from '../numbering/numbered-type.ts'
import { DEFAULT_NUMBERINGS } from '../numbering/numbering.ts'
import { Body, Day, Id, Instant, Nullable, Paging, Version } from '../wire/fields.ts'
import { FATES } from './fate.ts'

/** A million million numbers less one, so that the longest number stays within its bound. */
const SEQ_MAX = 999_999_999_999

export const DocumentTypeWire = Type.Enum([...NUMBERED_TYPES], { description: 'What is numbered.' })

const NumberingWire = Type.Object(
  {
    scope: Type.Enum(['account', 'issuer'], {
      description: 'Whether each account counts for itself, or the issuer for all of them.',
    }),
    period: Type.Enum(['none', 'year', 'month'], {
      description: 'How often it begins anew; the issue date decides, by the calendar of the issuer.',
    }),
    format: Type.String({
      minLength: 1,
      maxLength: 60,
      pattern: '^[\\u0020-\\u007e]+$',
      description:
        'Letters, digits, . _ / - and the placeholders {customer}, {seq} or {seq:5} (at least five digits), {year}, {month}. Scope account needs {customer}, period year {year}, period month {year} and {month}.',
    }),
  },
  { additionalProperties: false, description: 'How the documents of one type are numbered.' },
)

export const PutNumbering = Body(
  Object.fromEntries(NUMBERED_TYPES.map((type) => [type, Type.Optional(NumberingWire)])) as Record<
    (typeof NUMBERED_TYPES)[number],
    ReturnType<typeof Type.Optional<typeof NumberingWire>>
  >,
  {
    description: `How the issuer numbers from now on. A type that is left out gets its default, such as ${DEFAULT_NUMBERINGS.invoice.format} for invoices.`,
  },
)

export const IssuerNumberingWire = Type.Object({
  ...(Object.fromEntries(NUMBERED_TYPES.map((type) => [type, NumberingWire])) as Record<
    (typeof NUMBERED_TYPES)[number],
    typeof NumberingWire
  >),
  version: Version,
})

const NextSeq = Type.Integer({
  minimum: 1,
  maximum: SEQ_MAX,
  description: 'What the first number here will be, such as 4711 to go on from 4710 in another system.',
})

export const StartSeries = Body({ next_seq: NextSeq }, { description: 'Where a series begins.' })

export const StartNewSeries = Body(
  {
    account_id: Type.Optional(Id('acc', 'Whose series it is, where each account counts for itself.')),
    period: Type.Optional(
      Type.String({
        pattern: '^[0-9]{4}(-(0[1-9]|1[0-2]))?$',
        maxLength: 7,
        description: 'The year (2026) or the month (2026-11), where it counts by one.',
      }),
    ),
    next_seq: NextSeq,
  },
  { description: 'Where a series begins that has no document yet.' },
)

export const SeriesWire = Type.Object({
  id: Id('ser', 'The series.'),
  issuer_id: Id('iss', 'Who issues its documents.'),
  scope: Type.Enum(['account', 'issuer'], { description: 'Whether each account counts for itself.' }),
  account_id: Nullable(Id('acc', 'Whose series it is, where the scope is account.')),
  document_type: DocumentTypeWire,
  period: Type.String({ description: 'Empty, or the year or month it counts.' }),
  format: Type.String({ description: 'How its numbers read; only {seq} is left open.' }),
  first_seq: Type.Integer({ description: 'Its first number; more than 1 where it goes on from another system.' }),
  next_seq: Type.Integer({ description: 'What the next number will be.' }),
  last_issued_on: Nullable(Type.String({ description: 'The latest issue date, YYYY-MM-DD.' })),
  started_at: Nullable(Instant('When it was set to go on from another system.')),
  started_by: Nullable(Id('key', 'The API key that set it so.')),
})

export const SeriesQuery = Type.Object(
  {
    account_id: Type.Optional(Id('acc', 'Only of this account.')),
    issuer_id: Type.Optional(Id('iss', 'Only of this issuer.')),
    document_type: Type.Optional(DocumentTypeWire),
    period: Type.Optional(
      Type.String({
        pattern: '^([0-9]{4}(-(0[1-9]|1[0-2]))?)?$',
        maxLength: 7,
        description: 'Only of this year or month; empty for those without period.',
      }),
    ),
    after: Type.Optional(Id('ser', 'The last id of the page before.')),
    ...Paging,
  },
  { additionalProperties: false },
)

export const AuditQuery = Type.Object(
  {
    after: Type.Optional(
      Type.String({
        pattern: '^(0|[1-9][0-9]{0,14})$',
        maxLength: 15,
        description: 'The last counter of the page before.',
      }),
    ),
    ...Paging,
  },
  { additionalProperties: false },
)

const faults = (description: string) =>
  Type.Array(Type.Integer(), { description: `${description}, at most 100 of them.` })

export const AuditWire = Type.Object({
  first: Nullable(Type.Integer({ description: 'The first number; null where none was drawn.' })),
  last: Nullable(Type.Integer({ description: 'The last number.' })),
  count: Type.Integer({ description: 'How many were drawn.' }),
  complete: Type.Boolean({
    description:
      'Whether each number from the first of the series to its last is there once, and the counter stands behind it.',
  }),
  missing: faults('Numbers that are missing'),
  duplicates: faults('Numbers that are there twice'),
  date_inversions: faults('Numbers dated before the one before them'),
  misprinted: faults('Numbers that read otherwise than the series prints them'),
  numbers: Type.Array(
    Type.Object({
      seq: Type.Integer({ description: 'The counter.' }),
      number: Type.String({ description: 'The number as it is printed.' }),
      document_id: Type.String({ description: 'The document that has it.' }),
      issue_on: Type.String({ description: 'Its issue date, YYYY-MM-DD.' }),
      issued_at: Instant('When it was drawn.'),
      intact: Type.Boolean({
        description: 'Whether the document is there and says to the byte what the number was bound to (SHA-256).',
      }),
      state: Type.Enum([...FATES], { description: 'What became of it; lost where its document is not there.' }),
      state_at: Instant('When it came to that.'),
    }),
    { description: 'What became of each number, by number.' },
  ),
  has_more: Type.Boolean({ description: 'Whether more numbers follow.' }),
})

export const ReportQuery = Type.Object(
  {
    from: Type.Optional(Day('The first issue date; from the beginning unless given.')),
    to: Type.Optional(Day('The last issue date; to the end unless given.')),
  },
  { additionalProperties: false },
)

export const PdfReportQuery = Type.Object(
  {
    ...ReportQuery.properties,
    language: Type.Optional(
      Type.Enum(['de', 'fr', 'it', 'en'], { description: 'Of its words; the issuer’s unless given.' }),
    ),
  },
  { additionalProperties: false },
)
