import test from 'ava'
import { parseBic } from './bic.ts'
import { InvalidBic } from './errors.ts'

for (const [input, bic] of [
  ['DEUTDEFF', 'DEUTDEFF'],
  ['DEUTDEFF500', 'DEUTDEFF500'],
  ['deut de ff 500', 'DEUTDEFF500'],
  ['POFICHBEXXX', 'POFICHBEXXX'],
  ['NCBVXKPR', 'NCBVXKPR'],
  ['1B2CGB21', '1B2CGB21'],
] as const) {
  test(`${input} is read as ${bic}`, (t) => {
    t.is(parseBic(input), bic as ReturnType<typeof parseBic>)
  })
}

for (const [input, because] of [
  ['', /8 or 11/],
  ['DEUTDEF', /8 or 11/],
  ['DEUTDEFF5', /8 or 11/],
  ['DEUTDEFF5000', /8 or 11/],
  ['DEUT12FF', /8 or 11/],
  ['DEUT-DE-FF', /8 or 11/],
  ['DEUTDEFF\n', /8 or 11/],
  ['DEUTZZFF', /country/],
] as const) {
  test(`${JSON.stringify(input)} is no BIC: ${because.source}`, (t) => {
    const error = t.throws(() => parseBic(input), { instanceOf: InvalidBic, message: because })
    t.is(error.code, 'invalid_bic')
    t.true(input === '' || !error.message.includes(input))
  })
}
