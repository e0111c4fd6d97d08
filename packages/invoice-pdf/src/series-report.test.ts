import test from 'ava'
import { openFreshFonts } from './fonts.ts'
import { type ReportEntry, renderSeriesReport, type SeriesReport } from './series-report.ts'
import { textsOf } from './testing/pdf-text.ts'

const entry = (n: number, changes: Partial<Extract<ReportEntry, { kind: 'number' }>> = {}): ReportEntry => ({
  kind: 'number',
  number: `R2026-${String(n).padStart(4, '0')}`,
  issuedOn: '2026-11-16',
  customer: '123456789 Beispiel GmbH',
  gross: { minor: 123450n, currency: 'CHF', exponent: 2 },
  state: 'issued',
  stateOn: undefined,
  remarks: [],
  ...changes,
})

const REPORT: SeriesReport = {
  language: 'de',
  issuer: {
    name: 'Muster AG',
    address: ['Bahnhofstrasse 1', '8001 Zürich', 'CH'],
    ids: ['CHE-123.456.789 MWST'],
    country: 'CH',
  },
  type: 'invoice',
  format: 'R2026-{seq:4}',
  customerNumber: undefined,
  seriesPeriod: '2026',
  firstSeq: 1n,
  nextSeq: 4n,
  started: undefined,
  from: undefined,
  to: undefined,
  madeOn: '2026-11-23',
  madeAtTime: '11:00 UTC+01:00',
  madeBy: 'accounting (key_1)',
  entries: [entry(1), entry(2, { state: 'void', stateOn: '2026-11-20' }), entry(3)],
  totals: [
    { state: 'issued', count: 2, gross: { minor: 246900n, currency: 'CHF', exponent: 2 } },
    { state: 'void', count: 1, gross: { minor: 123450n, currency: 'CHF', exponent: 2 } },
  ],
}

const textOf = async (report: SeriesReport) =>
  (await textsOf(await renderSeriesReport(report))).map((page) => page.join(' | ').replaceAll('\u00a0', ' '))

test('a report says who issues, which series it is, every number and what became of it', async (t) => {
  const [page = ''] = await textOf(REPORT)
  for (const text of [
    'Muster AG',
    'Bahnhofstrasse 1, 8001 Zürich, CH',
    'CHE-123.456.789 MWST',
    'Nummernbericht',
    'Rechnungen',
    'R2026-0001 – R2026-0003',
    'über alle Kunden',
    '23.11.2026, 11:00 UTC+01:00, durch accounting (key_1)',
    'Lückenlos: 3 Nummern, jede genau einmal vergeben, alle Belege unverändert.',
    'R2026-0002',
    '123456789 Beispiel GmbH',
    'storniert 20.11.2026',
    'Seite 1 von 1',
  ]) {
    t.true(page.includes(text), text)
  }
  t.true(page.includes('CHF 1’234.50'))
  t.true(page.includes('ausgestellt | 2 | CHF 2’469.00'))
})

for (const [language, title, verdict, date, amount] of [
  ['de', 'Nummernbericht', /Lückenlos: 3/, '16.11.2026', '1.234,50 CHF'],
  ['fr', 'Rapport de numérotation', /Sans lacune : 3/, '16/11/2026', '1 234,50 CHF'],
  ['it', 'Rapporto di numerazione', /Senza lacune: 3/, '16/11/2026', '1.234,50 CHF'],
  ['en', 'Number report', /Complete: 3/, '2026-11-16', 'CHF 1,234.50'],
] as const) {
  test(`a report in ${language} speaks, dates and counts as people there do`, async (t) => {
    const [page = ''] = await textOf({ ...REPORT, language, issuer: { ...REPORT.issuer, country: 'FR' } })
    t.true(page.startsWith('Muster AG'))
    t.true(page.includes(title))
    t.regex(page, verdict)
    t.true(page.includes(date))
    t.true(page.includes(amount), amount)
  })
}

test('gaps, altered and lost documents are named and explained, and nothing else is', async (t) => {
  const [page = ''] = await textOf({
    ...REPORT,
    entries: [
      { kind: 'gap', from: 1n, to: 1n },
      entry(2, { remarks: ['altered', 'date_inversion'], customer: undefined, gross: undefined }),
      { kind: 'gap', from: 3n, to: 12n },
      entry(13, { state: 'lost', customer: undefined, gross: undefined }),
    ],
  })
  t.true(page.includes('Nicht in Ordnung: 2 Nummern, 11 fehlen, 2 mit Befund.'))
  t.true(page.includes('1 fehlt: im Nummernjournal nicht vorhanden'))
  t.true(page.includes('3 bis 12 fehlen: im Nummernjournal nicht vorhanden'))
  t.true(page.replaceAll(' | ', ' ').includes('ausgestellt, verändert, Datum rückwärts'))
  t.true(page.includes('Beleg fehlt: die Nummer wurde vergeben'))
  t.false(page.includes('doppelt:'))
})

test('a series of one customer, that goes on from another system, in some days, says so', async (t) => {
  const [page = ''] = await textOf({
    ...REPORT,
    customerNumber: '123456789',
    seriesPeriod: '',
    firstSeq: 4711n,
    started: { on: '2026-01-02', by: 'key_2' },
    from: '2026-11-01',
    to: '2026-11-30',
    entries: [],
    totals: [],
  })
  for (const text of [
    'je Kunde; Kunde 123456789',
    'fortlaufend, ohne Periode',
    'bei 4711, festgelegt am 02.01.2026 durch key_2: setzt ein anderes System fort',
    'ab 01.11.2026 bis 30.11.2026',
    'Keine Nummer wurde vergeben.',
  ]) {
    t.true(page.includes(text), text)
  }
})

test('a long report repeats its head and counts its pages; nothing lies beside the page', async (t) => {
  const entries = Array.from({ length: 1_000 }, (_, n) => entry(n + 1))
  const pages = await textOf({ ...REPORT, entries })
  t.true(pages.length > 15)
  for (const [index, page] of pages.entries()) {
    t.true(page.includes(`Seite ${index + 1} von ${pages.length}`))
    if (page.includes('R2026-0')) t.true(page.includes('Verbleib'), 'the table has its head on every page')
  }
  t.is(pages.join(' | ').match(/R2026-\d{4} \| 16/g)?.length, 1_000, 'every number stands there once')
})

test('a name without end is cut, and what has no glyph is a question mark', async (t) => {
  const customer = `123456789 ${'Wort '.repeat(60)}`
  const [page = ''] = await textOf({
    ...REPORT,
    issuer: { ...REPORT.issuer, name: '山田 AG' },
    entries: [entry(1, { customer }), entry(2, { customer: '1 株式会社', number: 'R'.repeat(36) })],
  })
  t.true(page.includes('?? AG'))
  t.true(page.includes('1 ????'))
  t.regex(page, /123456789 Wort[^|]*…/)
})

test('the same report is the same file, also in a process that printed others before', async (t) => {
  const first = await renderSeriesReport(REPORT, await openFreshFonts())
  await renderSeriesReport({ ...REPORT, language: 'fr', entries: [] })
  t.true(first.equals(await renderSeriesReport(REPORT)))
  t.regex(first.toString('latin1'), /pdfaid:part>3</)
})
