import Type from 'typebox'
import { PayableId } from '../balances/document-id.ts'
import { PositiveMinor } from '../balances/schema.ts'
import { Body, Currency, Id, Instant, Nullable, Paging, Version } from '../wire/fields.ts'

const ProcessorName = (description: string) => Type.Enum(['stripe', 'paypal', 'test'], { description })
const Capture = (description: string) => Type.Enum(['automatic', 'manual'], { description })

export const CreateCharge = Body(
  {
    invoice_id: PayableId('The invoice or proforma that is paid.'),
    token_id: Id('tok', 'The vaulted instrument of its account.'),
    processor: Type.Optional(
      ProcessorName(
        'Through whom, and through nobody else; unless given, the charge rules decide, else PayPal takes PayPal accounts and Stripe the rest.',
      ),
    ),
    amount_minor: Type.Optional(
      PositiveMinor('How much; everything that is open and that no other charge is about to take, unless given.'),
    ),
    capture: Type.Optional(Capture('`manual` holds the money until it is captured; `automatic` unless given.')),
    off_session: Type.Optional(
      Type.Boolean({
        description: 'Whether the payer is away, so that nobody can be sent to their bank. False unless given.',
      }),
    ),
    return_url: Type.Optional(
      Type.String({
        pattern: '^https://[!-~]+$',
        maxLength: 2000,
        description: 'Where a payer who was sent to their bank comes back to.',
      }),
    ),
  },
  { description: 'Money to be taken for an invoice.' },
)

export const CaptureCharge = Body(
  { amount_minor: Type.Optional(PositiveMinor('How much of what is held; all of it unless given.')) },
  { description: 'What is taken of what a charge holds.' },
)

const STATES = [
  'processing',
  'unknown',
  'requires_action',
  'pending',
  'authorized',
  'succeeded',
  'declined',
  'cancelled',
  'not_sent',
] as const

const ActionWire = Type.Union(
  [
    Type.Object({
      type: Type.Enum(['redirect'], { description: 'The payer is sent there.' }),
      url: Type.String({ description: 'Where to.' }),
    }),
    Type.Object({
      type: Type.Enum(['client_secret'], { description: 'For the processor’s own script.' }),
      client_secret: Type.String({ description: 'A credential: for the payer’s browser alone.' }),
    }),
  ],
  { description: 'What the payer has to do.' },
)

export const ChargeWire = Type.Object({
  id: Id('chg', 'The charge.'),
  mode: Type.Enum(['test', 'live'], { description: 'Test or live data.' }),
  account_id: Id('acc', 'Whose it is.'),
  invoice_id: PayableId('The invoice or proforma.'),
  token_id: Id('tok', 'The vaulted instrument.'),
  instrument: Type.String({ description: 'Masked, such as Visa •••• 4242.' }),
  processor: ProcessorName('Through whom.'),
  amount_minor: PositiveMinor('What is to be taken.'),
  currency: Currency,
  capture: Capture('Whether the money is taken at once or held first.'),
  off_session: Type.Boolean({ description: 'Whether the payer is away.' }),
  state: Type.Enum([...STATES], {
    description:
      'processing, requires_action, pending (decided later), authorized (held), unknown (nobody can say; it is being found out), succeeded, declined, cancelled, not_sent (certainly nothing happened).',
  }),
  action: Nullable(ActionWire),
  decline: Nullable(
    Type.Object(
      {
        reason: Type.String({ description: 'Why, in our words; see docs/processors.md.' }),
        soft: Type.Boolean({ description: 'Whether the same may succeed later.' }),
        code: Nullable(Type.String({ description: 'The processor’s own code.' })),
      },
      { description: 'Why it was declined.' },
    ),
  ),
  reference: Nullable(Type.String({ description: 'The processor’s id of it.' })),
  payment_id: Nullable(Id('pay', 'The payment that it became.')),
  chosen_by: Type.Enum(['request', 'rule', 'default'], {
    description:
      'Who chose the processor: the request, a rule of the charge rules, or nobody, so that it is that of the kind of instrument.',
  }),
  attempt: Type.Integer({ minimum: 1, description: 'Which attempt it is to take the same money, from 1.' }),
  retry_of: Nullable(Id('chg', 'The attempt before, which has taken nothing.')),
  retried_by: Nullable(Id('chg', 'The attempt that followed.')),
  retry_at: Nullable(Instant('When it is tried again, unless that is cancelled.')),
  retry_dropped: Nullable(
    Type.String({ description: 'Why it is not tried again after all, such as cancelled or nothing_open.' }),
  ),
  next_check_at: Nullable(Instant('When the processor is asked next.')),
  needs_attention: Type.Boolean({
    description: 'It has not ended, and nobody asks any more: look for it at the processor.',
  }),
  version: Version,
  created_at: Instant('When it was asked for.'),
  updated_at: Instant('When it last changed.'),
})

/** A charge as it is read. What is answered to a request has to be the same when it is repeated, whatever its payer objects to later. */
export const ReadChargeWire = Type.Object({
  ...ChargeWire.properties,
  dispute_ids: Type.Array(Id('dsp', 'A dispute.'), {
    description: 'What its payer objects to, the oldest first; each is shown by `GET /v1/disputes/{id}`.',
  }),
})

export const ChargeStepWire = Type.Object({
  seq: Type.Integer({ minimum: 1, description: 'Its place in the ledger of the charge.' }),
  kind: Type.Enum(['claimed', 'sent', 'created', 'answered', 'unknown'], {
    description: 'A request is `sent` before it leaves; one that nothing follows broke off.',
  }),
  request: Nullable(Type.String({ description: 'Such as create, confirm:1 or retrieve; told is a webhook.' })),
  outcome: Nullable(Type.String({ description: 'What came of it.' })),
  because: Nullable(Type.String({ description: 'Why it was declined or not sent, or is unknown.' })),
  code: Nullable(Type.String({ description: 'The processor’s own code.' })),
  learned_by: Type.Enum(['request', 'job', 'webhook'], { description: 'Who asked or heard.' }),
  at: Instant('When.'),
})

export const ChargeQuery = Type.Object(
  {
    invoice_id: Type.Optional(PayableId('Only of this invoice or proforma.')),
    account_id: Type.Optional(Id('acc', 'Only of this account.')),
    after: Type.Optional(Id('chg', 'The last id of the page before.')),
    ...Paging,
  },
  { additionalProperties: false },
)
