import { NotFound, type Principal } from '@kontor/http-api'
import { bucketFromBytes, formatId, parseId } from '@kontor/ids'
import type { Tx } from '@kontor/postgres'
import type { Static } from 'typebox'
import type { Deps } from '../deps.ts'
import { checkDay } from '../documents/calendar.ts'
import { recordEvent } from '../events/event.ts'
import { digestIntent } from '../idempotency/command.ts'
import { type Answer, once } from '../idempotency/once.ts'
import { advance } from './advance.ts'
import { SelectionUnclear, TooManyDrafts } from './errors.ts'
import * as repo from './repo.ts'
import type { Counts, InvoiceRun, RunItem, Selection } from './run.ts'
import type { CreateInvoiceRun, InvoiceRunItemWire, InvoiceRunWire } from './schema.ts'

/** The rows of a run are written in one transaction, which should not take longer than a few seconds. */
const DRAFTS_MAX = 100_000

/** Items that a report reads at once: its memory does not grow with its length. */
const BATCH = 1_000

/** A draft of a run beside what the report says of its document; a document may be gone. */
export interface ReportedItem {
  readonly item: RunItem
  readonly document: repo.ReportedDocument | undefined
}

export function invoiceRuns(deps: Deps) {
  const { database } = deps

  async function find(actor: Principal, id: string): Promise<InvoiceRun> {
    const run = await repo.findRun(database, actor, id)
    if (!run) throw new NotFound('invoice_run')
    return run
  }

  async function reported(actor: Principal, items: readonly RunItem[]): Promise<ReportedItem[]> {
    const ids = items.map(({ document_id }) => document_id)
    const documents = await repo.findDocuments(database, actor, ids)
    return items.map((item) => ({ item, document: documents.get(item.document_id) }))
  }

  return {
    /**
     * Makes a run: which drafts it issues is fixed here, and its first jobs are enqueued in the same transaction.
     *
     * @throws {SelectionUnclear} Neither ids nor a filter, or both.
     * @throws {TooManyDrafts} More than a run takes.
     */
    async create(actor: Principal, idempotencyKey: string, body: Static<typeof CreateInvoiceRun>): Promise<Answer> {
      const digest = digestIntent(deps.idempotencySecret, {
        ...actor,
        operation: 'POST /v1/invoice-runs',
        parentId: '',
        idempotencyKey,
        request: body,
      })
      const judge = async () => {
        checkDay(body.issue_on, '/issue_on')
        return readSelection(body)
      }
      const write = async (tx: Tx, selection: Selection) => {
        const bucket = bucketFromBytes(deps.random(2))
        const at = deps.now()
        const empty: InvoiceRun = {
          id: deps.newId(bucket),
          tenant_id: actor.tenantId,
          mode: actor.mode,
          key_id: actor.keyId,
          dry_run: body.dry_run ?? false,
          issue_on: body.issue_on ?? null,
          total: 0,
          wave: 0,
          version: 1,
          created_at: at,
          started_at: null,
          finished_at: null,
        }
        await repo.insertRun(tx, empty)
        const total = await repo.insertItems(tx, empty, selection, DRAFTS_MAX + 1)
        if (total > DRAFTS_MAX) throw new TooManyDrafts(DRAFTS_MAX)
        await repo.setTotal(tx, empty.id, total)
        await recordEvent(tx, actor, {
          id: deps.newId(bucket),
          type: 'invoice_run.created',
          accountId: null,
          objectId: empty.id,
          objectVersion: 1,
          at,
        })
        await advance(tx, empty, { newId: deps.newId, at })
        const run = { ...empty, total, finished_at: total === 0 ? at : null }
        return { status: 202, body: toWire(run, { ...NONE, queued: total }, at) }
      }
      return once(database, actor.tenantId, digest, { judge, write })
    },

    async get(actor: Principal, id: string): Promise<Static<typeof InvoiceRunWire>> {
      const run = await find(actor, id)
      return toWire(run, await repo.countItems(database, id), deps.now())
    },

    async items(
      actor: Principal,
      id: string,
      page: { readonly after: number; readonly limit: number },
    ): Promise<Static<typeof InvoiceRunItemWire>[]> {
      await find(actor, id)
      const items = await reported(actor, await repo.listItems(database, id, page.after, page.limit))
      return items.map(({ item, document }) => ({
        position: item.ord,
        invoice_id: formatId('inv', item.document_id),
        state: item.state,
        number: document?.number ?? null,
        code: item.code,
        path: item.path,
      }))
    },

    /** Everything about a run, batch by batch. */
    async report(actor: Principal, id: string): Promise<AsyncGenerator<ReportedItem[]>> {
      await find(actor, id)
      return (async function* () {
        for (let after = 0; ; ) {
          const items = await repo.listItems(database, id, after, BATCH)
          if (items.length > 0) yield reported(actor, items)
          if (items.length < BATCH) return
          after = items.at(-1)?.ord ?? after
        }
      })()
    },
  }
}

const NONE: Counts = { queued: 0, issued: 0, issuable: 0, refused: 0, skipped: 0 }

function readSelection({ invoice_ids, ...filter }: Static<typeof CreateInvoiceRun>): Selection {
  const { issuer_id, account_id, created_before } = filter
  const filtered = [issuer_id, account_id, created_before].some((value) => value !== undefined)
  if ((invoice_ids === undefined) !== filtered) throw new SelectionUnclear()
  if (invoice_ids) return { invoiceIds: invoice_ids.map((id) => parseId('inv', id)) }
  if (created_before !== undefined) checkDay(created_before.slice(0, 10), '/created_before')
  return {
    issuerId: issuer_id && parseId('iss', issuer_id),
    accountId: account_id && parseId('acc', account_id),
    createdBefore: created_before === undefined ? undefined : new Date(created_before),
  }
}

function toWire(run: InvoiceRun, counts: Counts, now: Date): Static<typeof InvoiceRunWire> {
  return {
    id: formatId('run', run.id),
    mode: run.mode,
    state: run.finished_at !== null ? 'done' : run.started_at !== null ? 'running' : 'queued',
    dry_run: run.dry_run,
    issue_on: run.issue_on,
    total: run.total,
    ...counts,
    per_second: perSecond(run, run.total - counts.queued, now),
    created_at: run.created_at.toISOString(),
    started_at: run.started_at?.toISOString() ?? null,
    finished_at: run.finished_at?.toISOString() ?? null,
  }
}

function perSecond({ started_at, finished_at }: InvoiceRun, settled: number, now: Date): number | null {
  if (started_at === null) return null
  const ms = Math.max(1, (finished_at ?? now).getTime() - started_at.getTime())
  return Math.round((settled * 1_000) / ms)
}
