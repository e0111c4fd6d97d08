import { type IdPrefix, idPattern } from '@kontor/ids'
import { decimalPattern } from '@kontor/money'
import Type, { type TObject, type TSchema } from 'typebox'

/** An id of one kind on the wire, such as `inv_01h455vb4pex5vsknk084sn02q`. */
export const Id = (prefix: IdPrefix, description: string) =>
  Type.String({ pattern: idPattern(prefix), maxLength: 30, description })

/** One line of text: bounded, no control characters, not only white space. */
export const Line = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, pattern: '^(?=.*\\S)[^\\u0000-\\u001f\\u007f-\\u009f]*$', description })

/** Text of several lines: line feeds are kept, other control characters refused. */
export const Text = (maxLength: number, description: string) =>
  Type.String({
    minLength: 1,
    maxLength,
    pattern: '^(?=[\\s\\S]*\\S)[^\\u0000-\\u0009\\u000b-\\u001f\\u007f-\\u009f]*$',
    description,
  })

export const ExternalId = Type.String({
  pattern: '^[A-Za-z0-9_.:/-]{1,128}$',
  maxLength: 128,
  description: 'Your own id for this; unique within the tenant and mode.',
})

export const Day = (description: string) =>
  Type.String({ pattern: '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$', maxLength: 10, description })

export const Currency = Type.String({ pattern: '^[A-Z]{3}$', maxLength: 3, description: 'ISO 4217 code, such as CHF.' })

export const Country = Type.String({
  pattern: '^[A-Z]{2}$',
  maxLength: 2,
  description: 'ISO 3166-1 alpha-2 code, such as CH.',
})

export const Language = Type.Enum(['de', 'en'], { description: 'The language documents are written in.' })

/** An amount that may be negative. */
export const AmountMinor = (description: string) =>
  Type.Integer({
    minimum: -Number.MAX_SAFE_INTEGER,
    maximum: Number.MAX_SAFE_INTEGER,
    description: `${description} In minor units: 1050 is 10.50 EUR.`,
  })

/** An amount of zero or more. */
export const AbsoluteMinor = (description: string) =>
  Type.Integer({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    description: `${description} In minor units: 1050 is 10.50 EUR.`,
  })

/** A decimal string of at most 12 digits before and 9 after the point. */
export const Decimal = (description: string) => Type.String({ pattern: decimalPattern(), maxLength: 23, description })

/** An IBAN as it is printed or typed. Check digits may be wrong; that it begins like an IBAN tells it from a card number. */
export const PrintedIban = (description: string) =>
  Type.String({ pattern: '^[A-Za-z]{2} ?[0-9]{2}[A-Za-z0-9 .-]{0,38}$', maxLength: 42, description })

export const Version = Type.Integer({ minimum: 1, description: 'Grows by one with each change; send it as If-Match.' })

export const Instant = (description: string) => Type.String({ description: `${description} UTC, ISO 8601.` })

/** A field of an answer that is null where there is nothing. */
export const Nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])

/** A request body: fields that are not documented are refused. */
export const Body = <T extends Record<string, TSchema>>(
  fields: T,
  options: { description?: string } = {},
): TObject<T> => Type.Object(fields, { additionalProperties: false, ...options })

export const IdempotencyHeader = Type.Object({
  'idempotency-key': Type.String({
    maxLength: 128,
    description: 'Your name for this one intent, 8 to 128 of A-Z a-z 0-9 _ . : -; repeat it on a retry.',
  }),
})

/** The query of a list: keyset paging. */
export const Paging = {
  limit: Type.Optional(
    Type.String({
      pattern: '^([1-9][0-9]?|1[0-9][0-9]|200)$',
      maxLength: 3,
      description: '1 to 200, 50 unless given.',
    }),
  ),
}

export const PostalAddress = Type.Object(
  {
    street: Type.Optional(Line(100, 'Street and number, or P.O. box.')),
    street_2: Type.Optional(Line(100, 'What else the address needs.')),
    postal_code: Type.Optional(Line(20, 'Postal code.')),
    city: Type.Optional(Line(100, 'City.')),
    region: Type.Optional(Line(100, 'State, canton or province, where the country’s addresses have one.')),
    country: Country,
  },
  { additionalProperties: false, description: 'A postal address (EN 16931 BG-5, BG-8, BG-15).' },
)

export const Endpoint = Type.Object(
  {
    scheme: Line(10, 'Code of the Electronic Address Scheme (EAS), such as EM or 0204.'),
    id: Line(100, 'The address itself.'),
  },
  { additionalProperties: false, description: 'Where e-invoices go (EN 16931 BT-34, BT-49).' },
)
