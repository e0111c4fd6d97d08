import test from 'ava'
import fc from 'fast-check'
import { InvalidHolderName } from './errors.ts'
import { parseHolderName } from './holder-name.ts'

for (const [input, name] of [
  ['Ada Lovelace', 'Ada Lovelace'],
  ['  Ada Lovelace ', 'Ada Lovelace'],
  ['Zoe\u0308 Mu\u0308ller-Lüdenscheidt', 'Zoë Müller-Lüdenscheidt'],
  ["Seán O'Brien & Söhne GmbH (i.L.)", "Seán O'Brien & Söhne GmbH (i.L.)"],
  ['3M', '3M'],
  ['4711', '4711'],
  ['山田太郎', '山田太郎'],
  ['می\u200cخواهم', 'می\u200cخواهم'],
  ['Filiale 4000 Basel, Konto 1234 5678', 'Filiale 4000 Basel, Konto 1234 5678'],
  ['x'.repeat(200), 'x'.repeat(200)],
  [`${'😀'.repeat(199)}x`, `${'😀'.repeat(199)}x`],
] as const) {
  test(`${JSON.stringify(input.slice(0, 40))} is the name of a holder`, (t) => {
    t.is(parseHolderName(input).reveal() as string, name)
  })
}

for (const [input, because] of [
  ['', /one letter/],
  ['   ', /one letter/],
  ['\u200b\u200b', /one letter/],
  ['--', /one letter/],
  ['x'.repeat(201), /200 characters/],
  ['x'.repeat(1_000_000), /200 characters/],
  ['Ada\nLovelace', /control/],
  ['Ada\u0000Lovelace', /control/],
  ['Ada\u202eecalevoL', /control/],
  ['Ada \ud800', /control/],
  ['4242424242424242', /not a card number/],
  ['Ada 4242 4242 4242 4242', /not a card number/],
  ['Ada 4242-4242-4242-4242 Lovelace', /not a card number/],
  ['9999999999999995', /not a card number/],
] as const) {
  test(`${JSON.stringify(input.slice(0, 40))} (${input.length} characters) is refused: ${because.source}`, (t) => {
    const error = t.throws(() => parseHolderName(input), { instanceOf: InvalidHolderName, message: because })
    t.is(error.code, 'invalid_holder_name')
    t.true(input.trim().length < 3 || !error.message.includes(input))
  })
}

test('reading a name twice changes nothing more', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), (input) => {
        try {
          const name = parseHolderName(input).reveal()
          return parseHolderName(name).reveal() === name
        } catch (error) {
          return error instanceof InvalidHolderName
        }
      }),
    ),
  )
})
