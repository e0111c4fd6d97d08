import test from 'ava'
import { refuseCardNumbers, SensitiveText } from './sensitive.ts'

const PAN = '4242 4242 4242 4242'

const finds = test.macro({
  exec(t, body: unknown, paths: readonly string[]) {
    const error = t.throws(() => refuseCardNumbers(body), { instanceOf: SensitiveText })
    t.deepEqual(
      error?.errors.map(({ path }) => path),
      paths,
    )
    t.false(JSON.stringify(error).includes('4242 4242') || (error?.message ?? '').includes('4242'))
  },
  title: (given) => `a card number is found ${given}`,
})

const passes = test.macro({
  exec: (t, body: unknown) => t.notThrows(() => refuseCardNumbers(body)),
  title: (given) => `no card number is seen in ${given}`,
})

test('in a text', finds, { name: `Karte ${PAN}` }, ['/name'])
test('in a list of a list', finds, { lines: [{}, { notes: ['gut', PAN] }] }, ['/lines/1/notes/1'])
test('in several texts, by their paths', finds, { a: PAN, b: { c: PAN } }, ['/a', '/b/c'])
test(
  'in an identifier, where it has 15 digits or more',
  finds,
  { legal_id: '4242424242424242', phone: '378282246310005' },
  ['/legal_id', '/phone'],
)
test('in an account number', finds, { payee_accounts: [{ account_number: PAN }] }, ['/payee_accounts/0/account_number'])
test('in full-width digits', finds, { phone: '４２４２４２４２４２４２４２４２' }, ['/phone'])
test('behind four letters that make no IBAN of it', finds, { payment: [{ iban: 'XX00 4242 4242 4242 4242' }] }, [
  '/payment/0/iban',
])
test(
  'twenty times and no more',
  finds,
  { notes: Array(30).fill(PAN) },
  Array.from({ length: 20 }, (_, n) => `/notes/${n}`),
)

test('a register number, GLN, SIRET or article number', passes, {
  legal_id: '12345678200077',
  endpoint: { scheme: '0088', id: '7300010000001' },
  seller_item_id: '4006381333931',
  phone: '+49 30 901820',
})
test('an IBAN, whose check digits may be wrong', passes, { payment: [{ iban: 'DE12 4242 4242 4242 4242 42' }] })
test('a creditor reference, a UUID, a hash', passes, {
  reference: 'RF18 5390 0754 7034',
  external_id: 'a3f1c2d4e5b60718293a4b5c6d7e8f90a3f1c2d4e5b60718293a4b5c6d7e8f90',
  order_reference: '018f4e2a-7c1b-7d2e-8f3a-424242424242',
})
test('numbers, nothing and words', passes, {
  amount_minor: 4_242_424_242_424_242,
  nothing: null,
  list: [],
  name: 'Muster',
})
