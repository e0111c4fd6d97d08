import type { Catalogue, Words } from './catalogue.ts'
import countries from './country-names/de.json' with { type: 'json' }
import { dateParts } from './number-format.ts'

const LANGUAGES = { de: 'deutsche', en: 'englische' } as const

const WORDS: Words = {
  page: 'Seite',
  of: 'von',
  date: {
    quote: 'Angebotsdatum',
    proforma: 'Datum',
    invoice: 'Rechnungsdatum',
    credit_note: 'Belegdatum',
    receipt: 'Belegdatum',
  },
  number: {
    quote: 'Angebotsnummer',
    proforma: 'Belegnummer',
    invoice: 'Rechnungsnummer',
    credit_note: 'Belegnummer',
    receipt: 'Belegnummer',
  },
  customerNumber: 'Kundennummer',
  deliveryDate: 'Liefer-/Leistungsdatum',
  period: 'Leistungszeitraum',
  dueDate: 'Fällig am',
  validUntil: 'Gültig bis',
  buyerReference: 'Ihre Referenz',
  orderReference: 'Ihre Bestellung',
  quoteNumber: 'Unser Angebot',
  precedingInvoice: 'Zu Rechnung',
  reason: 'Grund',
  replacesQuote: 'Ersetzt Angebot',
  yourVatId: 'Ihre USt-IdNr.',
  yourLegalId: 'Ihre Registernr.',
  contact: 'Ansprechpartner',
  deliveryAddress: 'Lieferadresse',
  position: 'Pos.',
  item: 'Bezeichnung',
  quantity: 'Menge',
  unit: 'Einheit',
  price: 'Einzelpreis',
  vat: 'USt',
  amount: 'Betrag',
  carriedForward: 'Übertrag',
  broughtForward: 'Übertrag',
  per: 'je',
  itemNumber: 'Art.-Nr.',
  allowance: 'Nachlass',
  charge: 'Zuschlag',
  linesTotal: 'Summe der Positionen',
  net: 'Nettobetrag',
  vatTotal: 'Umsatzsteuer',
  gross: 'Gesamtbetrag',
  inclVat: 'inkl. USt',
  vatContained: 'darin Umsatzsteuer',
  prepaid: 'Bereits gezahlt',
  rounding: 'Rundung',
  payable: {
    quote: 'Angebotssumme',
    proforma: 'Gesamtbetrag',
    invoice: 'Zu zahlen',
    credit_note: 'Korrekturbetrag',
    receipt: 'Bezahlter Betrag',
  },
  vatBreakdown: 'Umsatzsteuer nach Sätzen',
  vatRate: 'Satz',
  vatBase: 'Netto',
  vatAmount: 'Steuer',
  payment: 'Zahlung',
  validity: 'Gültigkeit',
  payee: 'Empfänger',
  bank: 'Bank',
  iban: 'IBAN',
  accountNumber: 'Kontonummer',
  bic: 'BIC',
  paymentReference: 'Verwendungszweck',
  instrument: 'Zahlungsmittel',
  mandate: 'Mandatsreferenz',
  terms: 'Zahlungsbedingungen',
  phone: 'Tel.',
  email: 'E-Mail',
  vatId: 'USt-IdNr.',
  legalId: 'Registernr.',
  taxNumber: 'Steuernr.',
}

const until = (due: string | undefined) => (due === undefined ? '' : ` bis zum ${due}`)
const on = (due: string | undefined) => (due === undefined ? '' : ` am ${due}`)

export const GERMAN: Catalogue = {
  locale: 'de-DE',
  titles: {
    quote: 'Angebot',
    proforma: 'Proforma-Rechnung',
    invoice: 'Rechnung',
    // In German VAT law a "Gutschrift" is a self-billed invoice (§ 14 (2) UStG), so a credit note is called what it does.
    credit_note: 'Rechnungskorrektur',
    receipt: 'Quittung',
  },
  invoiceTitles: {
    326: 'Teilrechnung',
    384: 'Korrekturrechnung',
    386: 'Vorauszahlungsrechnung',
    // The word "Gutschrift" is a mandatory particular of a self-billed invoice: § 14 (4) no. 10 UStG.
    389: 'Selbst ausgestellte Rechnung (Gutschrift)',
    875: 'Abschlagsrechnung',
    876: 'Teilschlussrechnung',
    877: 'Schlussrechnung',
  },
  words: WORDS,
  sentences: {
    cashDiscount: (percent, until, amount) => `${percent} Skonto bis ${until}: ${amount}`,
    priceDiscount: (amount) => `Im Einzelpreis ist ein Rabatt von ${amount} berücksichtigt.`,
    transfer: (amount, due, accounts) =>
      `Bitte überweisen Sie ${amount}${until(due)} auf ${accounts > 1 ? 'eines der folgenden Konten' : 'das folgende Konto'}.`,
    charge: (amount, due) =>
      `Wir buchen ${amount}${on(due)} von Ihrem hinterlegten Zahlungsmittel ab. Sie brauchen nichts zu überweisen.`,
    directDebit: (amount, due) =>
      `Wir ziehen ${amount}${on(due)} per Lastschrift ein. Sie brauchen nichts zu überweisen.`,
    pay: (amount, due) => `Bitte zahlen Sie ${amount}${until(due)}.`,
    nothingToPay: () => 'Es ist nichts mehr zu zahlen.',
    creditBalance: (amount) => `Es ist nichts zu zahlen. Zu Ihren Gunsten verbleibt ein Guthaben von ${amount}.`,
    credited: (amount) => `Wir schreiben Ihnen ${amount} gut.`,
    dated: (number, on) => `${number} vom ${on}`,
    corrects: (title, invoice) => `${title} zu Rechnung ${invoice}.`,
    refers: (invoice) => `Dieses Dokument bezieht sich auf die Rechnung ${invoice}.`,
    received: (amount) => `Wir haben ${amount} dankend erhalten.`,
    quoteValid: (date) =>
      date === undefined
        ? 'Wir freuen uns auf Ihren Auftrag.'
        : `Wir freuen uns auf Ihren Auftrag. Dieses Angebot gilt bis zum ${date}.`,
    netDifference: (nets, difference) =>
      `Die Nettobeträge der Positionen, einzeln gerundet, ergeben ${nets}; die Differenz ist ${difference}.`,
    taxVat: (amount) => `Umsatzsteuer in Landeswährung: ${amount}`,
    exchangeRate: (from, to, on, source) => `${from} = ${to}, Kurs vom ${on} (${source})`,
    proforma: () =>
      'Diese Proforma-Rechnung ist keine Rechnung im Sinne des Umsatzsteuerrechts und berechtigt nicht zum Vorsteuerabzug.',
    copy: (title, number, original) =>
      `Abschrift auf Deutsch: ${title} ${number}; das Original ist das ${LANGUAGES[original]} Dokument.`,
  },
  units: {
    ANN: ['Jahr', 'Jahre'],
    C62: ['Stk.', 'Stk.'],
    CMT: ['cm', 'cm'],
    DAY: ['Tag', 'Tage'],
    E48: ['Leistung', 'Leistungen'],
    EA: ['Stk.', 'Stk.'],
    GRM: ['g', 'g'],
    H87: ['Stk.', 'Stk.'],
    HAR: ['ha', 'ha'],
    HLT: ['hl', 'hl'],
    HUR: ['Std.', 'Std.'],
    KGM: ['kg', 'kg'],
    KMT: ['km', 'km'],
    KWH: ['kWh', 'kWh'],
    KWT: ['kW', 'kW'],
    LS: ['pauschal', 'pauschal'],
    LTR: ['l', 'l'],
    MIN: ['Min.', 'Min.'],
    MLT: ['ml', 'ml'],
    MMT: ['mm', 'mm'],
    MON: ['Monat', 'Monate'],
    MTK: ['m²', 'm²'],
    MTQ: ['m³', 'm³'],
    MTR: ['m', 'm'],
    MWH: ['MWh', 'MWh'],
    NAR: ['Stk.', 'Stk.'],
    P1: ['%', '%'],
    PR: ['Paar', 'Paar'],
    SEC: ['Sek.', 'Sek.'],
    SET: ['Satz', 'Sätze'],
    TNE: ['t', 't'],
    WEE: ['Woche', 'Wochen'],
    XBG: ['Beutel', 'Beutel'],
    XBO: ['Flasche', 'Flaschen'],
    XBX: ['Kiste', 'Kisten'],
    XCT: ['Karton', 'Kartons'],
    XPK: ['Packung', 'Packungen'],
    XPP: ['Stk.', 'Stk.'],
    XPX: ['Palette', 'Paletten'],
    XRO: ['Rolle', 'Rollen'],
  },
  vatCategories: {
    S: undefined,
    Z: 'Nullsatz',
    E: 'Steuerbefreit',
    AE: 'Steuerschuldnerschaft des Leistungsempfängers',
    K: 'Steuerfreie innergemeinschaftliche Lieferung',
    G: 'Steuerfreie Ausfuhrlieferung',
    O: 'Nicht steuerbar',
    L: 'Kanarische Inseln (IGIC)',
    M: 'Ceuta und Melilla (IPSI)',
  },
  countries,
  date: (date) => {
    const { year, month, day } = dateParts(date)
    return `${day}.${month}.${year}`
  },
}

export const GERMAN_AUSTRIA: Catalogue = {
  ...GERMAN,
  locale: 'de-AT',
  words: { ...WORDS, yourVatId: 'Ihre UID-Nr.', vatId: 'UID-Nr.', legalId: 'Firmenbuchnr.' },
}

export const GERMAN_SWITZERLAND: Catalogue = {
  ...GERMAN,
  locale: 'de-CH',
  titles: { ...GERMAN.titles, quote: 'Offerte', credit_note: 'Gutschrift' },
  words: {
    ...WORDS,
    date: { ...WORDS.date, quote: 'Offertdatum' },
    number: { ...WORDS.number, quote: 'Offertnummer' },
    payable: { ...WORDS.payable, quote: 'Offertsumme', credit_note: 'Gutschriftsbetrag' },
    quoteNumber: 'Unsere Offerte',
    replacesQuote: 'Ersetzt Offerte',
    yourVatId: 'Ihre MWST-Nr.',
    yourLegalId: 'Ihre UID',
    vat: 'MWST',
    vatTotal: 'Mehrwertsteuer',
    inclVat: 'inkl. MWST',
    vatContained: 'darin Mehrwertsteuer',
    vatBreakdown: 'Mehrwertsteuer nach Sätzen',
    vatId: 'MWST-Nr.',
    legalId: 'UID',
    paymentReference: 'Zahlungszweck',
  },
  sentences: {
    ...GERMAN.sentences,
    quoteValid: (date) =>
      date === undefined
        ? 'Wir freuen uns auf Ihren Auftrag.'
        : `Wir freuen uns auf Ihren Auftrag. Diese Offerte gilt bis zum ${date}.`,
    taxVat: (amount) => `Mehrwertsteuer in Landeswährung: ${amount}`,
    proforma: () =>
      'Diese Proforma-Rechnung ist keine Rechnung im Sinne des Mehrwertsteuerrechts und berechtigt nicht zum Vorsteuerabzug.',
  },
}
