import { resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { invoicingApi } from '../invoicing-access.ts'
import type { Api } from '../job/api-client.ts'
import { type SavedReport, saveReport } from '../save-report.ts'
import { Sentence } from '../sentence.ts'
import { shownPath } from '../terminal/shown-path.ts'
import type { Command } from './command.ts'
import { namedId } from './named-id.ts'
import { newKey } from './new-key.ts'

export interface StartRunOptions {
  readonly issuer?: string
  readonly account?: string
  readonly createdBefore?: string
  readonly issueOn?: string
  readonly dryRun?: boolean
  readonly wait?: boolean
  readonly csv?: string
  readonly idempotencyKey?: string
}

export interface ShowRunOptions {
  readonly wait?: boolean
  readonly csv?: string
}

/** As invoicing answers it. */
interface Run {
  readonly id: string
  readonly state: 'queued' | 'running' | 'done'
  readonly dry_run: boolean
  readonly total: number
  readonly queued: number
  readonly issued: number
  readonly issuable: number
  readonly refused: number
  readonly skipped: number
  readonly per_second: number | null
}

interface Item {
  readonly position: number
  readonly invoice_id: string
  readonly state: string
  readonly code: string | null
  readonly path: string | null
}

const LOOK_EVERY_MS = 500
/** Of what was not issued so many are named; the CSV has all of them. */
const NAMED_MAX = 20
const PAGE = 200
/** A report of a hundred thousand drafts takes some seconds. */
const DOWNLOAD_TIMEOUT_MS = 600_000

/** `kontor invoice-run start`: issues many drafts. Ends with 1 where it waited and something was refused. */
export async function startInvoiceRun(command: Command, options: StartRunOptions): Promise<number> {
  const { issuer, account, createdBefore, issueOn, dryRun } = options
  if (issuer === undefined && account === undefined && createdBefore === undefined)
    throw new Sentence('Say which drafts: --issuer, --account or --created-before.')
  const api = await invoicingApi(command, { timeoutMs: DOWNLOAD_TIMEOUT_MS })
  const run = await api.post<Run>('/v1/invoice-runs', options.idempotencyKey ?? newKey(), {
    ...(issuer !== undefined && { issuer_id: issuer }),
    ...(account !== undefined && { account_id: account }),
    ...(createdBefore !== undefined && { created_before: createdBefore }),
    ...(issueOn !== undefined && { issue_on: issueOn }),
    ...(dryRun && { dry_run: true }),
  })
  return report(command, api, run, options)
}

/** `kontor invoice-run show`: how far a run has come. */
export async function showInvoiceRun(command: Command, text: string, options: ShowRunOptions): Promise<number> {
  const id = namedId('run', text, 'A run is named by its id, run_…, which its start has printed.')
  const api = await invoicingApi(command, { timeoutMs: DOWNLOAD_TIMEOUT_MS })
  return report(command, api, await api.get<Run>(`/v1/invoice-runs/${id}`), options)
}

async function report(command: Command, api: Api, made: Run, options: ShowRunOptions): Promise<number> {
  const { screen, stop, config } = command
  let run = made
  while (options.wait && run.state !== 'done') {
    screen.progress(`Drafts        ${run.total - run.queued} of ${run.total}`)
    await wait(LOOK_EVERY_MS, undefined, { signal: stop.signal })
    run = await api.get<Run>(`/v1/invoice-runs/${run.id}`)
  }
  const failed = run.state === 'done' ? await notIssued(api, run) : []
  const path = options.csv === undefined ? undefined : resolve(config.cwd, options.csv)
  const saved = path && (await saveReport(path, () => api.download(`/v1/invoice-runs/${run.id}.csv`)))
  screen.result({ ...run, not_issued: failed, ...(saved && { file: saved }) }, [
    ...linesOf(run),
    ...failed.map(({ invoice_id, state, code, path: at }) => `${invoice_id}  ${state}: ${code}${at ? ` ${at}` : ''}`),
    ...(failed.length === NAMED_MAX ? ['… --csv writes all of them.'] : []),
    ...(saved ? [savedLine(config.cwd, saved)] : []),
  ])
  return run.state === 'done' && run.refused > 0 ? 1 : 0
}

function linesOf(run: Run): string[] {
  const { id, state, total, queued, issued, issuable, refused, skipped, per_second } = run
  const good = run.dry_run ? `${issuable} can be issued` : `${issued} issued`
  const rate = per_second === null ? '' : `, ${per_second} a second`
  return [
    `${id} is ${state}: ${total} drafts, ${good}, ${refused} refused, ${skipped} skipped, ${queued} still queued${rate}.`,
    ...(state === 'done' ? [] : [`kontor invoice-run show ${id} says how far it has come.`]),
  ]
}

function savedLine(cwd: string, { file, bytes, sha256 }: SavedReport): string {
  return `${shownPath(cwd, file)}  ${bytes} bytes, SHA-256 ${sha256}`
}

/** Looks through the items until enough are found, which is soon where all were issued: then there is nothing to look for. */
async function notIssued(api: Api, { id, refused, skipped }: Run): Promise<Item[]> {
  const wanted = Math.min(refused + skipped, NAMED_MAX)
  const found: Item[] = []
  for (let after = 0; found.length < wanted; ) {
    const page = await api.get<{ data: Item[]; has_more: boolean }>(
      `/v1/invoice-runs/${id}/items?limit=${PAGE}&after=${after}`,
    )
    found.push(...page.data.filter(({ state }) => state === 'refused' || state === 'skipped'))
    if (!page.has_more) break
    after = page.data.at(-1)?.position ?? after
  }
  return found.slice(0, wanted)
}
