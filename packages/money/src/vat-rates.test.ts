import test from 'ava'
import published from './vat-rates.json' with { type: 'json' }
import { RATED_COUNTRIES, ratesOn } from './vat-rates.ts'

// Written from the laws and not from the table: a rate that somebody mistypes there is found here.
const rates = test.macro<[country: string, day: string, percents: string[]]>({
  exec: (t, country, day, percents) =>
    t.deepEqual(
      ratesOn(country, day)?.map(({ percent }) => percent),
      percents,
    ),
  title: (_given, country, day, percents) => `${country} has ${percents.join(', ')} on ${day}`,
})
for (const country of ['CH', 'LI']) {
  test(rates, country, '1995-01-01', ['6.5', '2'])
  test(rates, country, '1996-10-01', ['6.5', '3', '2'])
  test(rates, country, '1999-01-01', ['7.5', '3.5', '2.3'])
  test(rates, country, '2001-01-01', ['7.6', '3.6', '2.4'])
  test(rates, country, '2010-12-31', ['7.6', '3.6', '2.4'])
  test(rates, country, '2011-01-01', ['8', '3.8', '2.5'])
  test(rates, country, '2018-01-01', ['7.7', '3.7', '2.5'])
  test(rates, country, '2023-12-31', ['7.7', '3.7', '2.5'])
  test(rates, country, '2024-01-01', ['8.1', '3.8', '2.6'])
}
test(rates, 'DE', '1998-04-01', ['16', '9', '7', '5'])
test(rates, 'DE', '2006-12-31', ['16', '9', '7', '5'])
test(rates, 'DE', '2007-01-01', ['19', '10.7', '7', '5.5'])
test(rates, 'DE', '2020-06-30', ['19', '10.7', '7', '5.5'])
test(rates, 'DE', '2020-07-01', ['16', '10.7', '5.5', '5'])
test(rates, 'DE', '2020-12-31', ['16', '10.7', '5.5', '5'])
test(rates, 'DE', '2021-01-01', ['19', '10.7', '7', '5.5'])
test(rates, 'DE', '2023-01-01', ['19', '9', '7', '5.5'])
test(rates, 'DE', '2026-11-23', ['19', '7.8', '7', '5.5'])
test(rates, 'AT', '2015-12-31', ['20', '19', '12', '10'])
test(rates, 'AT', '2016-01-01', ['20', '19', '13', '10'])
test(rates, 'AT', '2020-07-01', ['20', '19', '13', '10', '5'])
test(rates, 'AT', '2021-12-31', ['20', '19', '13', '10', '5'])
test(rates, 'AT', '2022-01-01', ['20', '19', '13', '10'])
test(rates, 'AT', '2026-07-01', ['20', '19', '13', '10', '4.9'])
test(rates, 'FR', '2011-12-31', ['19.6', '13', '8.5', '8', '5.5', '2.1', '1.75', '1.05', '0.9'])
test(rates, 'FR', '2012-01-01', ['19.6', '13', '8.5', '8', '7', '5.5', '2.1', '1.75', '1.05', '0.9'])
test(rates, 'FR', '2014-01-01', ['20', '13', '10', '8.5', '5.5', '2.1', '1.75', '1.05', '0.9'])
test(rates, 'IT', '2011-09-16', ['20', '10', '4'])
test(rates, 'IT', '2011-09-17', ['21', '10', '4'])
test(rates, 'IT', '2013-09-30', ['21', '10', '4'])
test(rates, 'IT', '2013-10-01', ['22', '10', '4'])
test(rates, 'IT', '2016-01-01', ['22', '10', '5', '4'])

test('nothing is said of other countries, nor of days before the table begins', (t) => {
  t.deepEqual([...RATED_COUNTRIES].sort(), ['AT', 'CH', 'DE', 'FR', 'IT', 'LI'])
  for (const country of ['NL', 'US', 'ch', 'constructor', '']) t.is(ratesOn(country, '2026-01-01'), undefined)
  t.is(ratesOn('CH', '1994-12-31'), undefined)
  t.is(ratesOn('DE', '1998-03-31'), undefined)
})

test('each country names its sources and has one standard rate on every day of a change', (t) => {
  for (const [country, { since, sources, rates }] of Object.entries(published.countries)) {
    t.true(sources.length > 0, country)
    const changes = rates.flatMap((rate) => [rate.from, ...('until' in rate ? [rate.until as string] : [])])
    for (const day of new Set([since, ...changes])) {
      const standard = ratesOn(country, day)?.filter(({ kind }) => kind === 'standard')
      t.is(standard?.length, 1, `${country} ${day}`)
    }
    t.true(
      rates.every(({ from }) => from >= since),
      country,
    )
  }
})
