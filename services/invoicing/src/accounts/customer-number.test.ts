import test from 'ava'
import fc from 'fast-check'
import { dammDigit, drawCustomerNumber, isCustomerNumber } from './customer-number.ts'

const drawn = fc.uint8Array({ minLength: 4, maxLength: 4 }).map((bytes) => {
  let first = true
  return drawCustomerNumber(() => {
    const give = first ? bytes : Uint8Array.of(0, 0, 0, 7)
    first = false
    return give
  })
})

test('a drawn customer number has nine digits and a matching check digit', (t) => {
  t.notThrows(() => fc.assert(fc.property(drawn, (number) => /^[1-9]\d{8}$/.test(number) && isCustomerNumber(number))))
})

test('every single wrong digit is found', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(drawn, fc.nat(8), fc.integer({ min: 1, max: 9 }), (number, at, shift) => {
        const wrong = String((Number(number[at]) + shift) % 10)
        return !isCustomerNumber(number.slice(0, at) + wrong + number.slice(at + 1))
      }),
    ),
  )
})

test('every swap of two different neighbours is found', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(drawn, fc.nat(7), (number, at) => {
        const [a, b] = [number.charAt(at), number.charAt(at + 1)]
        return a === b || !isCustomerNumber(number.slice(0, at) + b + a + number.slice(at + 2))
      }),
    ),
  )
})

test('the published example of the check digit: 572 gets 4', (t) => {
  t.is(dammDigit('572'), '4')
  t.is(dammDigit('5724'), '0')
  t.false(isCustomerNumber('000005724'), 'a customer number does not begin with zero')
})
