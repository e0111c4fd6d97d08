import { setTimeout as wait } from 'node:timers/promises'
import { invoicingApi } from '../invoicing-access.ts'
import { Sentence } from '../sentence.ts'
import type { Command } from './command.ts'
import { namedId } from './named-id.ts'
import { type IntentOptions, keyOf } from './new-key.ts'

export interface TailOptions {
  readonly type?: string
  readonly from?: string
  readonly after?: string
  readonly once?: boolean
}

export interface ReplayOptions extends IntentOptions {
  readonly from?: string
  readonly until?: string
  readonly event?: readonly string[]
  readonly deadLetters?: boolean
}

/** As invoicing answers it. */
interface Event {
  readonly id: string
  readonly type: string
  readonly at: string
  readonly account_id: string | null
  readonly object_id: string
  readonly object_version: number
  readonly mode: string
}

interface Page {
  readonly data: readonly Event[]
  readonly next_after: string
  readonly has_more: boolean
}

const LOOK_EVERY_MS = 1_000
const PAGE = '200'

/** `kontor events tail`: prints events as they come, until it is stopped. Ends with 0 where it was to end by itself. */
export async function tailEvents(command: Command, options: TailOptions): Promise<number> {
  const { type, from, once } = options
  if (from !== undefined && options.after !== undefined) throw new Sentence('Say either --from or --after, not both.')
  const api = await invoicingApi(command)
  const read = (after: string | undefined) => {
    const query = new URLSearchParams({
      limit: PAGE,
      ...(type !== undefined && { type }),
      ...(after === undefined ? from !== undefined && { from } : { after }),
    })
    return api.get<Page>(`/v1/events?${query}`)
  }
  // Without a place to begin, what is there already is of no interest; unless it is all that is asked for.
  let after = options.after ?? (from === undefined && !once ? 'end' : undefined)
  for (;;) {
    const page = await read(after)
    for (const event of page.data) command.screen.result(event, [lineOf(event)])
    after = page.next_after
    if (page.has_more) continue
    if (once) break
    await wait(LOOK_EVERY_MS, undefined, { signal: command.stop.signal })
  }
  command.screen.say(`Go on with --after ${after}.`)
  return 0
}

const lineOf = ({ at, type, object_id, object_version, account_id }: Event) =>
  `${at}  ${type.padEnd(28)}  ${object_id}  ${`v${object_version}`.padEnd(4)}  ${account_id ?? '–'}`

/** `kontor events replay`: has an endpoint told again. */
export async function replayEvents(command: Command, endpoint: string, options: ReplayOptions): Promise<number> {
  const id = namedId('whk', endpoint, 'An endpoint is named by its id, whk_…: GET /v1/webhook-endpoints lists them.')
  const { from, until, event, deadLetters } = options
  const ways = [from, event, deadLetters].filter((way) => way !== undefined)
  if (ways.length !== 1) throw new Sentence('Say what is to be told again: --from, --event or --dead-letters.')
  if (until !== undefined && from === undefined) throw new Sentence('--until goes with --from.')
  for (const each of event ?? []) namedId('evt', each, 'An event is named by its id, evt_….')
  const api = await invoicingApi(command)
  const replayed = await api.post<{ queued: number }>(`/v1/webhook-endpoints/${id}/replay`, keyOf(options), {
    ...(from !== undefined && { from }),
    ...(until !== undefined && { until }),
    ...(event !== undefined && { event_ids: event }),
    ...(deadLetters && { dead_letters: true }),
  })
  const { queued } = replayed
  command.screen.result(replayed, [queued === 0 ? 'Nothing is told again.' : `${queued} events are told again.`])
  return 0
}
