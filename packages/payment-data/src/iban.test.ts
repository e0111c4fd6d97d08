import test from 'ava'
import fc from 'fast-check'
import { InvalidIban } from './errors.ts'
import { formatIban, ibanClear, isValidIban, parseIban } from './iban.ts'

/** The example of every country: SWIFT IBAN Registry, release 102 (June 2026), "IBAN electronic format example". */
const REGISTRY = `
  AD1200012030200359100100
  AE070331234567890123456
  AL47212110090000000235698741
  AT611904300234573201
  AZ21NABZ00000000137010001944
  BA391290079401028494
  BE68539007547034
  BG80BNBG96611020345678
  BH67BMAG00001299123456
  BI4210000100010000332045181
  BR1800360305000010009795493C1
  BY13NBRB3600900000002Z00AB00
  CH9300762011623852957
  CR05015202001026284066
  CY17002001280000001200527600
  CZ6508000000192000145399
  DE89370400440532013000
  DJ2100010000000154000100186
  DK5000400440116243
  DO28BAGR00000001212453611324
  EE382200221020145685
  EG380019000500000000263180002
  ES9121000418450200051332
  FI2112345600000785
  FK88SC123456789012
  FO6264600001631634
  FR1420041010050500013M02606
  GB29NWBK60161331926819
  GE29NB0000000101904917
  GI75NWBK000000007099453
  GL8964710001000206
  GR1601101250000000012300695
  GT82TRAJ01020000001210029690
  HN88CABF00000000000250005469
  HR1210010051863000160
  HU42117730161111101800000000
  IE29AIBK93115212345678
  IL620108000000099999999
  IQ98NBIQ850123456789012
  IS140159260076545510730339
  IT60X0542811101000000123456
  JO94CBJO0010000000000131000302
  KW81CBKU0000000000001234560101
  KZ86125KZT5004100100
  LB62099900000001001901229114
  LC55HEMM000100010012001200023015
  LI21088100002324013AA
  LT121000011101001000
  LU280019400644750000
  LV80BANK0000435195001
  LY83002048000020100120361
  MC5811222000010123456789030
  MD24AG000225100013104168
  ME25505000012345678951
  MK07250120000058984
  MN121234123456789123
  MR1300020001010000123456753
  MT84MALT011000012345MTLCAST001S
  MU17BOMM0101101030300200000MUR
  NI45BAPR00000013000003558124
  NL91ABNA0417164300
  NO9386011117947
  OM810180000001299123456
  PK36SCBL0000001123456702
  PL61109010140000071219812874
  PS92PALS000000000400123456702
  PT50000201231234567890154
  QA58DOHB00001234567890ABCDEFG
  RO49AAAA1B31007593840000
  RS35260005601001611379
  RU0304452522540817810538091310419
  SA0380000000608010167519
  SC18SSCB11010000000000001497USD
  SD2129010501234001
  SE4550000000058398257466
  SI56263300012039086
  SK3112000000198742637541
  SM86U0322509800000000270100
  SO211000001001000100141
  ST23000100010051845310146
  SV62CENR00000000000000700025
  TL380080012345678910157
  TN5910006035183598478831
  TR330006100519786457841326
  UA213223130000026007233566001
  VA59001123000012345678
  VG96VPVG0000012345678901
  XK051212012345678906
  YE15CBYE0001018861234567891234
`
  .trim()
  .split(/\s+/)

const examples = fc.constantFrom(...REGISTRY)

for (const iban of REGISTRY) {
  test(`the registry's example for ${iban.slice(0, 2)} is an IBAN`, (t) => {
    t.is(parseIban(iban).reveal() as string, iban)
    t.true(isValidIban(iban))
    t.deepEqual(ibanClear(parseIban(iban).reveal()), { country: iban.slice(0, 2), lastFour: iban.slice(-4) })
  })
}

test('the registry has 89 countries', (t) => {
  t.is(new Set(REGISTRY.map((iban) => iban.slice(0, 2))).size, 89)
})

test('an IBAN is written in groups of four and read back', (t) => {
  t.is(formatIban('DE89370400440532013000'), 'DE89 3704 0044 0532 0130 00')
  t.is(formatIban('be68 5390 0754 7034'), 'BE68 5390 0754 7034')
  t.is(formatIban(''), '')
  t.notThrows(() =>
    fc.assert(fc.property(examples, (iban) => (parseIban(formatIban(iban)).reveal() as string) === iban)),
  )
})

test('spaces, hyphens and case do not matter', (t) => {
  const separators = fc.array(fc.constantFrom('', ' ', '-', '\u00a0'), { minLength: 36, maxLength: 36 })
  t.notThrows(() =>
    fc.assert(
      fc.property(examples, separators, fc.boolean(), (iban, gaps, lower) => {
        const typed = [...iban].map((character, at) => gaps[at] + character).join('')
        return (parseIban(lower ? typed.toLowerCase() : typed).reveal() as string) === iban
      }),
    ),
  )
})

test('one wrong digit is always noticed (ISO 7064)', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(examples, fc.nat({ max: 33 }), fc.integer({ min: 1, max: 9 }), (iban, at, by) => {
        fc.pre(/\d/.test(iban.charAt(at)))
        return !isValidIban(iban.slice(0, at) + ((Number(iban[at]) + by) % 10) + iban.slice(at + 1))
      }),
    ),
  )
})

for (const [input, because] of [
  ['', /country code/],
  ['DE', /country code/],
  ['89370400440532013000', /country code/],
  ['DE89 3704 0044 0532 0130 0', /another length/],
  ['DE89 3704 0044 0532 0130 000', /another length/],
  ['DE88 3704 0044 0532 0130 00', /check digits/],
  ['DE89 3704 0044 0532 0130 0O', /check digits/],
  ['US89 3704 0044 0532 0130 00', /no IBANs/],
  ['ZZ89 3704 0044 0532 0130 00', /no IBANs/],
  ['DE89_3704_0044_0532_0130_00', /country code/],
  // The ligature of f and i, which becomes FI in upper case.
  ['\ufb0121 1234 5600 0007 85', /country code/],
] as const) {
  test(`${JSON.stringify(input)} is no IBAN: ${because.source}`, (t) => {
    const error = t.throws(() => parseIban(input), { instanceOf: InvalidIban, message: because })
    t.is(error.code, 'invalid_iban')
    t.true(input.length < 3 || !error.message.includes(input))
    t.false(isValidIban(input))
  })
}

test('check digits 00, 01 and 99, which mod 97 alone would let pass, are refused', (t) => {
  // The right check digits of these accounts are 97, 98 and 02: the same remainders, other digits.
  const withCheckDigits = (account: number, digits: string) => `DE${digits}${String(account).padStart(18, '0')}`
  for (const [right, wrong] of [
    ['97', '00'],
    ['98', '01'],
    ['02', '99'],
  ] as const) {
    const account = Array.from({ length: 500 }, (_, n) => n).find((n) => isValidIban(withCheckDigits(n, right)))
    t.not(account, undefined)
    t.false(isValidIban(withCheckDigits(account as number, wrong)))
  }
})

test('an error never repeats what was submitted, whatever that is', (t) => {
  const anything = fc.oneof(
    fc.string({ minLength: 9 }),
    examples.map((iban) => `${iban}0`),
    examples.map((iban) => iban.slice(0, -1)),
  )
  t.notThrows(() =>
    fc.assert(
      fc.property(anything, (input) => {
        try {
          parseIban(input)
          return true
        } catch (error) {
          return error instanceof InvalidIban && !String(error.stack).includes(input)
        }
      }),
    ),
  )
})
