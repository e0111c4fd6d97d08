import { unitText } from './catalogue.ts'
import type { AllowanceCharge, DocumentLine, Minor, PdfDocument } from './document.ts'
import type { Phrasing } from './phrasing.ts'
import { joined, line, lineIfGiven, type Printed, paragraph, words } from './printed.ts'

/** One line of the document. */
export interface RowContent {
  readonly position: Printed
  readonly name: Printed
  /** Smaller, below the name. */
  readonly details: readonly Printed[]
  readonly quantity: Printed
  readonly unit: Printed
  readonly price: Printed
  /** Below the price: for how many units it is. */
  readonly priceBasis?: Printed
  readonly vat: Printed
  readonly amount: Printed
  /** The sum of the amounts up to and with this line, for a page that ends here. */
  readonly carried: Printed
}

export type ColumnKey = 'position' | 'name' | 'quantity' | 'unit' | 'price' | 'vat' | 'amount'

export interface TableContent {
  readonly heads: Readonly<Record<ColumnKey, Printed>>
  readonly rows: readonly RowContent[]
  readonly carriedForward: Printed
  readonly broughtForward: Printed
}

/** Longer ids than this would take the room of the description. */
const PRINTED_ID_LENGTH_MAX = 6

export function tableContent(document: PdfDocument, phrasing: Phrasing): TableContent {
  const labels = phrasing.catalogue.words
  const printIds = document.lines.every(({ id }) => id.length > 0 && id.length <= PRINTED_ID_LENGTH_MAX)
  const gross = document.priceMode === 'gross'
  const head = [labels.amount, document.currency, ...(gross ? [labels.inclVat] : [])].join(' ')
  let carriedMinor = 0n
  const rows = document.lines.map((documentLine, i) => {
    carriedMinor += amountOf(documentLine)
    const field = `lines[${i}]`
    return {
      position: printIds ? line(`${field}.id`, documentLine.id) : words(String(i + 1)),
      ...rowOf(field, documentLine, carriedMinor, phrasing),
    }
  })
  return {
    heads: {
      position: words(labels.position),
      name: words(labels.item),
      quantity: words(labels.quantity),
      unit: words(labels.unit),
      price: words(labels.price),
      vat: words(labels.vat),
      amount: line('currency', head),
    },
    rows,
    carriedForward: words(labels.carriedForward),
    broughtForward: words(labels.broughtForward),
  }
}

function rowOf(
  field: string,
  given: DocumentLine,
  carriedMinor: Minor,
  phrasing: Phrasing,
): Omit<RowContent, 'position'> {
  const quantity = phrasing.quantity(given.quantity)
  return {
    name: paragraph(`${field}.name`, given.name),
    details: detailsOf(field, given, phrasing),
    quantity: line(`${field}.quantity`, quantity),
    unit: line(`${field}.unit`, unitText(phrasing.catalogue, given.unit, quantity === '1')),
    price: line(`${field}.price`, phrasing.price(given.price)),
    ...priceBasis(field, given, phrasing),
    vat: line(`${field}.vatRate`, rateText(given.vatRate, phrasing)),
    amount: line(`${field}.netMinor`, phrasing.amount(amountOf(given))),
    carried: line(`${field}.netMinor`, phrasing.amount(carriedMinor)),
  }
}

/** @returns In gross prices with VAT. */
export function amountOf({ grossMinor, netMinor }: DocumentLine): Minor {
  return grossMinor ?? netMinor
}

/** @returns A dash for what has no rate because it is outside the scope of VAT. */
export function rateText(rate: string | undefined, phrasing: Phrasing): string {
  return rate === undefined ? '–' : phrasing.percent(rate)
}

function priceBasis(
  field: string,
  { priceBaseQuantity, unit }: DocumentLine,
  phrasing: Phrasing,
): { priceBasis?: Printed } {
  if (priceBaseQuantity === undefined) return {}
  const quantity = phrasing.quantity(priceBaseQuantity)
  if (quantity === '1') return {}
  const text = `${phrasing.catalogue.words.per} ${quantity} ${unitText(phrasing.catalogue, unit, false)}`
  return { priceBasis: line(`${field}.priceBaseQuantity`, text) }
}

function detailsOf(field: string, given: DocumentLine, phrasing: Phrasing): Printed[] {
  const { words: labels, sentences } = phrasing.catalogue
  const description = paragraph(`${field}.description`, given.description ?? '')
  const facts = joined(
    [
      ...lineIfGiven(`${field}.sellerItemId`, given.sellerItemId).map(({ text }) =>
        line(`${field}.sellerItemId`, `${labels.itemNumber} ${text}`),
      ),
      ...lineIfGiven(`${field}.period`, given.period && phrasing.period(given.period)),
    ],
    ' · ',
  )
  const discount = given.priceDiscount !== undefined && phrasing.quantity(given.priceDiscount) !== '0'
  return [
    ...(description.text === '' ? [] : [description]),
    ...(facts ? [facts] : []),
    ...(discount ? [line(`${field}.priceDiscount`, sentences.priceDiscount(phrasing.price(given.priceDiscount)))] : []),
    ...given.allowancesCharges.map((item, i) => {
      const label = allowanceLabel(`${field}.allowancesCharges[${i}]`, item, phrasing)
      return { ...label, text: `${label.text}: ${phrasing.money(signedMinor(item))}` }
    }),
  ]
}

/** @returns `Nachlass 10 % (Treuerabatt)`. */
export function allowanceLabel(field: string, item: AllowanceCharge, phrasing: Phrasing): Printed {
  const { allowance, charge } = phrasing.catalogue.words
  const reason = line(`${field}.reason`, item.reason ?? '').text
  const text = [
    item.charge ? charge : allowance,
    ...(item.percent === undefined ? [] : [phrasing.percent(item.percent)]),
    ...(reason === '' ? [] : [`(${reason})`]),
  ].join(' ')
  return { field: `${field}.reason`, text }
}

export function signedMinor({ charge, amountMinor }: AllowanceCharge): Minor {
  return charge ? amountMinor : -amountMinor
}
