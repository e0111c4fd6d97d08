import test from 'ava'
import fc from 'fast-check'
import { openFonts } from './fonts.ts'
import { wrap } from './wrap.ts'

const { regular } = await openFonts()
const wrapped = (text: string, width: number) => wrap(text, regular, 10, width)

test('text that fits stays on one line', (t) => {
  t.deepEqual(wrapped('Wartung der Anlage', 200), ['Wartung der Anlage'])
})

test('text breaks at spaces and at its own line breaks', (t) => {
  t.deepEqual(wrapped('Wartung der Photovoltaikanlage\nnach Plan', 80), [
    'Wartung der',
    'Photovoltaikanlag',
    'e',
    'nach Plan',
  ])
})

test('a compound breaks behind its hyphen before it breaks inside a word', (t) => {
  t.deepEqual(wrapped('Waschmaschinen-Ersatzteile', 90), ['Waschmaschinen-', 'Ersatzteile'])
})

test('numbers with a minus sign or a hyphen keep together', (t) => {
  t.deepEqual(wrapped('Nr. 10482-0017', 50), ['Nr.', '10482-0017'])
})

test('a no-break space holds a number and its unit together', (t) => {
  t.deepEqual(wrapped('Rabatt 10\u00a0% auf', 38), ['Rabatt', '10\u00a0% auf'])
})

test('an accent without a letter of its own stays on its letter', (t) => {
  const lines = wrapped('x\u0302'.repeat(40), 30)
  t.true(lines.length > 1)
  for (const line of lines) t.notRegex(line, /^\u0302/)
})

test('no line is wider than asked, and no letter is lost', (t) => {
  const text = fc.string({ unit: fc.constantFrom(...'abcdeWiIöß  \n-/0’&'), maxLength: 200 })
  fc.assert(
    fc.property(text, fc.integer({ min: 15, max: 300 }), (given, width) => {
      const lines = wrapped(given, width)
      for (const line of lines) t.true(regular.width(line, 10) <= width + 1e-9, line)
      t.is(lines.join('').replace(/\s/g, ''), given.replace(/\s/g, ''))
    }),
  )
})
