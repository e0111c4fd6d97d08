import test from 'ava'
import fc from 'fast-check'
import { schemeOf } from './iin-ranges.ts'
import { luhnHolds } from './luhn.ts'
import { containsIban, containsLuhnRun, containsPan } from './sensitive-text.ts'

/** Titles of tests fold white space, and these texts differ in nothing else. */
const visible = (text: string) =>
  `"${text.replace(/ {2,}|[^ -~]/g, (odd) => [...odd].map((character) => `<${character.codePointAt(0)?.toString(16)}>`).join(''))}"`

for (const text of [
  '4242424242424242',
  'please charge 4242 4242 4242 4242 next time',
  'Karte 4242-4242-4242-4242, gültig bis 12/29',
  'card:4242.4242.4242.4242.',
  'pan_4242424242424242',
  'PAN4242424242424242X',
  'key 4242_4242_4242_4242',
  '4242\u00a04242\u00a04242\u00a04242',
  '4242\u202f4242\u202f4242\u202f4242',
  '4242\u200b4242\u200b4242\u200b4242',
  '4242\u200e4242\u200f4242\u061c4242',
  '\u202a4242\u202c4242\u20664242\u20694242',
  '12\u200e4242424242424242',
  '4242 – 4242 – 4242 – 4242',
  '4242  4242  4242  4242',
  '4242-4242 4242.4242',
  '4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2',
  '42 42 42 42 42 42 42 42',
  '４２４２４２４２４２４２４２４２',
  '٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢',
  '۴۲۴۲ ۴۲۴۲ ۴۲۴۲ ۴۲۴۲',
  '४२४२-४२४२-४२४२-४२४२',
  '๔๒๔๒๔๒๔๒๔๒๔๒๔๒๔๒',
  '𝟒𝟐𝟒𝟐𝟒𝟐𝟒𝟐𝟒𝟐𝟒𝟐𝟒𝟐𝟒𝟐',
  '𝟺𝟸𝟺𝟸 4242 𝟺𝟸𝟺𝟸 ٤٢٤٢',
  '4242,4242,4242,4242',
  '4242|4242|4242|4242',
  '4242 | 4242 | 4242 | 4242',
  '4242，4242，4242，4242',
  '3782,822463,10005',
  '4242·4242·4242·4242',
  '4242 . 4242 . 4242 . 4242',
  'order 2024 4242 4242 4242 4242 thanks',
  '12 4242424242424242',
  '3782 822463 10005',
  '30569309025904',
  '3622 720627 1667',
  '4222222222222',
  '6205500000000000004',
  'Maestro 6799990100000000019',
  'Elo 5066 9911 1111 1118',
  '{"number":"5555555555554444"}',
  '+49 30 123456 4242 4242 4242 4242',
  '+4242424242424242',
  'RF 4242424242424242',
  'GTIN 4242424242424242',
  'DE89 3704 0044 0532 0130 00 / 4242424242424242',
]) {
  test(`a card number is found in ${visible(text)}`, (t) => {
    t.true(containsPan(text))
  })
}

for (const [text, because] of [
  ['', 'there is nothing in it'],
  ['4242 4242 4242 4241', 'the check digit is wrong'],
  ['9999999999999995', 'no scheme has such numbers'],
  ['0000000000000000', 'no scheme has such numbers'],
  ['424242424242', 'twelve digits are too few'],
  ['42424242424242424242', 'twenty digits in a row are a longer number'],
  ['354242424242428', 'an IMEI has 15 digits, a JCB card that starts so has 16 or more'],
  ['4242 4242, 4242 4242', 'a comma and a space separate two numbers'],
  ['4242,4242,,4242,4242', 'two commas separate two numbers'],
  ['42,42,42,42,42,42,42,42', 'it is a list of short numbers'],
  ['42|42|42|42|42|42|42|42', 'it is a list of short numbers'],
  ['4.242.424,24 2.424.242,42', 'they are amounts'],
  ['٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤١', 'the check digit is wrong in every script'],
  ['4242 4242\n4242 4242', 'a new line separates two numbers'],
  ['4242 4242 4242 Stück zu 4242', 'words stand between'],
  ['+49 151 12344317', 'it is a telephone number'],
  ['Tel. +4915112344317', 'it is a telephone number'],
  ['+41 44 668 18 00, +41 44 668 18 01', 'they are telephone numbers'],
  ['Rechnung 2024-000123, Kunde 10000042', 'they are short numbers'],
  ['Leistung vom 30.03.2024-04.11.2024', 'dates are not one number'],
  ['2024-11-23 15:04:05.123', 'an instant is not one number'],
  ['DE35 5001 0517 9753 5703 37', 'it is an IBAN'],
  ['CH38 0076 2970 5820 4208 3', 'it is an IBAN'],
  ['RF43 1129 2908 6435 95', 'it is a creditor reference'],
  ['63 86288 30656 21371 45611 62582', 'it is a QR reference'],
  ['53915868-4013-4393-8028-7093843abcde', 'it is a UUID'],
  ['sha:ab4856551081693508cccccccccccccc', 'it is a hash'],
  ['inv_01h455vb4pex5vsknk084sn02q', 'it is one of our ids'],
] as const) {
  test(`${visible(text)} holds no card number: ${because}`, (t) => {
    t.false(containsPan(text))
  })
}

for (const text of [
  '49 151 12344317',
  'XX35 5001 0517 9753 5703 37',
  'XX38 0076 2970 5820 4208 3',
  'RX43 1129 2908 6435 95',
  '63 86288 30656 21371 45611 62583',
  '30.03.2024.04.11.2024',
  '53915868-4013-4393-8028-7093843',
  'sha:ab4856551081693508ccc',
]) {
  test(`what would be something else but for its mark or check digits is searched: ${text}`, (t) => {
    t.true(containsPan(text))
  })
}

/** Numbers of a known scheme with a right check digit and a length that the scheme has. */
const cardNumbers = fc
  .tuple(
    fc.constantFrom(
      '4',
      '51',
      '2221',
      '34',
      '37',
      '305',
      '36',
      '6011',
      '65',
      '3530',
      '62',
      '67',
      '50',
      '2200',
      '5066991',
    ),
    fc.integer({ min: 13, max: 19 }),
    fc.array(fc.nat({ max: 9 }), { minLength: 19, maxLength: 19 }),
  )
  .map(([start, length, rest]) => (start + rest.join('')).slice(0, length - 1))
  .map((head) => head + [...'0123456789'].find((check) => luhnHolds(head + check)))
  .filter((digits) => schemeOf(digits)?.lengths.includes(digits.length) ?? false)
const prose = fc.string({ maxLength: 30, unit: fc.constantFrom(...'abc äöü,;()!?\n') }).map((words) => `${words};`)

test('a card number is found wherever it stands and however it is grouped', (t) => {
  const grouping = fc.array(fc.boolean(), { minLength: 19, maxLength: 19 })
  t.notThrows(() =>
    fc.assert(
      fc.property(
        cardNumbers,
        fc.constantFrom('', ' ', '-', '.', '\u00a0', ' - ', ' . '),
        grouping,
        prose,
        prose,
        (pan, gap, cuts, a, b) => {
          const written = [...pan].map((digit, at) => (at > 0 && cuts[at] ? gap : '') + digit).join('')
          return containsPan(a + written + b) && containsPan(written)
        },
      ),
      { numRuns: 300 },
    ),
  )
})

test('a card number is found in the digits of every script', (t) => {
  const zeros = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xe50, 0x17e0, 0xff10, 0x104a0, 0x1d7ce, 0x1d7d8, 0x1d7f6, 0x1e950,
  ]
  t.notThrows(() =>
    fc.assert(
      fc.property(cardNumbers, fc.constantFrom(...zeros), (pan, zero) => {
        const written = [...pan].map((digit) => String.fromCodePoint(zero + Number(digit))).join('')
        return containsPan(written) && containsPan(`x ${written} y`)
      }),
      { numRuns: 200 },
    ),
  )
})

test('a number with a wrong check digit is never taken for a card number', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(cardNumbers, fc.integer({ min: 1, max: 9 }), (pan, by) => {
        const wrong = pan.slice(0, -1) + ((Number(pan.at(-1)) + by) % 10)
        return !containsPan(`x ${wrong} y`) && !containsLuhnRun(wrong)
      }),
    ),
  )
})

test('UUIDs and hashes are never taken for card numbers, so that they can be idempotency keys', (t) => {
  const hexDigits = fc.string({
    minLength: 64,
    maxLength: 64,
    unit: fc.constantFrom(...'0123456789', '0', '1', '4', 'a'),
  })
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.uuid(), hexDigits, (uuid, hash) => {
        fc.pre(/[a-f]/.test(uuid) && /[a-f]/.test(hash))
        return !containsPan(uuid) && !containsPan(`order:${hash}`)
      }),
    ),
  )
})

for (const text of [
  'DE89370400440532013000',
  'pay to DE89 3704 0044 0532 0130 00 please',
  'IBAN:gb29 nwbk 6016 1331 9268 19.',
  'ch93-0076-2011-6238-5295-7',
  'DE89.3704.0044.0532.0130.00',
  'xDE89370400440532013000x',
  'DE89_3704_0044_0532_0130_00',
  'DE89:3704:0044:0532:0130:00',
  'DE89/3704/0044/0532/0130/00',
  'DE89\u200b3704\u200e0044\u20600532 0130\u202c00',
  'DE88 3704 0044 0532 0130 00, no: DE89 3704 0044 0532 0130 00',
]) {
  test(`an IBAN is found in ${visible(text)}`, (t) => {
    t.true(containsIban(text))
  })
}

for (const text of [
  '',
  'DE88 3704 0044 0532 0130 00',
  'DE89',
  'invoice DE89 of 2024',
  'DE89  3704  0044  0532  0130  00',
  '4242 4242 4242 4242',
]) {
  test(`there is no IBAN in ${visible(text)}`, (t) => {
    t.false(containsIban(text))
  })
}

test('an article number counts as one where it is marked, and as a card number where it is not', (t) => {
  // 13 digits that begin with 40 and satisfy both GS1's check digit and Luhn's: one article number in ten.
  const article = '4008995091955'
  t.true(containsPan(`Stift ${article}`))
  t.false(containsPan(`Stift, EAN ${article}`))
  t.false(containsPan(`GTIN: ${article}`))
})

for (const [name, unit] of [
  ['one digit', '4'],
  ['digits and spaces', '4 '],
  ['digits and ever other separators', '4 3-2.'],
  ['short groups', '42-'],
  ['three digits', '500 '],
  ['separators', '4      '],
  ['nearly IBANs of digits', 'DE89'],
  ['nearly IBANs of letters', 'MT84'],
  ['wrong IBANs', 'DE89 3704 0044 0532 0130 01 '],
  ['hexadecimal', 'deadbeef'],
  ['nearly UUIDs', 'deadbeef-dead-dead-dead-'],
  ['plus signs', '+'],
  ['references', 'RF18 '],
] as const) {
  test(`a hostile text of 100 000 characters costs a moment: ${name}`, (t) => {
    const text = unit.repeat(Math.ceil(100_000 / unit.length))
    const started = performance.now()
    const found = [containsPan(text), containsIban(text), containsLuhnRun(text)]
    // Some 100 ms on one slow core. Anything quadratic would take minutes.
    t.true(performance.now() - started < 3000)
    t.is(found.length, 3)
  })
}

test('random digits and separators of any length never make the search throw or hang', (t) => {
  const hostile = fc.string({
    maxLength: 5000,
    size: 'max',
    unit: fc.constantFrom(...'0123456789 -.', 'DE', '+', 'RF', '\u200b'),
  })
  t.notThrows(() =>
    fc.assert(
      fc.property(hostile, (text) => typeof containsPan(text) === typeof containsIban(text)),
      { numRuns: 30 },
    ),
  )
})
