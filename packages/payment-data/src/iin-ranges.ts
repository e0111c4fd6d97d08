import creditCardType from 'credit-card-type'

/** Who issues a card, by its leading digits: the nine brands we name, and local schemes whose numbers we only recognise. */
export interface Scheme {
  readonly brand: CardBrand
  /** How many digits its numbers may have, by the scheme's own publications. */
  readonly lengths: readonly number[]
}

export type CardBrand =
  | 'visa'
  | 'mastercard'
  | 'amex'
  | 'discover'
  | 'diners'
  | 'jcb'
  | 'unionpay'
  | 'maestro'
  | 'mir'
  | 'unknown'

/** A leading-digit range, `[from, until]` inclusive, both of the same number of digits; or a single prefix. */
type Prefixes = number | readonly number[]

interface Interval extends Scheme {
  readonly from: number
  readonly to: number
}

/** Eight digits: an issuer identification number since ISO/IEC 7812-1:2017, and the finest range that anybody publishes. */
const IIN_DIGITS = 8

/**
 * The library's table is the base. Of it we leave out its Maestro, which takes everything that starts with a 6,
 * and add below what it does not know.
 */
const FROM_LIBRARY: readonly [type: string, brand: CardBrand, moreLengths?: readonly number[]][] = [
  ['visa', 'visa', [13]], // 13 digits: no longer issued, still in Visa's and PayPal's test sets.
  ['mastercard', 'mastercard'], // 222100–272099 and 51–55, 16 digits: Mastercard, "2-Series BIN" expansion, 2016.
  ['american-express', 'amex'],
  ['diners-club', 'diners', [15, 17, 18]], // 14 to 19: Discover Network, "IIN ranges" bulletins.
  ['discover', 'discover', [17, 18]], // 16 to 19: the same bulletins.
  ['jcb', 'jcb'],
  ['unionpay', 'unionpay', [13]], // 13 to 19 digits: Stripe, "Testing", UnionPay.
  ['mir', 'mir'],
  ['elo', 'unknown'],
  ['hiper', 'unknown'],
  ['hipercard', 'unknown'],
  ['naranja', 'unknown'],
  ['troy', 'unknown'],
  ['verve', 'unknown'],
]

const FROM_16 = [16, 17, 18, 19]
const FROM_12 = [12, 13, 14, 15, 16, 17, 18, 19]

/** What the library lacks or has too coarse; the narrowest range that holds a number decides. */
const OWN: readonly [brand: CardBrand, prefixes: readonly Prefixes[], lengths: readonly number[]][] = [
  // Maestro: 500000–509999, 560000–589999, 63 and 67 (Mastercard, "Maestro account ranges"), and 6000, which Adyen's test cards use.
  ['maestro', [50, [56, 58], 6000, 63, 67], FROM_12],
  // UnionPay holds the whole of 62 (ISO register of issuer identification numbers); the library has gaps in it.
  ['unionpay', [62], [13, 14, 15, ...FROM_16]],
  // Diners Club International also issues under 3095; JCB cards accepted on the Discover Network, by the same bulletins.
  ['diners', [3095], [14, 15, ...FROM_16]],
  [
    'jcb',
    [
      [3088, 3094],
      [3096, 3102],
      [3112, 3120],
      [3158, 3159],
      [3337, 3349],
    ],
    FROM_16,
  ],
  // JCB's first cards have 15 digits. (35… with 15 digits stays unknown: that is what an IMEI looks like.)
  ['jcb', [1800, 2131], [15, ...FROM_16]],
  // Dankort (Nets, Denmark) and RuPay (NPCI, India).
  ['unknown', [5019], [16]],
  [
    'unknown',
    [
      [508500, 508999],
      [606985, 607984],
      [608001, 608500],
    ],
    [16],
  ],
]

const INTERVALS: readonly Interval[] = [
  ...OWN.flatMap(([brand, prefixes, lengths]) => intervals({ brand, lengths }, prefixes)),
  ...FROM_LIBRARY.flatMap(([type, brand, moreLengths = []]) => {
    const { patterns, lengths } = creditCardType.getTypeInfo(type)
    return intervals({ brand, lengths: [...lengths, ...moreLengths] }, patterns)
  }),
].sort((one, other) => one.to - one.from - (other.to - other.from))

/**
 * @param digits At least eight digits of a card number.
 * @returns The scheme whose narrowest range holds it; `undefined` where no published range does.
 */
export function schemeOf(digits: string): Scheme | undefined {
  const iin = Number(digits.slice(0, IIN_DIGITS))
  return INTERVALS.find(({ from, to }) => iin >= from && iin <= to)
}

function intervals(scheme: Scheme, prefixes: readonly Prefixes[]): Interval[] {
  return prefixes.map((prefix) => {
    const [from, to = from] = typeof prefix === 'number' ? [prefix] : prefix
    return {
      ...scheme,
      from: Number(String(from).padEnd(IIN_DIGITS, '0')),
      to: Number(String(to).padEnd(IIN_DIGITS, '9')),
    }
  })
}
