import test from 'ava'
import fc from 'fast-check'
import { brandOf } from './brand.ts'
import { InvalidPan } from './errors.ts'
import { type CardBrand, schemeOf } from './iin-ranges.ts'
import { parsePan } from './pan.ts'

/** Published test numbers of every brand, and of every range and length that is easily forgotten. */
const PUBLISHED: readonly [pan: string, brand: CardBrand, remark: string][] = [
  ['4242424242424242', 'visa', 'Stripe'],
  ['4222222222222', 'visa', '13 digits, PayPal'],
  ['5555555555554444', 'mastercard', '5 series'],
  ['2223003122003222', 'mastercard', '2 series'],
  ['2720990000000007', 'mastercard', 'the last number block of the 2 series'],
  ['378282246310005', 'amex', '37'],
  ['341111111111111', 'amex', '34'],
  ['6011111111111117', 'discover', '6011'],
  ['6445644564456445', 'discover', '644, Adyen'],
  ['6555900000604105', 'discover', '65, Stripe'],
  ['36227206271667', 'diners', '14 digits, Stripe'],
  ['3056930009020004', 'diners', '16 digits, Stripe'],
  ['30569309025904', 'diners', '305'],
  ['38520000023237', 'diners', '38'],
  ['3530111333300000', 'jcb', '3530'],
  ['3088000000000017', 'jcb', '3088, Authorize.Net'],
  ['6200000000000005', 'unionpay', '62, Stripe'],
  ['6205500000000000004', 'unionpay', '19 digits, Stripe'],
  ['8171999927660000', 'unionpay', '81, Adyen'],
  ['6304000000000000', 'maestro', '63, PayPal'],
  ['6771830000000000006', 'maestro', '19 digits, Adyen'],
  ['6799990100000000019', 'maestro', '19 digits, Worldpay'],
  ['6000070736169237003', 'maestro', '6000, Adyen'],
  ['50339619890917', 'maestro', '14 digits, Cybersource'],
  ['586824160825533338', 'maestro', '18 digits, Cybersource'],
  ['6759000000005', 'maestro', '13 digits, Opayo'],
  ['2200000000000004', 'mir', '2200'],
  ['5066991111111118', 'unknown', 'Elo, within the range of Maestro'],
  ['5019717010103742', 'unknown', 'Dankort, within the range of Maestro'],
  ['6062828888666688', 'unknown', 'Hipercard'],
]

for (const [pan, brand, remark] of PUBLISHED) {
  test(`${pan} is ${brand} (${remark})`, (t) => {
    t.is(brandOf(parsePan(pan).reveal()), brand)
  })
}

for (const [iin, brand] of [
  ['22209999', undefined],
  ['22210000', 'mastercard'],
  ['27209999', 'mastercard'],
  ['27210000', undefined],
  ['22009999', 'mir'],
  ['22049999', 'mir'],
  ['22050000', undefined],
  ['50999999', 'unknown'],
  ['51000000', 'mastercard'],
  ['55999999', 'mastercard'],
  ['56000000', 'maestro'],
  ['35279999', undefined],
  ['35280000', 'jcb'],
  ['35899999', 'jcb'],
  ['35900000', undefined],
  ['64399999', undefined],
  ['64400000', 'discover'],
  ['60110000', 'discover'],
  ['60120000', undefined],
  ['30600000', undefined],
  ['30950000', 'diners'],
  ['99999999', undefined],
] as const) {
  test(`the range that ${iin} lies in belongs to ${brand ?? 'no scheme we know'}`, (t) => {
    t.is(schemeOf(iin)?.brand, brand)
  })
}

/** What each brand publishes as the lengths of its numbers. */
const LENGTHS: readonly [start: string, lengths: readonly number[]][] = [
  ['4', [13, 16, 18, 19]],
  ['51', [16]],
  ['2221', [16]],
  ['34', [15]],
  ['36', [14, 15, 16, 17, 18, 19]],
  ['6011', [16, 17, 18, 19]],
  ['3528', [16, 17, 18, 19]],
  ['62', [13, 14, 15, 16, 17, 18, 19]],
  ['67', [12, 13, 14, 15, 16, 17, 18, 19]],
  ['2200', [16, 17, 18, 19]],
]

for (const [start, lengths] of LENGTHS) {
  test(`numbers that start with ${start} have ${lengths.join(', ')} digits and no others`, (t) => {
    for (let length = 12; length <= 19; length += 1) {
      const head = start.padEnd(length - 1, '0')
      const parsed = [...'0123456789'].flatMap((check) => {
        try {
          return [parsePan(head + check)]
        } catch (error) {
          t.true(error instanceof InvalidPan)
          return []
        }
      })
      t.is(parsed.length, lengths.includes(length) ? 1 : 0, `${length} digits`)
    }
  })
}

test('every number of eight digits finds one scheme or none, and the same one whatever follows', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.integer({ min: 10_000_000, max: 99_999_999 }), fc.nat({ max: 9 }), (iin, more) =>
        Object.is(schemeOf(String(iin)), schemeOf(`${iin}${more}`)),
      ),
    ),
  )
})
