import test from 'ava'
import { displayInstrument, type MaskedInstrument } from './display.ts'

const SHOWN: readonly [masked: MaskedInstrument, line: string][] = [
  [{ type: 'card', brand: 'visa', lastFour: '4242' }, 'Visa •••• 4242'],
  [{ type: 'card', brand: 'amex', lastFour: '0005' }, 'American Express •••• 0005'],
  [{ type: 'card', brand: 'unknown', lastFour: '9995' }, 'Card •••• 9995'],
  [{ type: 'bank_account', country: 'DE', lastFour: '3000' }, 'DE •••• 3000'],
  [{ type: 'bank_account', country: 'US', lastFour: '6789' }, 'US bank account •••• 6789'],
  [{ type: 'bank_account', country: 'US', lastFour: '89' }, 'US bank account •••• 89'],
  [{ type: 'paypal_account', maskedEmail: 'b•••@example.com' }, 'PayPal b•••@example.com'],
]

for (const [masked, line] of SHOWN) {
  test(`an instrument is shown as ${line}`, (t) => {
    t.is(displayInstrument(masked), line)
  })
}
