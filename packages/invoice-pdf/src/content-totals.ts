import { allowanceLabel, amountOf, rateText, signedMinor } from './content-lines.ts'
import type { PdfDocument, TaxVat, VatGroup } from './document.ts'
import type { Phrasing } from './phrasing.ts'
import { line, type Pair, type Printed, paragraph, words } from './printed.ts'

export interface TotalsContent {
  /** Label and amount of each step from the lines to the total. */
  readonly steps: readonly Pair[]
  /** What the reader looks for first. */
  readonly payable: Pair
}

export interface VatRowContent {
  readonly rate: Printed
  readonly base: Printed
  readonly tax: Printed
  /** Why no or less VAT is charged. */
  readonly note?: Printed
}

export interface VatContent {
  readonly heading: Printed
  readonly heads: { readonly rate: Printed; readonly base: Printed; readonly tax: Printed }
  readonly rows: readonly VatRowContent[]
  /** Below the rows: VAT in another currency. */
  readonly notes: readonly Printed[]
}

export function totalsContent(document: PdfDocument, phrasing: Phrasing): TotalsContent {
  const { totals, kind } = document
  const labels = phrasing.catalogue.words
  const step = (label: string, field: keyof typeof totals & `${string}Minor`, minor = totals[field]): Pair => ({
    label: words(label),
    value: line(`totals.${field}`, phrasing.amount(minor)),
  })
  const adjustments = adjustmentSteps(document, phrasing)
  const gross = document.priceMode === 'gross'
  const linesMinor = document.lines.reduce((sum, each) => sum + amountOf(each), 0n)
  const netSteps = [
    step(labels.net, 'netMinor'),
    step(vatLabel(document, labels.vatTotal, phrasing), 'vatMinor'),
    ...(totals.grossMinor === totals.payableMinor ? [] : [step(labels.gross, 'grossMinor')]),
  ]
  // What the customer saw comes first; what is in it is said after it, and not added to it.
  const grossSteps = [
    step(`${labels.gross} ${labels.inclVat}`, 'grossMinor'),
    step(vatLabel(document, labels.vatContained, phrasing), 'vatMinor'),
    step(labels.net, 'netMinor'),
  ]
  return {
    steps: [
      ...(adjustments.length > 0
        ? [step(labels.linesTotal, 'linesMinor', gross ? linesMinor : totals.linesMinor), ...adjustments]
        : []),
      ...(gross ? grossSteps : netSteps),
      ...(totals.prepaidMinor === 0n ? [] : [step(labels.prepaid, 'prepaidMinor', -totals.prepaidMinor)]),
      ...(totals.roundingMinor === 0n ? [] : [step(labels.rounding, 'roundingMinor')]),
    ],
    payable: {
      label: words(labels.payable[kind]),
      value: line('totals.payableMinor', phrasing.money(totals.payableMinor)),
    },
  }
}

/** Allowances and charges of the document one by one; their sums where the document does not list them. */
function adjustmentSteps({ allowancesCharges, totals, priceMode }: PdfDocument, phrasing: Phrasing): Pair[] {
  const { allowance, charge } = phrasing.catalogue.words
  // Their sums are net, and do not belong between amounts with VAT.
  if (allowancesCharges.length === 0 && priceMode === 'gross') return []
  if (allowancesCharges.length === 0) {
    return [
      { label: words(allowance), field: 'totals.allowancesMinor', minor: -totals.allowancesMinor },
      { label: words(charge), field: 'totals.chargesMinor', minor: totals.chargesMinor },
    ]
      .filter(({ minor }) => minor !== 0n)
      .map(({ label, field, minor }) => ({ label, value: line(field, phrasing.amount(minor)) }))
  }
  return allowancesCharges.map((item, i) => ({
    label: allowanceLabel(`allowancesCharges[${i}]`, item, phrasing),
    value: line(`allowancesCharges[${i}].amountMinor`, phrasing.amount(signedMinor(item))),
  }))
}

/** With one rate, the step names it: `Umsatzsteuer 19 %`. */
function vatLabel({ totals }: PdfDocument, label: string, phrasing: Phrasing): string {
  const [only, ...others] = totals.vatGroups
  return only?.rate === undefined || others.length > 0 ? label : `${label} ${phrasing.percent(only.rate)}`
}

export function vatContent({ totals }: PdfDocument, phrasing: Phrasing): VatContent {
  const labels = phrasing.catalogue.words
  return {
    heading: words(labels.vatBreakdown),
    heads: { rate: words(labels.vatRate), base: words(labels.vatBase), tax: words(labels.vatAmount) },
    rows: totals.vatGroups.map((group, i) => vatRow(`totals.vatGroups[${i}]`, group, phrasing)),
    notes: totals.taxVat ? taxVatNotes(totals.taxVat, phrasing) : [],
  }
}

/** VAT in the currency that it is accounted for in, and by whose rate of which day. */
function taxVatNotes({ currency, exponent, vatMinor, exchangeRate }: TaxVat, phrasing: Phrasing): Printed[] {
  const { sentences } = phrasing.catalogue
  const amount = line('totals.taxVat.vatMinor', sentences.taxVat(phrasing.moneyIn(vatMinor, currency, exponent)))
  if (!exchangeRate) return [amount]
  const { from, to, rate, on, source } = exchangeRate
  const said = sentences.exchangeRate(phrasing.rateIn('1', from), phrasing.rateIn(rate, to), phrasing.date(on), source)
  return [amount, line('totals.taxVat.exchangeRate.source', said)]
}

function vatRow(field: string, group: VatGroup, phrasing: Phrasing): VatRowContent {
  const ours = phrasing.catalogue.vatCategories[group.category]
  const reason = paragraph(`${field}.exemptionReason`, group.exemptionReason ?? '')
  const note = reason.text !== '' ? reason : (differenceNote(field, group, phrasing) ?? ownNote(field, group, ours))
  return {
    rate: line(`${field}.rate`, rateText(group.rate, phrasing)),
    base: line(`${field}.baseMinor`, phrasing.amount(group.baseMinor)),
    tax: line(`${field}.taxMinor`, phrasing.amount(group.taxMinor)),
    ...(note ? { note } : {}),
  }
}

function ownNote(field: string, { exemptionCode }: VatGroup, ours: string | undefined): Printed | undefined {
  if (ours === undefined) return undefined
  return exemptionCode === undefined ? words(ours) : line(`${field}.exemptionCode`, `${ours} (${exemptionCode})`)
}

/** Nets that were rounded one by one and their group's, which was rounded once, do not always meet: then both are said. */
function differenceNote(
  field: string,
  { baseMinor, netDifferenceMinor }: VatGroup,
  phrasing: Phrasing,
): Printed | undefined {
  if (!netDifferenceMinor) return undefined
  const { netDifference } = phrasing.catalogue.sentences
  const nets = phrasing.amount(baseMinor - netDifferenceMinor)
  return line(`${field}.netDifferenceMinor`, netDifference(nets, phrasing.amount(netDifferenceMinor)))
}
