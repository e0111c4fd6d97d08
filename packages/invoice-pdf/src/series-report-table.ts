import type { Fonts } from './fonts.ts'
import { type Box, HAIRLINE, INK, rule, type TextStyle, textAt, textUpTo } from './page.ts'
import type { ReportEntry, SeriesReport } from './series-report.ts'
import { CELL, CELL_ALARM, cut, GAP, HEAD, LEFT, type Printer, RIGHT, ROW_PADDING } from './series-report-print.ts'
import { filled, type ReportWords } from './series-report-words.ts'
import { wrap } from './wrap.ts'

const NUMBER_WIDTH_MAX = 170
const STATE_WIDTH_MAX = 130

/** Where the columns begin. */
export interface Columns {
  readonly number: number
  readonly date: number
  readonly customer: number
  readonly state: number
  /** Where the customer's column ends. */
  readonly customerEnd: number
  /** Where that of the state ends. */
  readonly stateEnd: number
}

/** As wide as what stands in them; the customer gets the rest. */
export function columnsOf(report: SeriesReport, words: ReportWords, fonts: Fonts, print: Printer): Columns {
  let [number, state, gross, date] = [words.number, words.state, words.gross, words.date].map((text) =>
    fonts.bold.width(text, HEAD.size),
  ) as [number, number, number, number]
  for (const entry of report.entries) {
    if (entry.kind === 'gap') continue
    number = Math.max(number, fonts.regular.width(entry.number, CELL.size))
    date = Math.max(date, fonts.regular.width(print.date(entry.issuedOn), CELL.size))
    state = Math.max(state, fonts.bold.width(stateOf(entry, words, print), CELL.size))
    if (entry.gross) gross = Math.max(gross, fonts.regular.width(print.amount(entry.gross), CELL.size))
  }
  // A hundredth of a point more than the widest, which is to fit whatever the rounding.
  const numberWidth = Math.min(number, NUMBER_WIDTH_MAX) + 0.01
  const stateWidth = Math.min(state, STATE_WIDTH_MAX) + 0.01
  const stateEnd = RIGHT - gross - GAP
  const dateAt = LEFT + numberWidth + GAP
  return {
    number: LEFT,
    date: dateAt,
    customer: dateAt + date + GAP,
    customerEnd: stateEnd - stateWidth - GAP,
    state: stateEnd - stateWidth,
    stateEnd,
  }
}

type NumberEntry = Extract<ReportEntry, { kind: 'number' }>

function stateOf({ state, stateOn, remarks }: NumberEntry, words: ReportWords, print: Printer): string {
  const became = stateOn === undefined ? words.states[state] : `${words.states[state]} ${print.date(stateOn)}`
  return [became, ...remarks.map((remark) => words.remarks[remark])].join(', ')
}

export function tableHeadBox(words: ReportWords, fonts: Fonts, columns: Columns): Box {
  const height = HEAD.leading + 4
  return {
    height,
    marks: [
      textAt(fonts, words.number, columns.number, 0, HEAD),
      textAt(fonts, words.date, columns.date, 0, HEAD),
      textAt(fonts, words.customer, columns.customer, 0, HEAD),
      textAt(fonts, words.state, columns.state, 0, HEAD),
      textUpTo(fonts, words.gross, RIGHT, 0, HEAD),
      rule(LEFT, RIGHT, height - 1, 0.7, INK),
    ],
  }
}

/** One number with what became of it, or one gap. */
export function rowBox(entry: ReportEntry, words: ReportWords, fonts: Fonts, columns: Columns, print: Printer): Box {
  const heightOf = (lines: number) => lines * CELL.leading + 2 * ROW_PADDING
  const ruleAt = (height: number) => rule(LEFT, RIGHT, height, 0.35, HAIRLINE)
  const at = (text: string, x: number, end: number, cellStyle: TextStyle = CELL) =>
    textAt(fonts, cut(text, fonts, cellStyle, end - x), x, ROW_PADDING, cellStyle)
  if (entry.kind === 'gap') {
    const range = { from: String(entry.from), to: String(entry.to) }
    const text = filled(entry.from === entry.to ? words.missing : words.missingRange, range)
    const said = at(`${text}: ${words.missingMeans}`, columns.number, RIGHT, CELL_ALARM)
    return { height: heightOf(1), marks: [said, ruleAt(heightOf(1))] }
  }
  const stateStyle = entry.remarks.length > 0 || entry.state === 'lost' ? CELL_ALARM : CELL
  // All that was found has to be read, however much it is.
  const states = wrap(
    stateOf(entry, words, print),
    fonts[stateStyle.face],
    stateStyle.size,
    columns.stateEnd - columns.state + 0.01,
  )
  const height = heightOf(states.length)
  return {
    height,
    marks: [
      at(entry.number, columns.number, columns.date - GAP + 0.01),
      at(print.date(entry.issuedOn), columns.date, columns.customer),
      at(entry.customer ?? '–', columns.customer, columns.customerEnd),
      ...states.map((text, index) =>
        textAt(fonts, text, columns.state, ROW_PADDING + index * CELL.leading, stateStyle),
      ),
      textUpTo(fonts, entry.gross ? print.amount(entry.gross) : '–', RIGHT, ROW_PADDING, CELL),
      ruleAt(height),
    ],
  }
}
