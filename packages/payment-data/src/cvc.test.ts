import test from 'ava'
import fc from 'fast-check'
import { parseCvc } from './cvc.ts'
import { InvalidCvc } from './errors.ts'
import type { CardBrand } from './iin-ranges.ts'

const ACCEPTED: readonly [brand: CardBrand, lengths: readonly number[]][] = [
  ['visa', [3]],
  ['mastercard', [3]],
  ['amex', [4]],
  ['discover', [3]],
  ['diners', [3]],
  ['jcb', [3]],
  ['unionpay', [3]],
  ['maestro', [3]],
  ['mir', [3]],
  ['unknown', [3, 4]],
]

for (const [brand, lengths] of ACCEPTED) {
  test(`the code of a card of brand ${brand} has ${lengths.join(' or ')} digits, and is given back to nobody`, (t) => {
    for (const code of ['1', '12', '123', '1234', '12345']) {
      if (lengths.includes(code.length)) t.is(parseCvc(code, brand), undefined)
      else t.throws(() => parseCvc(code, brand), { instanceOf: InvalidCvc })
    }
  })
}

test('anything but digits is refused', (t) => {
  for (const code of ['', 'abc', '12a', ' 123', '123\n', '１２３', '-12']) {
    t.throws(() => parseCvc(code, 'visa'), { instanceOf: InvalidCvc })
    t.throws(() => parseCvc(code, 'unknown'), { instanceOf: InvalidCvc })
  }
})

test('an error never repeats the code', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.string({ minLength: 5, unit: fc.constantFrom(...'0123456789') }), (code) => {
        try {
          parseCvc(code, 'amex')
          return false
        } catch (error) {
          return error instanceof InvalidCvc && error.code === 'invalid_cvc' && !error.message.includes(code)
        }
      }),
    ),
  )
})
