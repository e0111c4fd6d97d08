import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { invoicingApi } from '../invoicing-access.ts'
import type { Api } from '../job/api-client.ts'
import type { Command } from './command.ts'
import { namedId } from './named-id.ts'

/** As invoicing answers it. */
interface Audit {
  readonly first: number | null
  readonly last: number | null
  readonly count: number
  readonly complete: boolean
  readonly missing: readonly number[]
  readonly duplicates: readonly number[]
  readonly date_inversions: readonly number[]
  readonly misprinted: readonly number[]
}

/** What the comparison of every number with its document found. */
interface Compared {
  readonly numbers: number
  /** How many documents came to what. */
  readonly states: Readonly<Record<string, number>>
  /** Numbers whose document was altered or is lost, as many as are named. */
  readonly altered: readonly string[]
}

/** Of each kind of fault so many are named, as the service does. */
const NAMED_MAX = 100
/** A million numbers take some minutes. */
const DOWNLOAD_TIMEOUT_MS = 3_600_000

/** `kontor series audit`: one answer about the ledger, and every document compared with it. */
export async function auditSeries(command: Command, series: string): Promise<number> {
  const id = seriesId(series)
  const api = await invoicingApi(command, { timeoutMs: DOWNLOAD_TIMEOUT_MS })
  const { first, last, count, complete, missing, duplicates, date_inversions, misprinted } = await api.get<Audit>(
    `/v1/series/${id}/audit?limit=1`,
  )
  const compared = await compare(api, id, (numbers) => command.screen.progress(`Numbers       ${numbers}`))
  const findings = [
    ...named('missing', missing),
    ...named('there twice', duplicates),
    ...named('dated before the number before', date_inversions),
    ...named('printed otherwise than the series prints them', misprinted),
    ...named('with a document that was altered or is lost', compared.altered),
  ]
  const good = complete && findings.length === 0
  const result = {
    series: id,
    first,
    last,
    count,
    complete,
    missing,
    duplicates,
    date_inversions,
    misprinted,
    ...compared,
  }
  const states = Object.entries(compared.states).map(([state, many]) => `${many} ${state.replace('_', ' ')}`)
  command.screen.result({ ...result, good }, [
    count === 0 ? 'No number was given.' : `${count} numbers, ${first} to ${last}: ${states.join(', ')}.`,
    ...findings,
    ...(good ? ['Complete: each number is there once, and every document is what its number was bound to.'] : []),
    ...(!complete && findings.length === 0 ? ['The counter does not stand behind the last number.'] : []),
  ])
  return good ? 0 : 1
}

/** Reads the report line by line: what is looked at stands behind the texts, so that no comma of theirs is in the way. */
async function compare(
  api: Pick<Api, 'download'>,
  id: string,
  onProgress: (numbers: number) => void,
): Promise<Compared> {
  const states: Record<string, number> = {}
  const altered: string[] = []
  let numbers = 0
  const body = Readable.fromWeb(await api.download(`/v1/series/${id}/report.csv`))
  let head = true
  for await (const line of createInterface({ input: body, crlfDelay: Number.POSITIVE_INFINITY })) {
    const cells = line.split(',')
    const [state = '', remarks = ''] = [cells.at(-4), cells.at(-2)]
    if (head || state === 'missing') {
      head = false
      continue
    }
    states[state] = (states[state] ?? 0) + 1
    const wrong = state === 'lost' || remarks.split(' ').includes('altered')
    if (wrong && altered.length < NAMED_MAX) altered.push(cells[0] ?? '')
    if (++numbers % 1_000 === 0) onProgress(numbers)
  }
  return { numbers, states, altered }
}

function named(what: string, numbers: readonly (number | string)[]): string[] {
  if (numbers.length === 0) return []
  const more = numbers.length === NAMED_MAX ? ' …' : ''
  return [`${numbers.length === NAMED_MAX ? 'At least ' : ''}${numbers.length} ${what}: ${numbers.join(', ')}${more}`]
}

/** @throws {Sentence} The text is no id of a series. */
export const seriesId = (text: string): string =>
  namedId('ser', text, 'A series is named by its id, ser_…: GET /v1/series lists them.')
