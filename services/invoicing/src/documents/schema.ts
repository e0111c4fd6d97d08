import Type from 'typebox'
import {
  AbsoluteMinor,
  AmountMinor,
  Currency,
  Day,
  Decimal,
  ExternalId,
  Id,
  Instant,
  Language,
  Line,
  Nullable,
  PrintedIban,
  Text,
  Version,
} from '../wire/fields.ts'

export const VatCategory = Type.Enum(['S', 'Z', 'E', 'AE', 'K', 'G', 'O', 'L', 'M'], {
  description: 'VAT category (UNTDID 5305, BT-151).',
})
const VatRate = Decimal('VAT rate in percent (BT-152); none for category O.')

export const PriceMode = Type.Enum(['net', 'gross'], {
  description:
    'Whether prices, allowances and charges are without VAT, or have it in them: then their sum is what is paid, to the cent.',
})

export const Rounding = Type.Enum(['none', 'cash'], {
  description: 'Whether what is due is rounded to 5 Rappen (BT-114). CHF only; VAT is not touched.',
})

export const VatExemptionWire = Type.Object(
  {
    vat_category: VatCategory,
    code: Type.Optional(
      Type.String({
        pattern: '^VATEX-[A-Z0-9-]{1,32}$',
        maxLength: 38,
        description: 'VATEX code that fits the category, such as VATEX-EU-132-1A (BT-121).',
      }),
    ),
    reason: Type.Optional(Line(500, 'The reason in words, printed (BT-120).')),
  },
  { additionalProperties: false, description: 'Why no VAT is charged under a category (BG-23).' },
)

export const ExchangeRateWire = Type.Object(
  {
    from: Currency,
    to: Currency,
    rate: Decimal('How many units of `to` one unit of `from` is.'),
    on: Day('The day whose rate it is.'),
    source: Line(200, 'Who published it, such as ECB or BAZG.'),
  },
  { additionalProperties: false, description: 'By which rate the VAT is stated in another currency. Printed.' },
)

export const PeriodWire = Type.Object(
  { from: Day('First day.'), to: Day('Last day, included.') },
  { additionalProperties: false, description: 'A period of time (BG-14, BG-26).' },
)

const allowanceOrCharge = {
  charge: Type.Boolean({ description: 'True for a charge, false for an allowance.' }),
  amount_minor: AbsoluteMinor('What is added or taken off.'),
  base_amount_minor: Type.Optional(AmountMinor('What the percentage is of; printed only.')),
  percent: Type.Optional(Decimal('The percentage; printed only, the amount counts.')),
  reason: Type.Optional(Line(200, 'Why.')),
  reason_code: Type.Optional(Line(10, 'UNTDID 5189 or 7161 code.')),
}

export const LineFormWire = Type.Object(
  {
    id: Type.Optional(Line(60, 'The line’s own id (BT-126); its position unless given.')),
    name: Line(500, 'What is sold (BT-153).'),
    description: Type.Optional(Text(2000, 'More about it (BT-154).')),
    seller_item_id: Type.Optional(Line(60, 'The issuer’s article number (BT-155).')),
    quantity: Decimal('How many or how much (BT-129).'),
    unit: Line(10, 'Unit of measure, UN/ECE Recommendation 20 or 21 code, such as C62, HUR, DAY (BT-130).'),
    price: Decimal('Price of one price base quantity, discount taken off; net (BT-146) unless `price_mode` is gross.'),
    price_base_quantity: Type.Optional(Decimal('The quantity the price is for (BT-149); 1 unless given.')),
    price_discount: Type.Optional(Decimal('What was taken off the gross price (BT-147); printed only.')),
    vat_category: VatCategory,
    vat_rate: Type.Optional(VatRate),
    period: Type.Optional(PeriodWire),
    allowances_charges: Type.Optional(
      Type.Array(Type.Object(allowanceOrCharge, { additionalProperties: false }), {
        maxItems: 20,
        description: 'Allowances and charges of the line (BG-27, BG-28).',
      }),
    ),
  },
  { additionalProperties: false },
)

export const AllowanceChargeWire = Type.Object(
  { ...allowanceOrCharge, vat_category: VatCategory, vat_rate: Type.Optional(VatRate) },
  { additionalProperties: false },
)

export const PaymentMeansWire = Type.Object(
  {
    means_code: Type.String({
      pattern: '^([0-9]{1,2}|ZZZ)$',
      maxLength: 3,
      description: 'UNTDID 4461 code, such as 58 (BT-81).',
    }),
    reference: Type.Optional(Line(140, 'What the payer states (BT-83).')),
    iban: Type.Optional(PrintedIban('Payee account (BT-84). A wrong check digit is a warning.')),
    account_number: Type.Optional(Line(34, 'Payee account where there is no IBAN (BT-84).')),
    bic: Type.Optional(Line(11, 'BIC of the payee’s bank (BT-86).')),
    mandate: Type.Optional(Line(35, 'Reference of a direct-debit mandate (BT-89).')),
  },
  { additionalProperties: false },
)

export const PrecedingInvoiceWire = Type.Object(
  {
    number: Line(100, 'Its number (BT-25).'),
    issued_on: Type.Optional(Day('The day it was issued on (BT-26).')),
  },
  { additionalProperties: false, description: 'The invoice that the document refers to (BG-3).' },
)

export const CashDiscountWire = Type.Object(
  {
    percent: Decimal('What is taken off, above 0 and below 100.'),
    within_days: Type.Integer({ minimum: 0, maximum: 366, description: 'How many days after the issue date.' }),
  },
  { additionalProperties: false, description: 'A discount for paying early.' },
)

/** The order form: what quotes and invoices are made from. */
export const documentFields = {
  account_id: Id('acc', 'Whose document it is.'),
  issuer_id: Id('iss', 'Who issues it.'),
  external_id: Type.Optional(ExternalId),
  currency: Currency,
  price_mode: Type.Optional(PriceMode),
  tax_currency: Type.Optional(Currency),
  exchange_rate: Type.Optional(ExchangeRateWire),
  language: Type.Optional(Language),
  issue_on: Type.Optional(Day('Issue date (BT-2); today in the issuer’s time zone unless given.')),
  due_on: Type.Optional(Day('When it is due (BT-9).')),
  delivery_on: Type.Optional(Day('When it was delivered (BT-72).')),
  period: Type.Optional(PeriodWire),
  buyer_reference: Type.Optional(Line(100, 'The buyer’s reference, such as a Leitweg-ID (BT-10).')),
  order_reference: Type.Optional(Line(100, 'Number of the buyer’s order (BT-13).')),
  notes: Type.Optional(
    Type.Array(Text(2000, 'A note.'), { maxItems: 10, description: 'Notes on the document (BG-1).' }),
  ),
  terms: Type.Optional(Text(2000, 'Payment terms (BT-20).')),
  cash_discounts: Type.Optional(
    Type.Array(CashDiscountWire, {
      maxItems: 3,
      description: 'Discounts for paying early, each with more days than the one before. Printed on an invoice.',
    }),
  ),
  token_id: Type.Optional(Id('tok', 'The vaulted instrument that will be charged; printed masked.')),
  payment: Type.Optional(Type.Array(PaymentMeansWire, { maxItems: 10, description: 'How and where to pay (BG-16).' })),
  lines: Type.Array(LineFormWire, { minItems: 1, maxItems: 1000, description: 'What is sold (BG-25).' }),
  allowances_charges: Type.Optional(
    Type.Array(AllowanceChargeWire, {
      maxItems: 50,
      description: 'Allowances and charges on the whole (BG-20, BG-21).',
    }),
  ),
  vat_exemptions: Type.Optional(
    Type.Array(VatExemptionWire, {
      maxItems: 5,
      description:
        'Why no VAT is charged, once for each category (BT-120, BT-121). Required for E; the others have one reason each, which stands unless given.',
    }),
  ),
  prepaid_minor: Type.Optional(AbsoluteMinor('What was paid before (BT-113).')),
  rounding: Type.Optional(Rounding),
  rounding_minor: Type.Optional(
    AmountMinor('What the payable amount is rounded by (BT-114); not beside `rounding` cash.'),
  ),
}

/** UNTDID 1001 codes that an invoice can have. */
export const InvoiceTypeCode = Type.Enum(['380', '384', '389', '326', '875', '876', '877'], {
  description:
    'Kind of invoice (UNTDID 1001, BT-3): 380 invoice, 384 corrected, 389 self-billed, 326 partial, 875 to 877 construction.',
})

export const VatGroupWire = Type.Object({
  category: VatCategory,
  rate: Nullable(Type.String({ description: 'Percent, as a decimal string; null for category O.' })),
  base_minor: AmountMinor('Taxable amount (BT-116).'),
  tax_minor: AmountMinor('VAT (BT-117).'),
})

export const TotalsWire = Type.Object(
  {
    lines_minor: AmountMinor('Sum of the lines (BT-106).'),
    allowances_minor: AmountMinor('Allowances on the whole (BT-107).'),
    charges_minor: AmountMinor('Charges on the whole (BT-108).'),
    net_minor: AmountMinor('Without VAT (BT-109).'),
    vat_minor: AmountMinor('VAT (BT-110).'),
    gross_minor: AmountMinor('With VAT (BT-112).'),
    prepaid_minor: AmountMinor('Paid before (BT-113).'),
    rounding_minor: AmountMinor('Rounding (BT-114).'),
    payable_minor: AmountMinor('To be paid (BT-115).'),
    vat_groups: Type.Array(VatGroupWire, { description: 'One for each VAT category and rate (BG-23).' }),
  },
  { description: 'Totals by their EN 16931 names (BG-22).' },
)

export const NetDifferenceWire = Type.Object({
  vat_category: VatCategory,
  vat_rate: Nullable(Type.String({ description: 'Percent, as a decimal string; null for category O.' })),
  amount_minor: AmountMinor(
    'What the nets, each rounded by itself, lack of the taxable amount. Part of BT-108, or of BT-107 if negative.',
  ),
})

export const InstrumentWire = Type.Object({
  token_id: Id('tok', 'The vaulted instrument.'),
  type: Type.String({ description: 'card, bank_account or paypal_account.' }),
  display: Type.String({ description: 'Masked, such as Visa •••• 4242.' }),
})

/** What quotes and invoices have in common on the wire. */
export const documentWire = {
  mode: Type.Enum(['test', 'live'], { description: 'Test or live data.' }),
  account_id: Id('acc', 'Whose document it is.'),
  issuer_id: Id('iss', 'Who issues it.'),
  external_id: Nullable(ExternalId),
  number: Nullable(Type.String({ description: 'Drawn at issue; null for a draft.' })),
  currency: Currency,
  issue_on: Nullable(Type.String({ description: 'Issue date, YYYY-MM-DD.' })),
  due_on: Nullable(Type.String({ description: 'When it is due, YYYY-MM-DD.' })),
  totals: TotalsWire,
  line_net_minor: Type.Array(AmountMinor('Net amount of a line (BT-131).'), {
    description: 'In the order of the lines.',
  }),
  price_mode: PriceMode,
  line_gross_minor: Nullable(
    Type.Array(AmountMinor('Amount of a line with VAT.'), {
      description: 'In gross prices, in the order of the lines; else null.',
    }),
  ),
  net_differences: Type.Array(NetDifferenceWire, {
    description: 'In gross prices, where rounding line by line and rounding once do not meet; else empty.',
  }),
  rounding: Rounding,
  vat_exemptions: Type.Array(VatExemptionWire, {
    description: 'As they were given; once issued, as they stand on the document.',
  }),
  language: Nullable(Language),
  tax_currency: Nullable(Currency),
  tax_vat_minor: Nullable(AmountMinor('VAT in the tax currency (BT-111).')),
  exchange_rate: Type.Union([ExchangeRateWire, Type.Null()], { description: 'By which BT-111 was converted.' }),
  delivery_on: Nullable(Type.String({ description: 'When it was delivered, YYYY-MM-DD.' })),
  period: Nullable(PeriodWire),
  buyer_reference: Nullable(Type.String({ description: 'The buyer’s reference.' })),
  order_reference: Nullable(Type.String({ description: 'Number of the buyer’s order.' })),
  notes: Type.Array(Type.String({ description: 'A note.' }), { description: 'Notes on the document.' }),
  terms: Nullable(Type.String({ description: 'Payment terms.' })),
  cash_discounts: Type.Array(CashDiscountWire, { description: 'Discounts for paying early.' }),
  payment: Type.Array(PaymentMeansWire, { description: 'How and where to pay.' }),
  lines: Type.Array(LineFormWire, { description: 'As they were given.' }),
  allowances_charges: Type.Array(AllowanceChargeWire, { description: 'Allowances and charges on the whole.' }),
  instrument: Type.Union([InstrumentWire, Type.Null()], {
    description: 'The instrument that will be charged, masked.',
  }),
  warnings: Type.Array(
    Type.Object({
      path: Type.String({ description: 'A JSON pointer to the field.' }),
      code: Type.String({ description: 'Stable and snake_case.' }),
      message: Type.String({ description: 'What is odd about it.' }),
    }),
    { description: 'What was taken although it looks wrong.' },
  ),
  version: Version,
  created_at: Instant('When it was made.'),
  issued_at: Nullable(Instant('When it was issued.')),
}
