import { type FlowBox, flow } from './flow.ts'
import type { Fonts } from './fonts.ts'
import { ACCENT, HAIRLINE, INK, type Mark, MM, MUTED, rule, style, type TextStyle, textAt, textUpTo } from './page.ts'
import type { SeriesReport } from './series-report.ts'
import {
  ALARM,
  BOTTOM,
  CELL,
  cut,
  GAP,
  HEAD,
  LEFT,
  type Printer,
  printable,
  printer,
  RIGHT,
  ROW_PADDING,
  TOP,
} from './series-report-print.ts'
import { columnsOf, rowBox, tableHeadBox } from './series-report-table.ts'
import { filled, type ReportWords } from './series-report-words.ts'
import { wrap } from './wrap.ts'

const ISSUER = style(11, 'bold', INK, 1.35)
const SMALL = style(7.6, 'regular', MUTED, 1.4)
const TITLE = style(19, 'bold', INK, 1.25)
const SUBTITLE = style(19, 'regular', ACCENT, 1.25)
const LABEL = style(8.4, 'regular', MUTED, 1.5)
const VALUE = style(8.4, 'regular', INK, 1.5)
const VERDICT = style(10, 'bold', INK, 1.4)
const SECTION = style(9.6, 'bold', INK, 1.4)
const FOOT = style(7.4, 'regular', MUTED, 1.3)

const LABEL_WIDTH_MIN = 96

/** @returns The marks of each page. */
export function layOutReport(report: SeriesReport, words: ReportWords, fonts: Fonts): Mark[][] {
  const print = printer(report)
  const columns = columnsOf(report, words, fonts, print)
  const head = headBox(report, words, fonts, print)
  const tableHead = tableHeadBox(words, fonts, columns)
  const rows = report.entries.map((entry): FlowBox => ({ ...rowBox(entry, words, fonts, columns, print), row: {} }))
  const boxes: FlowBox[] = [
    ...head,
    ...(rows.length === 0 ? [] : [{ ...tableHead, gap: 14, keepWithNext: true, row: {} }]),
    ...rows,
    ...totalBoxes(report, words, fonts, print),
    ...noteBoxes(report, words, fonts),
  ]
  const pages = flow(boxes, {
    firstTop: TOP,
    top: TOP + 6 * MM,
    bottom: BOTTOM,
    tableHead,
    carry: () => ({ height: 0, marks: [] }),
  })
  return pages.map((marks, index) => [
    ...marks,
    ...frameMarks(report, words, fonts, { page: index + 1, pages: pages.length }),
  ])
}

function headBox(report: SeriesReport, words: ReportWords, fonts: Fonts, print: Printer): FlowBox[] {
  const { issuer } = report
  const said = (texts: readonly string[], textStyle: TextStyle): FlowBox[] =>
    texts.flatMap((text) =>
      wrap(printable(text), fonts[textStyle.face], textStyle.size, RIGHT - LEFT).map((part) => ({
        height: textStyle.leading,
        marks: [textAt(fonts, part, LEFT, 0, textStyle)],
      })),
    )
  const title = `${words.title} `
  const titleWidth = fonts.bold.width(title, TITLE.size)
  const facts = factsOf(report, words, print)
  const labelWidth = Math.max(LABEL_WIDTH_MIN, ...facts.map(([label]) => fonts.regular.width(label, LABEL.size) + GAP))
  const factBoxes = facts.flatMap(([label, value], index) =>
    wrap(printable(value), fonts.regular, VALUE.size, RIGHT - LEFT - labelWidth).map(
      (part, line): FlowBox => ({
        height: VALUE.leading,
        gap: index === 0 && line === 0 ? 8 : 0,
        marks: [
          ...(line === 0 ? [textAt(fonts, label, LEFT, 0, LABEL)] : []),
          textAt(fonts, part, LEFT + labelWidth, 0, VALUE),
        ],
      }),
    ),
  )
  const verdict = verdictOf(report, words)
  return [
    ...said([issuer.name], ISSUER),
    ...said(
      [issuer.address.join(', '), issuer.ids.join('  ·  ')].filter((text) => text !== ''),
      SMALL,
    ),
    {
      height: TITLE.leading,
      gap: 20,
      marks: [
        textAt(fonts, title, LEFT, 0, TITLE),
        textAt(fonts, words.types[report.type], LEFT + titleWidth, 0, SUBTITLE),
      ],
    },
    ...factBoxes,
    ...wrap(verdict.text, fonts.bold, VERDICT.size, RIGHT - LEFT).map(
      (part, line): FlowBox => ({
        height: VERDICT.leading,
        gap: line === 0 ? 10 : 0,
        marks: [textAt(fonts, part, LEFT, 0, verdict.good ? VERDICT : { ...VERDICT, color: ALARM })],
      }),
    ),
  ]
}

function factsOf(report: SeriesReport, words: ReportWords, print: Printer): [label: string, value: string][] {
  const { customerNumber, seriesPeriod, firstSeq, started, from, to } = report
  const days = [
    ...(from === undefined ? [] : [`${words.since} ${print.date(from)}`]),
    ...(to === undefined ? [] : [`${words.until} ${print.date(to)}`]),
  ]
  return [
    [words.series, rangeOf(report)],
    [
      words.counted,
      customerNumber === undefined
        ? words.countedByIssuer
        : filled(words.countedByAccount, { customer: customerNumber }),
    ],
    [words.seriesPeriod, seriesPeriod === '' ? words.forEver : seriesPeriod],
    [
      words.begins,
      started === undefined
        ? words.beginsAtOne
        : filled(words.beginsAt, { seq: String(firstSeq), date: print.date(started.on), by: started.by }),
    ],
    [words.days, days.length === 0 ? words.allDays : days.join(' ')],
    [words.made, filled(words.madeBy, { date: print.date(report.madeOn), time: report.madeAtTime, by: report.madeBy })],
  ]
}

/** From the first number to the last that was drawn, as they read. */
export function rangeOf({ format, firstSeq, nextSeq }: Pick<SeriesReport, 'format' | 'firstSeq' | 'nextSeq'>): string {
  const print = (seq: bigint) =>
    format.replace(/\{seq(?::(\d+))?\}/, (_, width: string | undefined) =>
      String(seq).padStart(Number(width ?? 1), '0'),
    )
  return nextSeq - firstSeq > 1n ? `${print(firstSeq)} – ${print(nextSeq - 1n)}` : print(firstSeq)
}

function verdictOf({ entries }: SeriesReport, words: ReportWords): { text: string; good: boolean } {
  let [count, missing, faults] = [0, 0n, 0]
  for (const entry of entries) {
    if (entry.kind === 'gap') missing += entry.to - entry.from + 1n
    else {
      count++
      if (entry.remarks.length > 0 || entry.state === 'lost') faults++
    }
  }
  const good = missing === 0n && faults === 0
  if (good && count === 0) return { text: words.empty, good }
  const values = { count: String(count), missing: String(missing), faults: String(faults) }
  return { text: filled(good ? words.complete : words.incomplete, values), good }
}

function totalBoxes(report: SeriesReport, words: ReportWords, fonts: Fonts, print: Printer): FlowBox[] {
  if (report.totals.length === 0) return []
  const height = CELL.leading + 2 * ROW_PADDING
  const countAt = LEFT + 190
  return [
    { height: SECTION.leading, gap: 18, keepWithNext: true, marks: [textAt(fonts, words.totals, LEFT, 0, SECTION)] },
    {
      height: HEAD.leading + 4,
      gap: 2,
      keepWithNext: true,
      marks: [
        textAt(fonts, words.state, LEFT, 0, HEAD),
        textUpTo(fonts, words.count, countAt, 0, HEAD),
        textUpTo(fonts, words.gross, countAt + 120, 0, HEAD),
        rule(LEFT, countAt + 120, HEAD.leading + 3, 0.7, INK),
      ],
    },
    ...report.totals.map(
      ({ state, count, gross }, index): FlowBox => ({
        height,
        keepWithNext: index < report.totals.length - 1,
        marks: [
          textAt(fonts, words.states[state], LEFT, ROW_PADDING, CELL),
          textUpTo(fonts, String(count), countAt, ROW_PADDING, CELL),
          textUpTo(fonts, gross ? print.amount(gross) : '–', countAt + 120, ROW_PADDING, CELL),
          rule(LEFT, countAt + 120, height, 0.35, HAIRLINE),
        ],
      }),
    ),
  ]
}

/** Explains what was found, and nothing that was not. */
function noteBoxes({ entries }: SeriesReport, words: ReportWords, fonts: Fonts): FlowBox[] {
  const found = new Set<keyof ReportWords['remarkMeans']>()
  for (const entry of entries) {
    if (entry.kind === 'gap') continue
    if (entry.state === 'lost') found.add('lost')
    for (const remark of entry.remarks) found.add(remark)
  }
  if (found.size === 0) return []
  const lines = [...found].flatMap((remark) => wrap(words.remarkMeans[remark], fonts.regular, VALUE.size, RIGHT - LEFT))
  return [
    { height: SECTION.leading, gap: 16, keepWithNext: true, marks: [textAt(fonts, words.notes, LEFT, 0, SECTION)] },
    ...lines.map((text): FlowBox => ({ height: VALUE.leading, marks: [textAt(fonts, text, LEFT, 0, VALUE)] })),
  ]
}

/** The running head of later pages, and the foot of each. */
function frameMarks(
  report: SeriesReport,
  words: ReportWords,
  fonts: Fonts,
  { page, pages }: { page: number; pages: number },
): Mark[] {
  const name = `${words.title} ${words.types[report.type]} ${rangeOf(report)}`
  const footTop = BOTTOM + 6 * MM
  const foot = [
    rule(LEFT, RIGHT, footTop - 4, 0.4, HAIRLINE),
    textAt(fonts, cut(report.issuer.name, fonts, FOOT, (RIGHT - LEFT) / 2), LEFT, footTop, FOOT),
    textUpTo(fonts, `${words.page} ${page} ${words.of} ${pages}`, RIGHT, footTop, FOOT),
  ]
  if (page === 1) return foot
  return [textAt(fonts, cut(name, fonts, SMALL, RIGHT - LEFT), LEFT, TOP - 4, SMALL), ...foot]
}
