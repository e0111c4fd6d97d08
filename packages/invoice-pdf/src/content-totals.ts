import { allowanceLabel, rateText, signedMinor } from './content-lines.ts'
import type { PdfDocument, VatGroup } from './document.ts'
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
}

export function totalsContent(document: PdfDocument, phrasing: Phrasing): TotalsContent {
  const { totals, kind } = document
  const labels = phrasing.catalogue.words
  const step = (label: string, field: keyof typeof totals & `${string}Minor`, minor = totals[field]): Pair => ({
    label: words(label),
    value: line(`totals.${field}`, phrasing.amount(minor)),
  })
  const adjustments = adjustmentSteps(document, phrasing)
  return {
    steps: [
      ...(adjustments.length > 0 ? [step(labels.linesTotal, 'linesMinor'), ...adjustments] : []),
      step(labels.net, 'netMinor'),
      step(vatLabel(document, phrasing), 'vatMinor'),
      ...(totals.grossMinor === totals.payableMinor ? [] : [step(labels.gross, 'grossMinor')]),
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
function adjustmentSteps({ allowancesCharges, totals }: PdfDocument, phrasing: Phrasing): Pair[] {
  const { allowance, charge } = phrasing.catalogue.words
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
function vatLabel({ totals }: PdfDocument, phrasing: Phrasing): string {
  const { vatTotal } = phrasing.catalogue.words
  const [only, ...others] = totals.vatGroups
  return only?.rate === undefined || others.length > 0 ? vatTotal : `${vatTotal} ${phrasing.percent(only.rate)}`
}

export function vatContent({ totals }: PdfDocument, phrasing: Phrasing): VatContent {
  const labels = phrasing.catalogue.words
  return {
    heading: words(labels.vatBreakdown),
    heads: { rate: words(labels.vatRate), base: words(labels.vatBase), tax: words(labels.vatAmount) },
    rows: totals.vatGroups.map((group, i) => vatRow(`totals.vatGroups[${i}]`, group, phrasing)),
  }
}

function vatRow(field: string, group: VatGroup, phrasing: Phrasing): VatRowContent {
  const ours = phrasing.catalogue.vatCategories[group.category]
  const reason = paragraph(`${field}.exemptionReason`, group.exemptionReason ?? '')
  const note = reason.text !== '' ? reason : ours === undefined ? undefined : words(ours)
  return {
    rate: line(`${field}.rate`, rateText(group.rate, phrasing)),
    base: line(`${field}.baseMinor`, phrasing.amount(group.baseMinor)),
    tax: line(`${field}.taxMinor`, phrasing.amount(group.taxMinor)),
    ...(note ? { note } : {}),
  }
}
