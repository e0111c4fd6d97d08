import { decimalPattern } from '@kontor/money'
import Type, { type Static, type TSchema } from 'typebox'

const Closed = { additionalProperties: false }
const Optional = <T extends TSchema>(schema: T) => Type.Optional(schema)

const Text = (description: string) => Type.String({ minLength: 1, maxLength: 2_000, pattern: '\\S', description })
const Day = (description: string) =>
  Type.String({ pattern: '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$', description })
const Currency = (description: string) => Type.String({ pattern: '^[A-Z]{3}$', description })
const Decimal = (description: string) => Type.String({ pattern: decimalPattern(), description })
const Country = Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2.' })

const Period = Type.Object({ from: Day('First day.'), to: Day('Last day, included.') }, Closed)

const Party = Type.Object(
  {
    name: Text('Registered name (BT-27, BT-44).'),
    trading_name: Optional(Text('Name known by (BT-28, BT-45).')),
    endpoint: Optional(Text('Electronic address (BT-34, BT-49).')),
    endpoint_scheme: Optional(Text('Its scheme (EAS).')),
    legal_id: Optional(Text('Register number (BT-30, BT-47).')),
    vat_id: Optional(Text('VAT id (BT-31, BT-48).')),
    street: Optional(Text('Street and number.')),
    street_2: Optional(Text('What else the address needs.')),
    city: Optional(Text('City.')),
    postal_code: Optional(Text('Postal code.')),
    region: Optional(Text('State, canton or province.')),
    country: Country,
    contact_name: Optional(Text('A person (BT-41, BT-56).')),
    phone: Optional(Text('Telephone (BT-42, BT-57).')),
    email: Optional(Text('E-mail (BT-43, BT-58).')),
  },
  Closed,
)

const VatCategory = Type.Enum(['S', 'Z', 'E', 'AE', 'K', 'G', 'O', 'L', 'M'])

const allowanceOrCharge = {
  charge: Type.Boolean({ description: 'True adds, false takes off.' }),
  amount: Decimal('In the document’s currency.'),
  reason: Optional(Text('Why.')),
  reason_code: Optional(Text('UNTDID 5189 or 7161.')),
  percent: Optional(Decimal('Explains the amount; not computed with.')),
  base_amount: Optional(Decimal('What the percentage is of; not computed with.')),
}

const Line = Type.Object(
  {
    id: Text('BT-126.'),
    name: Text('What is sold (BT-153).'),
    description: Optional(Text('More about it (BT-154).')),
    seller_item_id: Optional(Text('Article number (BT-155).')),
    quantity: Decimal('BT-129.'),
    unit: Text('UN/ECE Recommendation 20 or 21 (BT-130).'),
    price: Decimal('Net price, discount taken off (BT-146).'),
    price_base_quantity: Optional(Decimal('How many units the price is for (BT-149).')),
    price_discount: Optional(Decimal('What was taken off (BT-147).')),
    vat_category: VatCategory,
    vat_rate: Optional(Decimal('Percent (BT-152).')),
    period: Optional(Period),
    allowances_charges: Optional(Type.Array(Type.Object(allowanceOrCharge, Closed), { maxItems: 20 })),
    expected_net: Optional(Decimal('The printed line amount (BT-131).')),
  },
  Closed,
)

const DocumentAllowanceOrCharge = Type.Object(
  { ...allowanceOrCharge, vat_category: VatCategory, vat_rate: Optional(Decimal('Percent.')) },
  Closed,
)

const PaymentMeans = Type.Object(
  {
    means_code: Text('UNTDID 4461 (BT-81).'),
    reference: Optional(Text('What the payer states (BT-83).')),
    payee_iban: Optional(Text('Where to pay (BT-84); not always an IBAN.')),
    payer_iban: Optional(Text('Read and dropped: what is charged stands in instrument alone.')),
    mandate: Optional(Text('Reference of a direct-debit mandate (BT-89).')),
  },
  Closed,
)

const Expected = Type.Object(
  {
    lines: Optional(Decimal('BT-106.')),
    allowances: Optional(Decimal('BT-107; 0 unless given.')),
    charges: Optional(Decimal('BT-108; 0 unless given.')),
    net: Optional(Decimal('BT-109.')),
    vat: Optional(Decimal('BT-110.')),
    gross: Optional(Decimal('BT-112.')),
    prepaid: Optional(Decimal('BT-113; 0 unless given. Read as input too.')),
    rounding: Optional(Decimal('BT-114; 0 unless given. Read as input too.')),
    payable: Optional(Decimal('BT-115.')),
    vat_groups: Optional(
      Type.Array(
        Type.Object(
          {
            category: Type.String(),
            rate: Optional(Decimal('Percent.')),
            base: Decimal('BT-116.'),
            tax: Decimal('BT-117.'),
            exemption_code: Optional(Text('BT-121.')),
            exemption_reason: Optional(Text('BT-120.')),
          },
          Closed,
        ),
        { maxItems: 100 },
      ),
    ),
  },
  Closed,
)

/**
 * The vault's body of `POST /v1/tokens` without account and metadata. Its members are the vault's to judge, so that a wrong
 * number gets the vault's own answer, which never repeats it.
 */
const Instrument = Type.Object(
  {
    type: Type.Unknown(),
    card: Optional(Type.Unknown()),
    bank_account: Optional(Type.Unknown()),
    paypal_account: Optional(Type.Unknown()),
    holder: Type.Unknown(),
  },
  Closed,
)

/** An order file. BT and BG are the terms of EN 16931-1. */
export const OrderForm = Type.Object(
  {
    source: Optional(Text('Whose document it is.')),
    document: Type.Enum(['invoice', 'credit_note']),
    number_printed: Optional(Text('The number its author gave it.')),
    type_code: Type.Enum(['380', '381', '384', '389', '326', '875', '876', '877']),
    preceding_invoice: Optional(Type.Object({ number: Text('BT-25.'), issued_on: Optional(Day('BT-26.')) }, Closed)),
    reason: Optional(Text('Why something is credited.')),
    issue_date: Day('BT-2.'),
    due_date: Optional(Day('BT-9.')),
    delivery_date: Optional(Day('BT-72.')),
    currency: Currency('ISO 4217 (BT-5).'),
    tax_currency: Optional(Currency('ISO 4217 (BT-6); stated where exchange_rate says how.')),
    exchange_rate: Optional(
      Type.Object(
        {
          from: Currency('ISO 4217.'),
          to: Currency('ISO 4217.'),
          rate: Decimal('Units of `to` for one of `from`.'),
          on: Day('The day whose rate it is.'),
          source: Text('Who published it.'),
        },
        Closed,
      ),
    ),
    buyer_reference: Optional(Text('BT-10.')),
    order_reference: Optional(Text('BT-13.')),
    period: Optional(Period),
    notes: Optional(Type.Array(Text('A text to be printed (BT-22).'), { maxItems: 10 })),
    terms: Optional(Text('Payment terms (BT-20).')),
    payment: Optional(Type.Array(PaymentMeans, { maxItems: 10 })),
    seller: Party,
    buyer: Party,
    instrument: Optional(Instrument),
    allowances_charges: Optional(Type.Array(DocumentAllowanceOrCharge, { maxItems: 50 })),
    lines: Type.Array(Line, { minItems: 1, maxItems: 1_000 }),
    prepaid: Optional(Decimal('BT-113.')),
    rounding: Optional(Decimal('BT-114.')),
    expected: Optional(Expected),
    totals_follow_exactly_from_lines: Optional(Type.Boolean()),
    disagreement: Optional(Type.String({ maxLength: 2_000 })),
  },
  Closed,
)

export type OrderForm = Static<typeof OrderForm>
export type PartyForm = Static<typeof Party>
export type LineForm = Static<typeof Line>
export type ExpectedForm = Static<typeof Expected>
