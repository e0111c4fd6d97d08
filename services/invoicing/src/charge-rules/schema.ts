import Type from 'typebox'
import { AbsoluteMinor, Body, Currency, Instant, Nullable, Version } from '../wire/fields.ts'

const RULE = {
  instrument_types: Type.Optional(
    Type.Array(Type.Enum(['card', 'bank_account', 'paypal_account'], { description: 'A kind of instrument.' }), {
      minItems: 1,
      maxItems: 3,
      uniqueItems: true,
      description: 'Only for these; for every kind that all of its processors take, unless given.',
    }),
  ),
  currencies: Type.Optional(
    Type.Array(Currency, {
      minItems: 1,
      maxItems: 50,
      uniqueItems: true,
      description: 'Only for these; for all unless given.',
    }),
  ),
  min_amount_minor: Type.Optional(AbsoluteMinor('Only from this amount on; names one currency.')),
  max_amount_minor: Type.Optional(AbsoluteMinor('Only up to this amount; names one currency.')),
  processors: Type.Array(Type.Enum(['stripe', 'paypal', 'test'], { description: 'A processor.' }), {
    minItems: 1,
    maxItems: 2,
    uniqueItems: true,
    description:
      'Who is asked; and who if that one could not be reached, or declines softly at once, while the request waits.',
  }),
}

const RETRIES = {
  maxItems: 8,
  description:
    'When a charge of an absent payer (off_session) that is declined softly is tried again: hours after the first attempt, ascending. None unless given.',
}
const Hours = Type.Integer({ minimum: 1, maximum: 720, description: 'Hours after the first attempt.' })

export const PutChargeRules = Body(
  {
    rules: Type.Array(Body(RULE, { description: 'Which charges go to which processors.' }), {
      maxItems: 50,
      description:
        'In order: the first one that fits decides. Where none does, PayPal takes PayPal accounts and Stripe the rest.',
    }),
    retry_after_hours: Type.Optional(Type.Array(Hours, RETRIES)),
  },
  { description: 'Who takes the money, and when it is tried again.' },
)

export const ChargeRulesWire = Type.Object({
  mode: Type.Enum(['test', 'live'], { description: 'Test or live data.' }),
  rules: Type.Array(Type.Object(RULE, { description: 'Which charges go to which processors.' }), {
    description: 'In order: the first one that fits decides.',
  }),
  retry_after_hours: Type.Array(Hours, RETRIES),
  version: Version,
  updated_at: Nullable(Instant('When they were last changed; null before.')),
})
