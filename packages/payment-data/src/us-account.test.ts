import test from 'ava'
import fc from 'fast-check'
import { InvalidAccountNumber, InvalidRoutingNumber } from './errors.ts'
import { parseRoutingNumber, parseUsAccountNumber, type RoutingNumber, usAccountClear } from './us-account.ts'

// Published by the banks themselves and by the Federal Reserve; 110000000 is Stripe's test bank.
for (const routing of ['021000021', '011401533', '091000019', '322271627', '121000358', '110000000', '000000518']) {
  test(`${routing} is a routing number`, (t) => {
    t.is(parseRoutingNumber(routing), routing as RoutingNumber)
    t.is(
      parseRoutingNumber(`${routing.slice(0, 4)} ${routing.slice(4, 8)}-${routing.slice(8)}`),
      routing as RoutingNumber,
    )
  })
}

for (const [input, because] of [
  ['', /nine digits/],
  ['02100002', /nine digits/],
  ['0210000210', /nine digits/],
  ['02100002a', /nine digits/],
  ['021000022', /check digit/],
  ['000000000', /no bank/],
  ['131000000', /no bank/],
  ['501000009', /no bank/],
  ['991000004', /no bank/],
] as const) {
  test(`${JSON.stringify(input)} is no routing number: ${because.source}`, (t) => {
    const error = t.throws(() => parseRoutingNumber(input), { instanceOf: InvalidRoutingNumber, message: because })
    t.is(error.code, 'invalid_routing_number')
    t.true(input === '' || !error.message.includes(input))
  })
}

test('one wrong digit of a routing number is always noticed', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.nat({ max: 8 }), fc.integer({ min: 1, max: 9 }), (at, by) => {
        const right = '021000021'
        const wrong = right.slice(0, at) + ((Number(right[at]) + by) % 10) + right.slice(at + 1)
        try {
          parseRoutingNumber(wrong)
          return false
        } catch (error) {
          return error instanceof InvalidRoutingNumber
        }
      }),
    ),
  )
})

test('an account number keeps its leading zeros', (t) => {
  t.is(parseUsAccountNumber('000123456789').reveal() as string, '000123456789')
  t.is(parseUsAccountNumber('0001-2345 6789').reveal() as string, '000123456789')
})

for (const input of ['', '123', '123456789012345678', '12345x', '0000', 'IBAN']) {
  test(`${JSON.stringify(input)} is no account number`, (t) => {
    const error = t.throws(() => parseUsAccountNumber(input), { instanceOf: InvalidAccountNumber })
    t.is(error.code, 'invalid_account_number')
    t.true(input === '' || !error.message.includes(input))
  })
}

test('of an account number four digits stay in clear, of a short one two, and never more', (t) => {
  t.deepEqual(usAccountClear(parseUsAccountNumber('12345678').reveal()), { country: 'US', lastFour: '5678' })
  t.deepEqual(usAccountClear(parseUsAccountNumber('1234567').reveal()), { country: 'US', lastFour: '67' })
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.string({ minLength: 4, maxLength: 17, unit: fc.constantFrom(...'123456789') }), (digits) => {
        const { lastFour, country, ...more } = usAccountClear(parseUsAccountNumber(digits).reveal())
        return (
          lastFour.length === (digits.length < 8 ? 2 : 4) &&
          digits.endsWith(lastFour) &&
          country === 'US' &&
          Object.keys(more).length === 0
        )
      }),
    ),
  )
})
