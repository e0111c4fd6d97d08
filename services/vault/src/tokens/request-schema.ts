import { type IdPrefix, idPattern } from '@kontor/ids'
import Type, { type Static } from 'typebox'

export const Id = (prefix: IdPrefix, description: string) =>
  Type.String({ pattern: idPattern(prefix), maxLength: 30, description })
export const AccountId = Id('acc', 'The account that the instrument belongs to.')
const Text = (maxLength: number, description: string) => Type.String({ minLength: 1, maxLength, description })
export const Closed = { additionalProperties: false }

const Holder = Type.Object(
  { name: Text(300, 'The holder’s name as the bank or scheme knows it, at most 200 characters. Sealed.') },
  { ...Closed, description: 'In whose name the instrument is.' },
)

/** No control characters and no half of a surrogate pair: PostgreSQL's jsonb holds neither NUL nor the latter. */
const PRINTABLE = '^[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff]*$'
const METADATA_NAME = { type: 'string', pattern: '^[A-Za-z0-9_.:-]{1,40}$', maxLength: 40 }
const METADATA_VALUE = { maxLength: 500, pattern: PRINTABLE, description: 'A reference of yours.' }
/** `propertyNames`, and not the `patternProperties` of a TypeBox record, which @fastify/swagger does not print. */
const Metadata = Type.Unsafe<Record<string, string>>({
  type: 'object',
  propertyNames: METADATA_NAME,
  additionalProperties: { type: 'string', ...METADATA_VALUE },
  maxProperties: 50,
  description:
    'Your own references, stored in clear: not for personal data. At most 50 of 500 characters; what looks like a card or bank account number is refused.',
})

const ExpiresAt = Type.String({
  minLength: 20,
  maxLength: 35,
  description: 'From this instant on the token is gone, and the instrument is destroyed; RFC 3339, in the future.',
})
const ExpiryMonth = Type.Integer({ minimum: 1, maximum: 12, description: 'Month of expiry.' })
const ExpiryYear = Type.Integer({ minimum: 2000, maximum: 2199, description: 'Year of expiry, four digits.' })

const Card = Type.Object(
  {
    number: Text(40, 'The card number (PAN), 12 to 19 digits; spaces and hyphens are taken.'),
    expiry_month: ExpiryMonth,
    expiry_year: ExpiryYear,
    cvc: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 8,
        description: 'The verification code: checked for its form and thrown away.',
      }),
    ),
  },
  { ...Closed, description: 'The card as it is embossed.' },
)

const IbanAccount = Type.Object(
  {
    iban: Text(60, 'The IBAN (ISO 13616); spaces are taken.'),
    bic: Type.Optional(Text(20, 'The BIC of the bank (ISO 9362). Sealed.')),
  },
  { ...Closed, title: 'By IBAN' },
)

const UsAccount = Type.Object(
  {
    routing_number: Text(20, 'The nine digits of the bank (ABA).'),
    account_number: Text(40, 'The account number, 4 to 17 digits.'),
    account_type: Type.Enum(['checking', 'savings'], { description: 'What kind of account it is.' }),
  },
  { ...Closed, title: 'In the United States' },
)

const BankAccount = Type.Unsafe<Static<typeof IbanAccount> | Static<typeof UsAccount>>({
  type: 'object',
  description: 'Either an IBAN, or routing number, account number and account type.',
  oneOf: [IbanAccount, UsAccount],
})

const PaypalAccount = Type.Object(
  {
    email: Text(300, 'The e-mail address of the PayPal account.'),
    payer_id: Text(20, 'The payer id that PayPal gave, 13 upper-case letters and digits.'),
  },
  { ...Closed, description: 'The PayPal account as its owner’s consent named it.' },
)

const KIND = { description: 'Names the kind of instrument, and the member that holds it.' }
const Common = {
  account_id: Type.Optional(AccountId),
  holder: Holder,
  metadata: Type.Optional(Metadata),
  expires_at: Type.Optional(ExpiresAt),
  on_duplicate: Type.Optional(
    Type.Enum(['create', 'return_existing', 'update', 'reject'], {
      description:
        'What to do when the account has a token of the same number: make another one (create, unless given), answer with the one there is if expiry and holder are equal too, change it to what is sent, or refuse.',
    }),
  ),
  dedup_scope: Type.Optional(
    Type.Enum(['account', 'tenant'], {
      description:
        'Where a duplicate is looked for: in the account, unless given, or in the whole tenant, which needs the scope token.dedup_tenant and on_duplicate reject.',
    }),
  ),
}
const CreateCard = Type.Object(
  { type: Type.Literal('card', KIND), card: Card, ...Common },
  { ...Closed, title: 'Card' },
)
const CreateBankAccount = Type.Object(
  { type: Type.Literal('bank_account', KIND), bank_account: BankAccount, ...Common },
  { ...Closed, title: 'Bank account' },
)
const CreatePaypalAccount = Type.Object(
  { type: Type.Literal('paypal_account', KIND), paypal_account: PaypalAccount, ...Common },
  { ...Closed, title: 'PayPal account' },
)

export type CreateTokenBody =
  | Static<typeof CreateCard>
  | Static<typeof CreateBankAccount>
  | Static<typeof CreatePaypalAccount>

/** `oneOf` with a discriminator, and not the `anyOf` of a TypeBox union: errors then speak of the one kind that is meant. */
export const CreateTokenBody = Type.Unsafe<CreateTokenBody>({
  type: 'object',
  required: ['type'],
  discriminator: { propertyName: 'type' },
  oneOf: [CreateCard, CreateBankAccount, CreatePaypalAccount],
})

/** A merge patch (RFC 7396): what is left out stays, null deletes. */
export const UpdateTokenBody = Type.Object(
  {
    card: Type.Optional(
      Type.Object(
        { expiry_month: Type.Optional(ExpiryMonth), expiry_year: Type.Optional(ExpiryYear) },
        { ...Closed, minProperties: 1, description: 'Of a card alone: its new expiry.' },
      ),
    ),
    holder: Type.Optional(Holder),
    metadata: Type.Optional(
      Type.Unsafe<Record<string, string | null> | null>({
        type: ['object', 'null'],
        propertyNames: METADATA_NAME,
        additionalProperties: { type: ['string', 'null'], ...METADATA_VALUE },
        maxProperties: 50,
        description: 'Each one given is set, or deleted by null; null for all of them deletes all.',
      }),
    ),
    expires_at: Type.Optional(
      Type.Unsafe<string | null>({
        type: ['string', 'null'],
        minLength: 20,
        maxLength: 35,
        description: 'A new end in the future, RFC 3339; null for none.',
      }),
    ),
  },
  { ...Closed, minProperties: 1 },
)
export type UpdateTokenBody = Static<typeof UpdateTokenBody>

export const AttachTokenBody = Type.Object({ account_id: AccountId }, Closed)
