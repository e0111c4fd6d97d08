import test from 'ava'
import fc from 'fast-check'
import type { Content, LineForm } from '../documents/document.ts'
import { totalsOf } from '../documents/form-rules.ts'
import { billionths, decimal, type Part, type Taken, takePart, type WantedLine } from './parts.ts'

const line = (changes: Partial<LineForm> = {}): LineForm => ({
  name: 'Holz',
  quantity: '3',
  unit: 'MTR',
  price: '0.333',
  vat_category: 'S',
  vat_rate: '8.1',
  ...changes,
})

const quoteOf = (content: Partial<Content>) =>
  ({ currency: 'CHF', language: 'de', content: { lines: [line()], ...content } }) as const

/** What the invoices that are there took together. */
function takenBy(parts: readonly Part[]): Taken {
  const add = (sums: readonly bigint[], shares: readonly bigint[]) =>
    Array.from({ length: Math.max(sums.length, shares.length) }, (_, n) => (sums[n] ?? 0n) + (shares[n] ?? 0n))
  const lines = new Map<number, { parts: number; quantity: bigint; shares: readonly bigint[] }>()
  for (const part of parts.flatMap(({ lines }) => lines)) {
    const before = lines.get(part.line) ?? { parts: 0, quantity: 0n, shares: [] }
    lines.set(part.line, {
      parts: before.parts + 1,
      quantity: before.quantity + billionths(part.quantity),
      shares: add(before.shares, part.shares),
    })
  }
  return { lines, shares: parts.reduce<readonly bigint[]>((sums, { shares }) => add(sums, shares), []) }
}

function inTurn(quote: ReturnType<typeof quoteOf>, steps: readonly (readonly WantedLine[] | undefined)[]): Part[] {
  const parts: Part[] = []
  for (const wanted of steps) parts.push(takePart(quote, takenBy(parts), wanted))
  return parts
}

const netOf = ({ content }: { content: Content }) => totalsOf('CHF', content).netMinor

test('a quote that is taken whole is invoiced as it was quoted', (t) => {
  const quote = quoteOf({
    lines: [line({ allowances_charges: [{ charge: false, amount_minor: 7, base_amount_minor: 70, percent: '10' }] })],
    allowances_charges: [{ charge: true, amount_minor: 5, vat_category: 'S', vat_rate: '8.1' }],
    prepaid_minor: 3,
    rounding_minor: -1,
  })
  t.is(takePart(quote, takenBy([])).content, quote.content)
})

test('three times a third of 0.999 is 1.00, as it was quoted', (t) => {
  const parts = inTurn(quoteOf({}), [[{ line: 1, quantity: '1' }], [{ line: 1, quantity: '1' }], undefined])
  t.deepEqual(parts.map(netOf), [33n, 34n, 33n])
  t.deepEqual(
    parts.map(({ content }) => content.lines[0]?.allowances_charges ?? []),
    [[], [{ charge: true, amount_minor: 1, reason: 'Rundungsdifferenz' }], []],
    'and where a part is not its quantity times the price, the line says by how much',
  )
})

test('an allowance of 1.00 over thirds is 0.33, 0.34 and 0.33, on the line and on the whole', (t) => {
  const off = { charge: false, amount_minor: 100, base_amount_minor: 3000, percent: '3.33', reason: 'Treue' }
  const quote = quoteOf({
    lines: [line({ price: '10', allowances_charges: [off] })],
    allowances_charges: [{ ...off, vat_category: 'S', vat_rate: '8.1' }],
    prepaid_minor: 1000,
    rounding_minor: 2,
  })
  const parts = inTurn(quote, [[{ line: 1, quantity: '1' }], [{ line: 1, quantity: '1' }], undefined])
  const { base_amount_minor: _, ...kept } = off
  t.deepEqual(
    parts.map(({ content }) => content.lines[0]?.allowances_charges),
    [33, 34, 33].map((amount_minor) => [{ ...kept, amount_minor }]),
  )
  t.deepEqual(
    parts.map(({ content }) => content.allowances_charges?.map(({ amount_minor }) => amount_minor)),
    [[33], [34], [33]],
  )
  t.deepEqual(
    parts.map(({ content: { prepaid_minor, rounding_minor } }) => [prepaid_minor, rounding_minor]),
    [
      [333, undefined],
      [334, undefined],
      [333, 2],
    ],
    'what was rounded by agreement goes with the last',
  )
})

test('an allowance goes with the lines of its VAT, and a reason for no VAT only where it is needed', (t) => {
  const exempt = { vat_category: 'E', vat_rate: '0' } as const
  const quote = quoteOf({
    lines: [line({ price: '10' }), line({ price: '10', ...exempt })],
    allowances_charges: [{ charge: false, amount_minor: 100, ...exempt }],
    vat_exemptions: [{ vat_category: 'E', reason: 'Schule' }],
  })
  const [first, last] = inTurn(quote, [[{ line: 1, quantity: '3' }], undefined]) as [Part, Part]
  t.deepEqual([first.content.allowances_charges, first.content.vat_exemptions], [undefined, undefined])
  t.like(last.content, { allowances_charges: [{ amount_minor: 100 }], vat_exemptions: [{ vat_category: 'E' }] })
})

test('a line of quantity 0 that costs something goes once, with the part that leaves nothing', (t) => {
  const fee = line({ quantity: '0', allowances_charges: [{ charge: true, amount_minor: 500, reason: 'Anfahrt' }] })
  const quote = quoteOf({ lines: [fee, line({ price: '10' })] })
  const parts = inTurn(quote, [[{ line: 2, quantity: '1' }], [{ line: 2, quantity: '2' }]])
  t.deepEqual(
    parts.map(({ lines }) => lines.map(({ line }) => line)),
    [[2], [1, 2]],
  )
  t.throws(() => takePart(quote, takenBy(parts)), { message: /0 left/ })
  t.deepEqual(inTurn(quoteOf({ lines: [fee] }), [undefined]).map(netOf), [500n], 'also where there is nothing else')
})

const refuses = test.macro<[wanted: readonly WantedLine[], code: string, path: string | undefined]>({
  exec(t, wanted, code, path) {
    const quote = quoteOf({ lines: [line(), line({ quantity: '-2' }), line({ quantity: '0' })] })
    const error = t.throws(() => takePart(quote, takenBy([]), wanted)) as Error & { code: string; errors?: unknown }
    t.is(error.code, code)
    t.like(error, path === undefined ? { extensions: { line: wanted.at(-1)?.line } } : { errors: [{ path }] })
  },
  title: (_given, wanted, code) => `a part of ${JSON.stringify(wanted)} is refused: ${code}`,
})
test(refuses, [{ line: 4, quantity: '1' }], 'unknown_line', '/lines/0/line')
test(
  refuses,
  [
    { line: 1, quantity: '1' },
    { line: 1, quantity: '1' },
  ],
  'line_twice',
  '/lines/1/line',
)
test(refuses, [{ line: 1, quantity: '0' }], 'invalid_conversion_quantity', '/lines/0/quantity')
test(refuses, [{ line: 1, quantity: '-1' }], 'invalid_conversion_quantity', '/lines/0/quantity')
test(refuses, [{ line: 2, quantity: '1' }], 'invalid_conversion_quantity', '/lines/0/quantity')
test(refuses, [{ line: 1, quantity: '3.000000001' }], 'conversion_exceeds_quote', undefined)
test(refuses, [{ line: 2, quantity: '-2.5' }], 'conversion_exceeds_quote', undefined)
test(refuses, [{ line: 3, quantity: '1' }], 'conversion_exceeds_quote', undefined)

const RATES = ['8.1', '2.6', '0.5'] as const
const quantity = (max: number) => fc.integer({ min: 0, max: max * 1000 }).map((n) => decimal(BigInt(n) * 10n ** 6n))
const item = fc.record({ charge: fc.boolean(), amount_minor: fc.nat(5_000) })
const contents = fc.record({
  price_mode: fc.constantFrom('net' as const, 'gross' as const),
  lines: fc.array(
    fc
      .record({
        negative: fc.boolean(),
        quantity: quantity(20),
        price: fc.nat(200_000).map((n) => decimal(BigInt(n) * 10n ** 6n)),
        price_base_quantity: fc.constantFrom('1', '3', '1000'),
        vat_rate: fc.constantFrom(...RATES),
        allowances_charges: fc.array(item, { maxLength: 2 }),
      })
      .map(({ negative, quantity, ...rest }) =>
        line({ ...rest, quantity: negative && quantity !== '0' ? `-${quantity}` : quantity }),
      ),
    { minLength: 1, maxLength: 4 },
  ),
  allowances_charges: fc.array(
    fc
      .record({ charge: fc.boolean(), amount_minor: fc.nat(20_000), vat_rate: fc.constantFrom(...RATES) })
      .map((each) => ({
        ...each,
        vat_category: 'S' as const,
      })),
    { maxLength: 3 },
  ),
  prepaid_minor: fc.nat(50_000),
  rounding_minor: fc.integer({ min: -4, max: 4 }),
})
/** Parts by shares of what is left of each line, and which of the parts made so far is dropped again, if any. */
const steps = fc.array(
  fc.record({ permille: fc.array(fc.nat(1_000), { minLength: 4, maxLength: 4 }), dropped: fc.option(fc.nat(5)) }),
  { maxLength: 6 },
)

test('whatever parts are made and dropped again, what is invoiced in the end is what was quoted', (t) => {
  const property = fc.property(contents, steps, (content, turns) => {
    const quote = quoteOf(content)
    const parts: Part[] = []
    const leftOf = (index: number) => {
      const quoted = billionths(content.lines[index]?.quantity ?? '0')
      return quoted - (takenBy(parts).lines.get(index + 1)?.quantity ?? 0n)
    }
    for (const { permille, dropped } of turns) {
      const wanted = content.lines.flatMap((_, index): WantedLine[] => {
        const quantity = (leftOf(index) * BigInt(permille[index] ?? 0)) / 1_000n
        return quantity === 0n ? [] : [{ line: index + 1, quantity: decimal(quantity) }]
      })
      if (wanted.length > 0) parts.push(takePart(quote, takenBy(parts), wanted))
      if (dropped !== null && dropped < parts.length) parts.splice(dropped, 1)
    }
    const nothingLeft = content.lines.every((_, index) => leftOf(index) === 0n)
    const zeroLeft = content.lines.some(
      ({ quantity }, index) => quantity === '0' && !takenBy(parts).lines.has(index + 1),
    )
    if (!nothingLeft || zeroLeft) parts.push(takePart(quote, takenBy(parts)))

    const whole = totalsOf('CHF', quote.content)
    const made = parts.map((part) => totalsOf('CHF', part.content))
    const sum = (of: (totals: typeof whole) => bigint) => made.reduce((total, each) => total + of(each), 0n)
    const off = (a: bigint, b: bigint) => (a > b ? a - b : b - a)
    const groups = BigInt(RATES.length)
    const bound = (groups * (BigInt(made.length) + 1n)) / 2n
    // What is rounded once for each group of each document can be half a unit off in each of them, and no more.
    const near =
      off(
        sum(({ vatMinor }) => vatMinor),
        whole.vatMinor,
      ) <= bound
    const exact =
      content.price_mode === 'gross'
        ? sum(({ grossMinor }) => grossMinor) === whole.grossMinor
        : sum(({ netMinor }) => netMinor) === whole.netMinor
    return (
      exact &&
      near &&
      sum(({ prepaidMinor }) => prepaidMinor) === whole.prepaidMinor &&
      sum(({ roundingMinor }) => roundingMinor) === whole.roundingMinor
    )
  })
  t.notThrows(() => fc.assert(property, { numRuns: 2_000 }))
})
