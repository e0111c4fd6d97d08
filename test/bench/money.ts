import { type DocumentInput, documentTotals } from '@kontor/money'
import { timeCalls } from '../support/timing.ts'
import { type Figure, timeFigure } from './figure.ts'

/** Ten lines in three VAT groups, with what makes a sum hard: odd quantities, an allowance on a line and one on the document. */
const DOCUMENT: DocumentInput = {
  currency: 'EUR',
  lines: Array.from({ length: 10 }, (_, n) => ({
    quantity: `${n + 1}.125`,
    price: `${n * 7}.3333`,
    allowancesCharges: n === 3 ? [{ charge: false, amountMinor: 150n }] : [],
    vatCategory: 'S',
    vatRate: ['19', '7', '10.7'][n % 3] as string,
  })),
  allowancesCharges: [{ charge: false, amountMinor: 500n, vatCategory: 'S', vatRate: '19' }],
  prepaidMinor: 0n,
  roundingMinor: 0n,
}

/** Adds up a document of ten lines. */
export async function measureMoney(figure: { readonly rounds: number }): Promise<Figure> {
  const micros = await timeCalls(() => documentTotals(DOCUMENT), { rounds: figure.rounds, calls: 2_000 })
  return timeFigure('money.document10', 100, micros)
}
