import test from 'ava'
import { contentOf, printedTexts } from './content.ts'
import type { PdfDocument } from './document.ts'
import { GERMAN_CREDIT_NOTE, GERMAN_INVOICE, GROSS_INVOICE, SWISS_INVOICE } from './testing/sample-documents.ts'

const texts = (document: PdfDocument) => [...printedTexts(document)].map(({ text }) => text)
const withPayable = (document: PdfDocument, payableMinor: bigint): PdfDocument => ({
  ...document,
  totals: { ...document.totals, payableMinor },
})

const titled = test.macro<[given: Partial<PdfDocument>, title: string]>({
  exec: (t, given, title) => t.is(contentOf({ ...GERMAN_INVOICE, ...given }).heading.text, title),
  title: (_because, { kind = 'invoice', typeCode = '380', language = 'de' }, title) =>
    `${kind} of type ${typeCode} is called "${title}" (${language})`,
})
test(titled, {}, 'Rechnung')
test(titled, { language: 'en' }, 'Invoice')
test(titled, { typeCode: '384' }, 'Korrekturrechnung')
test(titled, { typeCode: '384', language: 'en' }, 'Corrected invoice')
test(titled, { typeCode: '389' }, 'Selbst ausgestellte Rechnung (Gutschrift)')
test(titled, { typeCode: '389', language: 'en' }, 'Self-billed invoice')
test(titled, { typeCode: '326' }, 'Teilrechnung')
test(titled, { typeCode: '875' }, 'Abschlagsrechnung')
test(titled, { typeCode: '876' }, 'Teilschlussrechnung')
test(titled, { typeCode: '877' }, 'Schlussrechnung')
test(titled, { kind: 'quote', typeCode: '310' }, 'Angebot')
test(titled, { kind: 'quote', typeCode: '310', issuer: SWISS_INVOICE.issuer }, 'Offerte')
test(titled, { kind: 'proforma', typeCode: '325' }, 'Proforma-Rechnung')
test(titled, { kind: 'credit_note', typeCode: '381' }, 'Rechnungskorrektur')
test(titled, { kind: 'credit_note', typeCode: '381', issuer: SWISS_INVOICE.issuer }, 'Gutschrift')
test(titled, { kind: 'receipt', typeCode: '380' }, 'Quittung')

const says = test.macro<[document: PdfDocument, sentence: string]>({
  exec: (t, document, sentence) =>
    t.true(
      texts(document).includes(sentence.replace(/(EUR|CHF) (?=[\d])/, '$1\u00a0').replace(/ EUR/, '\u00a0EUR')),
      sentence,
    ),
  title: (because) => because ?? '',
})
test(
  'a credit note says which invoice it corrects, as German VAT law wants it',
  says,
  GERMAN_CREDIT_NOTE,
  `Rechnungskorrektur zu Rechnung ${GERMAN_INVOICE.number} vom 12.11.2026.`,
)
test('a credit note says why', says, GERMAN_CREDIT_NOTE, 'Grund: Die Ware kam beschädigt an.')
test(
  'in Switzerland it is a Gutschrift',
  says,
  { ...GERMAN_CREDIT_NOTE, issuer: SWISS_INVOICE.issuer },
  `Gutschrift zu Rechnung ${GERMAN_INVOICE.number} vom 12.11.2026.`,
)
test(
  'a credit note in English',
  says,
  { ...GERMAN_CREDIT_NOTE, language: 'en' },
  `Credit note for invoice ${GERMAN_INVOICE.number} of 12 Nov 2026.`,
)
test(
  'a corrected invoice says what it corrects',
  says,
  { ...GERMAN_INVOICE, typeCode: '384', precedingInvoice: { number: 'ALT-1' } },
  'Korrekturrechnung zu Rechnung ALT-1.',
)
test(
  'an invoice that replaces another one refers to it',
  says,
  { ...GERMAN_INVOICE, precedingInvoice: { number: 'ALT-1', issuedOn: '2026-11-01' } },
  'Dieses Dokument bezieht sich auf die Rechnung ALT-1 vom 01.11.2026.',
)
test(
  'an open invoice asks for a transfer',
  says,
  GERMAN_INVOICE,
  'Bitte überweisen Sie 2.594,44 EUR bis zum 12.12.2026 auf das folgende Konto.',
)
test(
  'an invoice with an instrument says that it is charged',
  says,
  SWISS_INVOICE,
  'Wir buchen CHF 6’845.15 am 12.12.2026 von Ihrem hinterlegten Zahlungsmittel ab. Sie brauchen nichts zu überweisen.',
)
test(
  'an invoice with a mandate announces the direct debit',
  says,
  { ...GERMAN_INVOICE, mandate: 'M-1' },
  'Wir ziehen 2.594,44 EUR am 12.12.2026 per Lastschrift ein. Sie brauchen nichts zu überweisen.',
)
test(
  'an invoice without a way to pay still names the day',
  says,
  { ...GERMAN_INVOICE, payeeAccounts: [] },
  'Bitte zahlen Sie 2.594,44 EUR bis zum 12.12.2026.',
)
test(
  'a payable amount of zero asks for nothing',
  says,
  withPayable(GERMAN_INVOICE, 0n),
  'Es ist nichts mehr zu zahlen.',
)
test(
  'an invoice that was settled at issue asks for nothing',
  says,
  { ...GERMAN_INVOICE, settledAtIssue: true },
  'Es ist nichts mehr zu zahlen.',
)
test(
  'a negative payable amount is a balance in favour of the customer',
  says,
  withPayable(GERMAN_INVOICE, -22514n),
  'Es ist nichts zu zahlen. Zu Ihren Gunsten verbleibt ein Guthaben von 225,14 EUR.',
)
test(
  'a quote says how long it is valid',
  says,
  { ...GERMAN_INVOICE, kind: 'quote', validUntil: '2026-12-31' },
  'Wir freuen uns auf Ihren Auftrag. Dieses Angebot gilt bis zum 31.12.2026.',
)
test(
  'a receipt confirms the money',
  says,
  { ...GERMAN_INVOICE, kind: 'receipt' },
  'Wir haben 2.594,44 EUR dankend erhalten.',
)
test(
  'a credit note says what is credited',
  says,
  { ...GERMAN_INVOICE, kind: 'credit_note' },
  'Wir schreiben Ihnen 2.594,44 EUR gut.',
)

test('no account is printed in the payment block of an invoice that is charged', (t) => {
  const { payment } = contentOf(SWISS_INVOICE)
  t.deepEqual(
    payment.details.flat().map(({ value }) => value.text),
    ['Visa •••• 4242'],
  )
})

test('every printed text names the field it comes from', (t) => {
  const fields = new Map([...printedTexts(GERMAN_INVOICE)].map(({ field, text }) => [text, field]))
  t.is(fields.get('Wartung der Photovoltaikanlage'), 'lines[0].name')
  t.is(fields.get('Seriennummer NL-8K-220417, fünf Jahre Garantie'), 'lines[3].description')
  t.is(fields.get('Nachlass 10\u00a0% (Rahmenvertrag): −129,00\u00a0EUR'), 'lines[3].allowancesCharges[0].reason')
  t.is(fields.get('Nachlass (Treuebonus)'), 'allowancesCharges[0].reason')
  t.is(fields.get('22767'), 'buyer.postalCode')
  t.is(fields.get('Hamburg'), 'issuer.city')
  t.is(fields.get('Speicherstraße 14'), 'issuer.lines[0]')
  t.is(fields.get('DE75 5121 0800 1245 1261 99'), 'payeeAccounts[0].iban')
  t.is(fields.get('Vielen Dank für Ihren Auftrag und das angenehme Miteinander.'), 'notes[0]')
  t.is(fields.get('Zu zahlen'), 'language')
})

test('short line ids are printed, long ones give way to a count', (t) => {
  const positions = (ids: string[]) =>
    contentOf({
      ...GERMAN_INVOICE,
      lines: GERMAN_INVOICE.lines.slice(0, 2).map((line, i) => ({ ...line, id: ids[i] ?? '' })),
    }).table.rows.map(({ position }) => position.text)
  t.deepEqual(positions(['3.1', '3.2']), ['3.1', '3.2'])
  t.deepEqual(positions(['Zeitschrift', '2']), ['1', '2'])
})

test('quantities lose their trailing zeros, prices keep two decimals, units are words', (t) => {
  const [, hours, power] = contentOf(GERMAN_INVOICE).table.rows
  t.deepEqual([hours?.quantity.text, hours?.unit.text, hours?.price.text], ['6,5', 'Std.', '78,50'])
  t.deepEqual([power?.quantity.text, power?.unit.text, power?.price.text], ['1.842', 'kWh', '23,45'])
  t.is(power?.priceBasis?.text, 'je 100 kWh')
})

test('a unit knows one from many, and an unknown code stands as it is', (t) => {
  const unit = (quantity: string, code: string) => {
    const lines = GERMAN_INVOICE.lines.slice(0, 1).map((line) => ({ ...line, quantity, unit: code }))
    return contentOf({ ...GERMAN_INVOICE, lines }).table.rows[0]?.unit.text
  }
  t.deepEqual(
    [unit('1.0', 'DAY'), unit('2', 'DAY'), unit('0.5', 'MON'), unit('1', 'QQ')],
    ['Tag', 'Tage', 'Monate', 'QQ'],
  )
})

test('the country is printed only on what crosses a border', (t) => {
  const address = (country: string) =>
    contentOf({ ...GERMAN_INVOICE, buyer: { ...GERMAN_INVOICE.buyer, country } }).address.lines.at(-1)?.text
  t.is(address('DE'), '22767 Hamburg')
  t.is(address('DK'), 'DÄNEMARK')
  t.is(address('XZ'), 'XZ')
})

test('towns are written as their country writes them', (t) => {
  const town = (country: string) => {
    const buyer = {
      name: 'N',
      lines: ['1 Road'],
      postalCode: 'CODE',
      city: 'Town',
      region: 'RG',
      country,
      customerNumber: '1',
    }
    return contentOf({ ...GERMAN_INVOICE, buyer })
      .address.lines.slice(2)
      .map(({ text }) => text)
  }
  t.deepEqual(town('US'), ['Town RG CODE', 'VEREINIGTE STAATEN'])
  t.deepEqual(town('GB'), ['Town, RG', 'CODE', 'VEREINIGTES KÖNIGREICH'])
  t.deepEqual(town('IT'), ['CODE Town, RG', 'ITALIEN'])
})

test('what is not a standard rate says why, in the words given or in ours', (t) => {
  const note = (exemptionReason?: string) => {
    const vatGroups = [{ category: 'AE' as const, rate: '0', baseMinor: 1n, taxMinor: 0n, exemptionReason }]
    return contentOf({ ...GERMAN_INVOICE, totals: { ...GERMAN_INVOICE.totals, vatGroups } }).vat.rows[0]?.note?.text
  }
  t.is(note(), 'Steuerschuldnerschaft des Leistungsempfängers')
  t.is(note('§ 13b UStG'), '§ 13b UStG')
})

test('a reason by its code alone stands behind our words of the category', (t) => {
  const vatGroups = [
    { category: 'E' as const, rate: '0', baseMinor: 1n, taxMinor: 0n, exemptionCode: 'VATEX-EU-132-1A' },
    { category: 'E' as const, rate: '0', baseMinor: 1n, taxMinor: 0n, exemptionCode: 'X', exemptionReason: '§ 4' },
  ]
  const { rows } = contentOf({ ...GERMAN_INVOICE, totals: { ...GERMAN_INVOICE.totals, vatGroups } }).vat
  t.deepEqual(
    rows.map(({ note }) => note?.text),
    ['Steuerbefreit (VATEX-EU-132-1A)', '§ 4'],
  )
})

const pairs = (document: PdfDocument) =>
  contentOf(document).totals.steps.map(({ label, value }) =>
    [label.text, value.text].map((text) => text.replaceAll('\u00a0', ' ')),
  )

test('gross prices: the sum that the customer saw comes first, what is in it after it', (t) => {
  const { table, vat } = contentOf(GROSS_INVOICE)
  t.is(table.heads.amount.text, 'Betrag CHF inkl. MWST')
  t.deepEqual(
    table.rows.map(({ amount, carried }) => [amount.text, carried.text]),
    [
      ['9.95', '9.95'],
      ['9.95', '19.90'],
      ['9.95', '29.85'],
    ],
  )
  t.deepEqual(pairs(GROSS_INVOICE), [
    ['Gesamtbetrag inkl. MWST', '29.85'],
    ['darin Mehrwertsteuer 8.1 %', '2.24'],
    ['Nettobetrag', '27.61'],
  ])
  t.is(
    vat.rows[0]?.note?.text,
    'Die Nettobeträge der Positionen, einzeln gerundet, ergeben 27.60; die Differenz ist 0.01.',
  )
  t.is(contentOf({ ...GROSS_INVOICE, language: 'en' }).table.heads.amount.text, 'Amount CHF incl. VAT')
})

test('gross prices: allowances stand between the sum of the lines and what is to be paid, rounding below', (t) => {
  const { totals } = GROSS_INVOICE
  const document: PdfDocument = {
    ...GROSS_INVOICE,
    allowancesCharges: [{ charge: false, amountMinor: 982n, reason: 'Treue' }],
    totals: { ...totals, grossMinor: 2003n, roundingMinor: 2n, payableMinor: 2005n },
  }
  t.deepEqual(
    pairs(document).filter(([, value]) => !['2.24', '27.61'].includes(value as string)),
    [
      ['Summe der Positionen', '29.85'],
      ['Nachlass (Treue)', '−9.82'],
      ['Gesamtbetrag inkl. MWST', '20.03'],
      ['Rundung', '0.02'],
    ],
  )
})

test('VAT in another currency stands below the breakdown, with the rate, its day and its source', (t) => {
  const exchangeRate = { from: 'EUR', to: 'JPY', rate: '181.25', on: '2026-11-20', source: 'EZB' }
  const notes = (language: 'de' | 'en', country: string, withRate: boolean) =>
    contentOf({
      ...GERMAN_INVOICE,
      language,
      issuer: { ...GERMAN_INVOICE.issuer, country },
      totals: {
        ...GERMAN_INVOICE.totals,
        taxVat: { currency: 'JPY', exponent: 0, vatMinor: 88185n, ...(withRate ? { exchangeRate } : {}) },
      },
    }).vat.notes.map(({ text }) => text.replaceAll('\u00a0', ' '))
  t.deepEqual(notes('de', 'DE', true), [
    'Umsatzsteuer in Landeswährung: 88.185 JPY',
    '1 EUR = 181,25 JPY, Kurs vom 20.11.2026 (EZB)',
  ])
  t.deepEqual(notes('en', 'GB', true), ['VAT payable: JPY 88,185', 'EUR 1 = JPY 181.25, rate of 20 Nov 2026 (EZB)'])
  t.deepEqual(notes('de', 'CH', false), ['Mehrwertsteuer in Landeswährung: JPY 88’185'])
  t.deepEqual(contentOf(GERMAN_INVOICE).vat.notes, [])
})
