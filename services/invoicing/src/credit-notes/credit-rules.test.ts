import test from 'ava'
import fc from 'fast-check'
import type { Content } from '../documents/document.ts'
import { totalsOf } from '../documents/form-rules.ts'
import { totalsToWire } from '../documents/snapshot.ts'
import { invoiceOf, line, take } from '../testing/credited.ts'
import { CreditExceedsInvoice } from './errors.ts'
import type { LineRequest } from './line-rules.ts'
import { within } from './share.ts'

test('a full credit note says of every total what the invoice says, and of every line what it said', (t) => {
  const content: Content = {
    lines: [{ ...line, allowances_charges: [{ charge: false, amount_minor: 333, reason: 'Treue' }] }, line],
    allowances_charges: [{ charge: true, amount_minor: 999, vat_category: 'S', vat_rate: '8.1', reason: 'Fracht' }],
    prepaid_minor: 1000,
    rounding: 'cash',
  }
  const invoice = invoiceOf(content)
  const note = take(invoice, [])
  t.deepEqual(totalsToWire(note.totals), invoice.snapshot.totals)
  t.deepEqual(
    note.content.lines,
    content.lines.map((each, index) => ({ ...each, id: String(index + 1) })),
  )
  t.deepEqual(note.content.preceding_invoice, { number: '1-1', issued_on: '2026-11-20' })
})

test('a part that is worth nothing takes no discount, whatever the share of the others was rounded to', (t) => {
  const worthless = { ...line, quantity: '0.01', price: '0.001' }
  const goods = [
    { ...line, quantity: '1.81', price: '4.788', vat_rate: '2.6' },
    { ...line, quantity: '3.5', price: '19.69', vat_rate: '2.6' },
  ]
  const discount = { charge: false, amount_minor: 260, vat_category: 'S', vat_rate: '2.6' } as const
  const invoice = invoiceOf({ lines: [...goods, worthless], allowances_charges: [discount] })
  const first = take(invoice, [], [{ line: 1 }])
  const second = take(invoice, [first], [{ line: 2 }])
  // The first was a draft that is dropped: alone, the second has had less than its share.
  const third = take(invoice, [second], [{ line: 3, quantity: '0.001' }])
  t.like(third.totals, { netMinor: 0n, allowancesMinor: 0n, grossMinor: 0n })
  const rest = take(invoice, [second, third])
  t.is(second.totals.netMinor + rest.totals.netMinor, BigInt(invoice.snapshot.totals.net_minor))
})

test('VAT of parts is rounded together: three thirds of a cent of VAT are one cent', (t) => {
  const small = { ...line, quantity: '1', price: '0.05' }
  const invoice = invoiceOf({ lines: [small, small, small] })
  const notes: ReturnType<typeof take>[] = []
  for (const number of [1, 2, 3]) notes.push(take(invoice, notes, [{ line: number }]))
  t.deepEqual(
    notes.map(({ totals }) => totals.vatMinor),
    [0n, 1n, 0n],
  )
})

test('a line by quantity: thirds of two cents, each with what its quantity does not explain', (t) => {
  const invoice = invoiceOf({ lines: [{ ...line, quantity: '3', price: '0.005' }] })
  const first = take(invoice, [], [{ line: 1, quantity: '1' }])
  const second = take(invoice, [first], [{ line: 1, quantity: '1' }])
  const third = take(invoice, [first, second], [{ line: 1, quantity: '1' }])
  t.deepEqual([first.totals.netMinor, second.totals.netMinor, third.totals.netMinor], [1n, 0n, 1n])
  t.deepEqual(second.content.lines[0]?.allowances_charges, [{ charge: false, amount_minor: 1, reason: 'Ausgleich' }])
})

test('after a reduction of the price, what is left belongs to the quantity that is left', (t) => {
  const invoice = invoiceOf({ lines: [{ ...line, quantity: '4', price: '25' }] })
  const returned = take(invoice, [], [{ line: 1, quantity: '2' }])
  const reduced = take(invoice, [returned], [{ line: 1, amount_minor: 4000 }])
  const third = take(invoice, [returned, reduced], [{ line: 1, quantity: '1' }])
  t.is(third.totals.netMinor, 500n)
  const last = take(invoice, [returned, reduced, third])
  t.is(last.totals.netMinor, 500n)
})

const exceeds = test.macro<[content: Content, taken: readonly LineRequest[], asked: LineRequest, left: object]>({
  exec: (t, content, taken, asked, left) => {
    const invoice = invoiceOf(content)
    const before = taken.length > 0 ? [take(invoice, [], taken)] : []
    const error = t.throws(() => take(invoice, before, [asked]), { instanceOf: CreditExceedsInvoice })
    t.deepEqual(error?.extensions, left as never)
  },
  title: (because) => `refused: ${because}`,
})
test(
  'more of a quantity',
  exceeds,
  { lines: [line] },
  [],
  { line: 1, quantity: '3' },
  { remaining_minor: 10000, line: 1 },
)
test(
  'more of an amount',
  exceeds,
  { lines: [line] },
  [],
  { line: 1, amount_minor: 10001 },
  { remaining_minor: 10000, line: 1 },
)
test(
  'what was credited before',
  exceeds,
  { lines: [line] },
  [{ line: 1, quantity: '1' }],
  { line: 1, quantity: '1.5' },
  { remaining_minor: 5000, line: 1 },
)
test(
  'a line of which nothing is left',
  exceeds,
  { lines: [line, line] },
  [{ line: 1 }],
  { line: 1 },
  { remaining_minor: 0, line: 1 },
)
test(
  'more than a VAT group has beside its negative line',
  exceeds,
  { lines: [line, { ...line, quantity: '-1' }] },
  [],
  { line: 1 },
  { remaining_minor: 5405 },
)

const wrong = test.macro<[requests: readonly LineRequest[], code: string, path: string]>({
  exec: (t, requests, code, path) => {
    const error = t.throws(() => take(invoiceOf({ lines: [line] }), [], requests)) as unknown as {
      errors: { path: string; code: string }[]
    }
    t.like(error.errors[0], { code, path })
  },
  title: (because) => `refused: ${because}`,
})
test('a line that is not there', wrong, [{ line: 2 }], 'unknown_line', '/lines/0/line')
test('a line twice', wrong, [{ line: 1, quantity: '1' }, { line: 1 }], 'line_twice', '/lines/1/line')
test('two ways at once', wrong, [{ line: 1, quantity: '1', amount_minor: 1 }], 'credit_ambiguous', '/lines/0')
test('nothing', wrong, [{ line: 1, quantity: '0' }], 'credit_not_taking_back', '/lines/0/quantity')
test('the other sign', wrong, [{ line: 1, amount_minor: -1 }], 'credit_not_taking_back', '/lines/0/amount_minor')

test('nothing is left of an invoice that was credited whole', (t) => {
  const invoice = invoiceOf({ lines: [line] })
  const error = t.throws(() => take(invoice, [take(invoice, [])]), { instanceOf: CreditExceedsInvoice })
  t.deepEqual(error?.extensions, { remaining_minor: 0 })
})

const RATES = ['8.1', '2.6', '19'] as const
const decimal = (max: number, places: number) =>
  fc
    .integer({ min: 1, max })
    .map((n) => String(n / 10 ** places))
    .filter((text) => !text.includes('e'))
const arbitraryLine = fc.record({
  name: fc.constant('Ware'),
  quantity: decimal(5000, 2),
  unit: fc.constant('C62'),
  price: decimal(99_999, 3),
  vat_category: fc.constant('S' as const),
  vat_rate: fc.constantFrom(...RATES),
})
const arbitraryContent = fc
  .record({
    price_mode: fc.constantFrom('net' as const, 'gross' as const),
    lines: fc.array(arbitraryLine, { minLength: 1, maxLength: 4 }),
    percent: fc.integer({ min: 0, max: 60 }),
    charge: fc.boolean(),
    prepaidPercent: fc.constantFrom(0, 0, 30, 100),
    rounding: fc.constantFrom('none' as const, 'cash' as const),
  })
  .map(({ percent, charge, prepaidPercent, ...content }): Content => {
    const [first] = content.lines
    const bare = totalsOf('CHF', { ...content, rounding: 'none' })
    const own = (bare.gross?.lineGrossMinor ?? bare.lineNetMinor)[0] as bigint
    const item = {
      charge,
      amount_minor: Number((own * BigInt(percent)) / 100n),
      vat_category: 'S' as const,
      vat_rate: first?.vat_rate ?? '8.1',
    }
    return {
      ...content,
      ...(percent > 0 ? { allowances_charges: [item] } : {}),
      ...(prepaidPercent > 0 ? { prepaid_minor: Number((bare.grossMinor * BigInt(prepaidPercent)) / 200n) } : {}),
    }
  })

/** One step: a share of some lines, by quantity or by amount, or dropping an earlier draft. */
const arbitraryStep = fc.record({
  drop: fc.integer({ min: 0, max: 5 }),
  lines: fc.array(
    fc.record({
      line: fc.integer({ min: 1, max: 4 }),
      by: fc.constantFrom('quantity', 'amount', 'rest'),
      size: fc.integer({ min: 1, max: 120 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
})

const sum = (amounts: readonly bigint[]) => amounts.reduce((total, amount) => total + amount, 0n)

test('whatever is credited and dropped in whatever order, no total exceeds the invoice, and the rest is exactly the rest', (t) => {
  let [made, refused] = [0, 0]
  const property = fc.property(arbitraryContent, fc.array(arbitraryStep, { maxLength: 8 }), (content, steps) => {
    const invoice = invoiceOf(content)
    const { totals, line_net_minor, gross } = invoice.snapshot
    const amounts = gross?.line_gross_minor ?? line_net_minor
    let notes: ReturnType<typeof take>[] = []
    const check = () => {
      const fields = ['netMinor', 'vatMinor', 'grossMinor', 'payableMinor'] as const
      const limits = [totals.net_minor, totals.vat_minor, totals.gross_minor, totals.payable_minor]
      for (const [index, field] of fields.entries()) {
        const credited = sum(notes.map((note) => note.totals[field]))
        const limit = BigInt(limits[index] as number)
        if (!within(credited, limit)) throw new Error(`${field}: ${credited} of ${limit}`)
      }
      for (const group of totals.vat_groups) {
        const own = notes.flatMap((note) => note.totals.vatGroups.filter(({ rate }) => rate === group.rate))
        if (sum(own.map(({ baseMinor }) => baseMinor)) > BigInt(group.base_minor)) throw new Error('base of a group')
        if (sum(own.map(({ taxMinor }) => taxMinor)) > BigInt(group.tax_minor)) throw new Error('VAT of a group')
      }
      for (const [index, amount] of amounts.entries()) {
        const own = notes.flatMap(
          ({ content: { credit } }) => credit?.lines.filter((each) => each.line === index + 1) ?? [],
        )
        if (own.reduce((total, { amount_minor }) => total + amount_minor, 0) > amount) throw new Error('a line')
      }
    }
    for (const { drop, lines } of steps) {
      if (drop < 2 && notes.length > 0) notes = notes.toSpliced(drop % notes.length, 1)
      const asked = [...new Map(lines.map((each) => [each.line, each])).values()].flatMap(
        ({ line: place, by, size }) => {
          const form = content.lines[place - 1]
          if (!form) return []
          const quantity = String(Math.round(Number(form.quantity) * size * 10) / 1000)
          const amount_minor = Math.ceil(((amounts[place - 1] ?? 0) * size) / 100)
          return [{ line: place, ...(by === 'quantity' ? { quantity } : by === 'amount' ? { amount_minor } : {}) }]
        },
      )
      if (asked.length === 0) continue
      try {
        notes.push(take(invoice, notes, asked))
        made++
      } catch (error) {
        const { code } = error as { code?: string }
        if (code !== 'credit_exceeds_invoice' && code !== 'credit_not_taking_back') throw error
        refused++
      }
      check()
    }
    try {
      notes.push(take(invoice, notes))
    } catch (error) {
      if (!(error instanceof CreditExceedsInvoice)) throw error
    }
    check()
    const rest = (field: 'netMinor' | 'vatMinor' | 'grossMinor' | 'payableMinor') =>
      sum(notes.map((note) => note.totals[field]))
    const found = [rest('netMinor'), rest('vatMinor'), rest('grossMinor'), rest('payableMinor')].map(Number)
    const whole = [totals.net_minor, totals.vat_minor, totals.gross_minor, totals.payable_minor]
    if (found.join() !== whole.join()) throw new Error(`${found} of ${whole}`)
  })
  t.notThrows(() => fc.assert(property, { numRuns: 400 }))
  t.true(made > 300 && refused > 20, `${made} made, ${refused} refused`)
})
