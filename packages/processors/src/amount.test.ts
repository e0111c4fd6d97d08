import test from 'ava'
import fc from 'fast-check'
import { moneyFromPaypal, moneyFromStripe, paypalAmount, stripeAmount } from './amount.ts'
import { AmountNotAccepted } from './errors.ts'

const stripe = test.macro<[currency: string, minor: bigint, amount: number]>({
  exec(t, currency, minor, amount) {
    t.deepEqual(stripeAmount({ minor, currency }), { amount, currency: currency.toLowerCase() })
    t.deepEqual(moneyFromStripe(amount, currency.toLowerCase()), { minor, currency })
  },
  title: (_, currency, minor, amount) => `Stripe counts ${minor} of ${currency} as ${amount}`,
})
test(stripe, 'EUR', 1050n, 1050)
test(stripe, 'JPY', 500n, 500)
test(stripe, 'KWD', 1230n, 1230)
test(stripe, 'ISK', 500n, 50_000)
test(stripe, 'UGX', 500n, 50_000)
test(stripe, 'MGA', 50_000n, 500)
test(stripe, 'HUF', 10_050n, 10_050)

const paypal = test.macro<[currency: string, minor: bigint, value: string]>({
  exec(t, currency, minor, value) {
    t.deepEqual(paypalAmount({ minor, currency }), { currency_code: currency, value })
    t.deepEqual(moneyFromPaypal({ currency_code: currency, value }), { minor, currency })
  },
  title: (_, currency, minor, value) => `PayPal reads ${minor} of ${currency} as ${value}`,
})
test(paypal, 'EUR', 1050n, '10.50')
test(paypal, 'EUR', 5n, '0.05')
test(paypal, 'JPY', 500n, '500')
test(paypal, 'HUF', 1000n, '10')
test(paypal, 'TWD', 12_300n, '123')
test(paypal, 'KWD', 1234n, '1.234')

const refused = test.macro<
  [write: (amount: { minor: bigint; currency: string }) => unknown, currency: string, minor: bigint]
>({
  exec(t, write, currency, minor) {
    t.throws(() => write({ minor, currency }), { instanceOf: AmountNotAccepted })
  },
  title: (_, write, currency, minor) => `${write.name} refuses ${minor} of ${currency}`,
})
test(refused, stripeAmount, 'EUR', 0n)
test(refused, stripeAmount, 'EUR', -1n)
test(refused, stripeAmount, 'MGA', 50_001n)
test(refused, stripeAmount, 'KWD', 1234n)
test(refused, stripeAmount, 'EUR', 2n ** 60n)
test(refused, paypalAmount, 'EUR', 0n)
test(refused, paypalAmount, 'HUF', 1050n)
test(refused, paypalAmount, 'TWD', 1n)

test('an amount that is written can be read again, whatever it is', (t) => {
  const currency = fc.constantFrom('EUR', 'CHF', 'JPY', 'KWD', 'ISK', 'HUF', 'MGA', 'CLF', 'XOF')
  const minor = fc.bigInt({ min: 1n, max: 10n ** 12n })
  const same = (write: () => unknown, amount: object) => {
    try {
      t.deepEqual(write(), amount)
    } catch (error) {
      if (!(error instanceof AmountNotAccepted)) throw error
    }
  }
  fc.assert(
    fc.property(currency, minor, (code, value) => {
      const amount = { minor: value, currency: code }
      same(() => moneyFromPaypal(paypalAmount(amount)), amount)
      same(() => {
        const written = stripeAmount(amount)
        return moneyFromStripe(written.amount, written.currency)
      }, amount)
    }),
  )
})

test('what is no amount is read as none', (t) => {
  for (const [amount, currency] of [
    [1.5, 'eur'],
    ['1', 'eur'],
    [-1, 'eur'],
    [1, 'xxx'],
    [2 ** 60, 'eur'],
    [1, undefined],
  ])
    t.is(moneyFromStripe(amount, currency), undefined)
  for (const money of [
    undefined,
    null,
    {},
    { currency_code: 'EUR', value: 1 },
    { currency_code: 'EUR', value: '1e3' },
    { currency_code: 'EUR', value: '-1.00' },
    { currency_code: 'EUR', value: '1.005' },
    { currency_code: 'XXX', value: '1' },
  ])
    t.is(moneyFromPaypal(money), undefined)
})
