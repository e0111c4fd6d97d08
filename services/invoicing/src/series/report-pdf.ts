import { formatId } from '@kontor/ids'
import { type Fonts, type ReportEntry, type ReportLanguage, renderSeriesReport } from '@kontor/invoice-pdf'
import { currencyExponent } from '@kontor/money'
import { dayIn } from '../documents/calendar.ts'
import { seriesToWire } from './list-series.ts'
import type { OpenReport, Reported, ReportPeriod } from './report.ts'
import { reportSums } from './report-csv.ts'

/** Two hundred pages. They are laid out in memory, because each says how many there are. */
export const NUMBERS_MAX = 10_000

/** @param report With at most `NUMBERS_MAX` numbers. */
export async function toReportPdf(
  fonts: Fonts,
  { head, batches }: Pick<OpenReport, 'head' | 'batches'>,
  asked: {
    readonly period: ReportPeriod
    readonly language: ReportLanguage | undefined
    readonly madeAt: Date
    readonly keyId: string
  },
): Promise<Buffer> {
  const { series, issuer } = head
  const { format, account_id } = seriesToWire(series)
  const { time_zone: zone, address } = issuer
  const sums = reportSums()
  const entries: ReportEntry[] = []
  let customerNumber: string | undefined
  for await (const batch of batches()) {
    for (const entry of batch) {
      sums.add(entry)
      entries.push(toEntry(entry, zone))
      if (entry.kind === 'number') customerNumber ??= entry.customer_number ?? undefined
    }
  }
  const { street, street_2, postal_code, city, region, country } = address
  const place = [postal_code, city].filter((part) => part !== undefined).join(' ')
  return renderSeriesReport(
    {
      language: asked.language ?? issuer.language,
      issuer: {
        name: issuer.name,
        address: [street, street_2, place, region, country].filter((part): part is string => Boolean(part)),
        ids: [issuer.vat_id, issuer.legal_id, issuer.tax_number].filter((id): id is string => id !== null),
        country,
      },
      type: series.document_type,
      format,
      customerNumber: account_id === null ? undefined : (customerNumber ?? account_id),
      seriesPeriod: series.period,
      firstSeq: series.first_seq,
      nextSeq: series.next_seq,
      started:
        series.started_at === null || series.started_by === null
          ? undefined
          : { on: dayIn(zone, series.started_at), by: formatId('key', series.started_by) },
      from: asked.period.from,
      to: asked.period.to,
      madeOn: dayIn(zone, asked.madeAt),
      madeAtTime: timeIn(zone, asked.madeAt),
      madeBy: `${head.madeBy} (${asked.keyId})`,
      entries,
      totals: sums.list().map(({ currency, state, count, grossMinor }) => ({
        state,
        count,
        gross: amountOf(currency === '' ? null : currency, grossMinor),
      })),
    },
    fonts,
  )
}

function toEntry(entry: Reported, zone: string): ReportEntry {
  if (entry.kind === 'gap') return entry
  const { state, customer_number, customer } = entry
  return {
    kind: 'number',
    number: entry.number,
    issuedOn: entry.issue_on,
    customer: customer === null ? undefined : `${customer_number} ${customer}`,
    gross: amountOf(entry.currency, entry.gross_minor),
    state,
    stateOn: state === 'issued' || state === 'lost' ? undefined : dayIn(zone, entry.state_at),
    remarks: entry.remarks,
  }
}

function amountOf(currency: string | null, minor: bigint | null) {
  return currency === null || minor === null ? undefined : { minor, currency, exponent: currencyExponent(currency) }
}

/** Hours and minutes on the clock of the issuer, which the zone's offset makes unambiguous. */
function timeIn(timeZone: string, instant: Date): string {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'longOffset',
  })
  const part = (type: string) => format.formatToParts(instant).find((one) => one.type === type)?.value ?? ''
  return `${part('hour')}:${part('minute')} ${part('timeZoneName').replace('GMT', 'UTC')}`
}
