import { resolve } from 'node:path'
import { invoicingApi } from '../invoicing-access.ts'
import { saveReport } from '../save-report.ts'
import { Sentence } from '../sentence.ts'
import { shownPath } from '../terminal/shown-path.ts'
import type { Command } from './command.ts'
import { readDay } from './day.ts'
import { seriesId } from './series-audit.ts'

export interface SeriesReportOptions {
  /** Days, `YYYY-MM-DD`. */
  readonly from?: string
  readonly to?: string
  readonly pdf?: string
  readonly csv?: string
  readonly language?: 'de' | 'fr' | 'it' | 'en'
}

/** A million numbers take some minutes. */
const DOWNLOAD_TIMEOUT_MS = 3_600_000

/** `kontor series report`: downloads the report, for its owner only, because it names customers. */
export async function reportSeries(command: Command, series: string, options: SeriesReportOptions): Promise<number> {
  const id = seriesId(series)
  if (options.pdf === undefined && options.csv === undefined)
    throw new Sentence('Say what to write: --pdf, --csv or both.')
  const days = { ...(options.from && { from: options.from }), ...(options.to && { to: options.to }) }
  for (const day of Object.values(days)) readDay(day)
  const api = await invoicingApi(command, { timeoutMs: DOWNLOAD_TIMEOUT_MS })
  const { cwd } = command.config
  const written: { file: string; bytes: number; sha256: string }[] = []
  for (const kind of ['pdf', 'csv'] as const) {
    const file = options[kind]
    if (file === undefined) continue
    const language = kind === 'pdf' && options.language ? { language: options.language } : {}
    const query = new URLSearchParams({ ...days, ...language }).toString()
    const body = () => api.download(`/v1/series/${id}/report.${kind}${query && `?${query}`}`)
    written.push(await saveReport(resolve(cwd, file), body))
  }
  command.screen.result(
    { series: id, files: written },
    written.map(({ file, bytes, sha256 }) => `${shownPath(cwd, file)}  ${bytes} bytes, SHA-256 ${sha256}`),
  )
  return 0
}
