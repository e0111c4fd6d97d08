import type { Figure } from './figure.ts'

const COLUMNS = ['figure', 'value', 'goal', '', 'lowest … highest', 'ours', 'bare', 'p99 ours / bare']
const WIDTHS = [22, 9, 9, 7, 18, 18, 18, 20]

/** The line above the figures. */
export function heading(): string {
  return line(COLUMNS)
}

/** A figure on one line, for a person. */
export function row({ name, value, unit, goal, met, baseline, baseline_unit, detail }: Figure): string {
  const ratio = unit === 'ratio'
  const shown = (number: number | undefined) =>
    number === undefined ? '' : ratio ? `${number.toFixed(2)} ×` : `${number.toFixed(1)} µs`
  const rate = (number: number | null | undefined) =>
    number == null ? '' : `${Math.round(number).toLocaleString('en')} ${baseline_unit}`
  const { p99_ms, baseline_p99_ms } = detail
  return line([
    name,
    shown(value),
    goal === null ? '' : `${ratio ? '≥' : '≤'} ${goal}`,
    met === null ? '' : met ? 'met' : 'MISSED',
    ratio
      ? `${detail.lowest_ratio?.toFixed(2)} … ${detail.highest_ratio?.toFixed(2)}`
      : `${detail.fastest?.toFixed(1)} … ${detail.slowest?.toFixed(1)}`,
    ratio ? rate(detail.ours) : '',
    rate(baseline),
    p99_ms === undefined || baseline_p99_ms === undefined
      ? ''
      : `${p99_ms.toFixed(1)} / ${baseline_p99_ms.toFixed(1)} ms`,
  ])
}

function line(cells: readonly string[]): string {
  return cells
    .map((cell, index) => cell.padEnd(WIDTHS[index] ?? 0))
    .join(' ')
    .trimEnd()
}
