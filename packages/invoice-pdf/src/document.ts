/** Minor units of `PdfDocument.currency`: with exponent 2, 1050n is 10.50. */
export type Minor = bigint
/** A decimal number as text: `-?\d+(\.\d+)?`. */
export type Decimal = string
/** A calendar date, `YYYY-MM-DD`. */
export type CalendarDate = string

export type DocumentKind = 'quote' | 'proforma' | 'invoice' | 'credit_note' | 'receipt'
export type Language = 'de' | 'en'
/** Duty or tax or fee category (UNCL5305, the part EN 16931 uses; BT-118, BT-151). */
export type VatCategory = 'S' | 'Z' | 'E' | 'AE' | 'K' | 'G' | 'O' | 'L' | 'M'

/** Both days belong to the period. */
export interface Period {
  readonly from: CalendarDate
  readonly to: CalendarDate
}

export interface PostalAddress {
  /** Street, building, post box: as many lines as the address has. */
  readonly lines: readonly string[]
  readonly postalCode?: string | undefined
  readonly city?: string | undefined
  readonly region?: string | undefined
  /** ISO 3166-1 alpha-2. */
  readonly country: string
}

/** Who issues the document (seller, BG-4). Its country decides the place of the address window and the Swiss number format. */
export interface Issuer extends PostalAddress {
  readonly name: string
  readonly tradingName?: string | undefined
  readonly vatId?: string | undefined
  /** Entry in the commercial register. */
  readonly legalId?: string | undefined
  /** National tax number (BT-32). */
  readonly taxNumber?: string | undefined
  readonly contactName?: string | undefined
  readonly phone?: string | undefined
  readonly email?: string | undefined
  /** A PNG or JPEG that `parseLogo` accepts. */
  readonly logo?: Uint8Array | undefined
}

/** Who gets the document (buyer, BG-7). */
export interface Buyer extends PostalAddress {
  readonly name: string
  readonly tradingName?: string | undefined
  readonly contactName?: string | undefined
  readonly vatId?: string | undefined
  readonly legalId?: string | undefined
  readonly customerNumber: string
}

export interface DeliveryAddress extends PostalAddress {
  readonly name?: string | undefined
}

/** Taken off or added to a line or a document (BG-20, BG-21, BG-27, BG-28). */
export interface AllowanceCharge {
  /** true adds, false takes off. */
  readonly charge: boolean
  /** Always the amount as such, without a sign for its direction. */
  readonly amountMinor: Minor
  readonly reason?: string | undefined
  readonly percent?: Decimal | undefined
}

export interface DocumentLine {
  /** BT-126. Printed where all ids of a document are short, else the lines are counted. */
  readonly id: string
  readonly name: string
  readonly description?: string | undefined
  readonly sellerItemId?: string | undefined
  readonly quantity: Decimal
  /** UN/ECE Recommendation 20 or 21. A code without a text of ours is printed as it is. */
  readonly unit: string
  /** Price of `priceBaseQuantity` units, discount already taken off; net (BT-146), or with VAT in gross prices. */
  readonly price: Decimal
  readonly priceBaseQuantity?: Decimal | undefined
  /** What was taken off the gross price to arrive at `price` (BT-147). */
  readonly priceDiscount?: Decimal | undefined
  /** BT-131. */
  readonly netMinor: Minor
  /** The amount with VAT, printed in the place of `netMinor` in gross prices. */
  readonly grossMinor?: Minor | undefined
  readonly vatCategory: VatCategory
  readonly vatRate?: Decimal | undefined
  readonly period?: Period | undefined
  /** Already contained in `netMinor` and `grossMinor`; with VAT in gross prices. */
  readonly allowancesCharges: readonly AllowanceCharge[]
}

/** One row of the VAT breakdown (BG-23). */
export interface VatGroup {
  readonly category: VatCategory
  readonly rate?: Decimal | undefined
  readonly baseMinor: Minor
  readonly taxMinor: Minor
  /** BT-120. Replaces our own wording of the category. */
  readonly exemptionReason?: string | undefined
  /** BT-121. Printed where there is no reason in words. */
  readonly exemptionCode?: string | undefined
  /** In gross prices: what the nets of the lines, each rounded by itself, lack of `baseMinor`. */
  readonly netDifferenceMinor?: Minor | undefined
}

/** One unit of `from` is `rate` units of `to`. */
export interface ExchangeRate {
  readonly from: string
  readonly to: string
  readonly rate: Decimal
  readonly on: CalendarDate
  readonly source: string
}

/** VAT in the currency that the issuer accounts for it in. */
export interface TaxVat {
  /** ISO 4217 (BT-6). */
  readonly currency: string
  /** Decimal places of that currency. */
  readonly exponent: number
  /** Minor units of that currency (BT-111). */
  readonly vatMinor: Minor
  readonly exchangeRate?: ExchangeRate | undefined
}

/** The document's totals (BG-22), as they were calculated: nothing is added up again here. */
export interface PdfTotals {
  readonly linesMinor: Minor
  readonly allowancesMinor: Minor
  readonly chargesMinor: Minor
  readonly netMinor: Minor
  readonly vatGroups: readonly VatGroup[]
  readonly vatMinor: Minor
  readonly grossMinor: Minor
  readonly prepaidMinor: Minor
  readonly roundingMinor: Minor
  readonly payableMinor: Minor
  readonly taxVat?: TaxVat | undefined
}

/** An account of the issuer. Public business data; printed in full. */
export interface PayeeAccount {
  readonly iban?: string | undefined
  /** Where there is no IBAN, or one that fails its check. */
  readonly accountNumber?: string | undefined
  readonly bic?: string | undefined
  readonly bankName?: string | undefined
}

/** Everything that is printed, and nothing else. */
export interface PdfDocument {
  readonly kind: DocumentKind
  /** UNTDID 1001. Decides the title of an invoice: 380, 384, 389, 326, 386, 875, 876, 877. */
  readonly typeCode: string
  readonly number: string
  readonly language: Language
  /** Of a copy in another language: the language of the document itself. Said at the head of every page. */
  readonly originalLanguage?: Language | undefined
  /** ISO 4217. */
  readonly currency: string
  /** Decimal places of the currency: 2 for EUR, 0 for JPY. */
  readonly exponent: number
  readonly issuedOn: CalendarDate
  readonly dueOn?: CalendarDate | undefined
  readonly validUntil?: CalendarDate | undefined
  readonly deliveryOn?: CalendarDate | undefined
  readonly period?: Period | undefined
  readonly issuer: Issuer
  readonly buyer: Buyer
  readonly deliveryAddress?: DeliveryAddress | undefined
  /** BT-10, in Germany the Leitweg-ID. */
  readonly buyerReference?: string | undefined
  readonly orderReference?: string | undefined
  readonly quoteNumber?: string | undefined
  /** The invoice that is corrected or replaced (BG-3). */
  readonly precedingInvoice?: { readonly number: string; readonly issuedOn?: CalendarDate | undefined } | undefined
  /** Why. */
  readonly reason?: string | undefined
  /** Number of the document that this one takes the place of. */
  readonly replacesNumber?: string | undefined
  /** `gross`: prices and amounts have VAT in them, and the totals begin with their sum. Net if left out. */
  readonly priceMode?: 'net' | 'gross' | undefined
  readonly lines: readonly DocumentLine[]
  readonly allowancesCharges: readonly AllowanceCharge[]
  readonly totals: PdfTotals
  /** The masked instrument that is charged or was paid with, e.g. `Visa •••• 4242`. Never a full number. */
  readonly paymentInstrument?: string | undefined
  readonly payeeAccounts: readonly PayeeAccount[]
  /** What the payer quotes; without it the document number. */
  readonly paymentReference?: string | undefined
  readonly mandate?: string | undefined
  /** What is to be paid where the payment comes early enough. */
  readonly cashDiscounts?:
    | readonly { readonly percent: Decimal; readonly until: CalendarDate; readonly payableMinor: Minor }[]
    | undefined
  readonly terms?: string | undefined
  readonly notes: readonly string[]
  /** Nothing is to be paid. Implied by a payable amount of zero or less. */
  readonly settledAtIssue?: boolean | undefined
}
