import { invoicingApi } from '../invoicing-access.ts'
import type { Command } from './command.ts'

export interface ProcessorEventsOptions {
  readonly state?: 'received' | 'handled' | 'ignored'
}

/** What of the answer of invoicing is shown to people. */
interface ProcessorEvent {
  readonly id: string
  readonly processor: string
  readonly type: string
  readonly reference: string | null
  readonly state: string
  readonly failures: number
  readonly failure: string | null
  readonly received_at: string
}

interface Page {
  readonly data: readonly ProcessorEvent[]
  readonly has_more: boolean
}

const PAGE = '200'

/** `kontor processor events`: all of them, for pages are by id and people read by time. */
export async function listProcessorEvents(command: Command, { state }: ProcessorEventsOptions): Promise<number> {
  const api = await invoicingApi(command)
  const found: ProcessorEvent[] = []
  for (let page: Page | undefined; !page || page.has_more; ) {
    const after = found.at(-1)?.id
    const query = new URLSearchParams({ limit: PAGE, ...(state && { state }), ...(after !== undefined && { after }) })
    page = await api.get<Page>(`/v1/processor-events?${query}`)
    found.push(...page.data)
  }
  const data = found.toSorted((a, b) => a.received_at.localeCompare(b.received_at))
  command.screen.result({ data }, data.length > 0 ? data.map(lineOf) : ['Nothing was told.'])
  return 0
}

const lineOf = ({ received_at, processor, type, reference, state, failures, failure }: ProcessorEvent): string =>
  `${received_at}  ${processor}  ${type.padEnd(28)}  ${reference ?? '–'}  ${state}${failures > 0 ? `, failed ${failures} times: ${failure}` : ''}`
