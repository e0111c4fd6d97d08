import { explainOutage, NotFound, type Principal } from '@kontor/http-api'
import { formatId, type NewId } from '@kontor/ids'
import type { Tasks } from '@kontor/jobs'
import { type Database, withTransaction } from '@kontor/postgres'
import { DomainError } from '@kontor/problem'
import { InvalidTransition } from '../documents/errors.ts'
import { advance, PIECE_SIZE, PIECE_TASK, type Piece } from './advance.ts'
import * as repo from './repo.ts'
import type { InvoiceRun, RunItem, Settled } from './run.ts'

/** A draft that is to be issued in the name of a key, and the date it gets if it has none. */
export interface DraftToIssue {
  readonly id: string
  readonly issueOn: string | null
}

export interface RunWork {
  readonly database: Database
  readonly newId: NewId
  readonly now: () => Date
  readonly findPrincipal: (keyId: string, tenantId: string) => Promise<Principal | undefined>
  /** Issues a draft, once for all that ask under the same key. */
  readonly issue: (actor: Principal, draft: DraftToIssue, idempotencyKey: string) => Promise<unknown>
  /** Judges a draft as an issue does before it draws. */
  readonly judge: (actor: Principal, draft: DraftToIssue) => Promise<unknown>
  /** Takes defects: a draft at which the code itself failed is refused, and somebody must look. */
  readonly onDefect: (error: unknown) => void
}

/** These say that somebody is at the draft right now; a moment later it can be judged. */
const PASSES = new Set(['idempotency_in_progress', 'draft_changed'])

/** Neither is a rule that the draft breaks: it is not there to be issued any more. */
const GONE = [NotFound, InvalidTransition]

/**
 * Makes the task that issues a piece of a run. It may be done any number of times, by several at once: each draft is issued under an
 * Idempotency-Key that follows from the run, so that the first number drawn is the only one, and whoever comes later finds it.
 */
export function invoiceRunTasks(work: RunWork): Tasks {
  const { database, newId, now, findPrincipal } = work

  async function settle(run: InvoiceRun, actor: Principal, item: Item): Promise<Settled> {
    const draft = { id: item.document_id, issueOn: run.issue_on }
    try {
      if (run.dry_run) await work.judge(actor, draft)
      else await work.issue(actor, draft, formatId('run', run.id))
      return { ord: item.ord, state: run.dry_run ? 'issuable' : 'issued', code: null, path: null }
    } catch (error) {
      const refusal = explainOutage(error, run.dry_run)
      if (!(refusal instanceof DomainError)) {
        work.onDefect(error)
        return { ord: item.ord, state: 'refused', code: 'internal_error', path: null }
      }
      if (refusal.status >= 500 || PASSES.has(refusal.code)) throw refusal
      const gone = GONE.some((kind) => refusal instanceof kind)
      const path = refusal.errors?.[0]?.path
      return { ord: item.ord, state: gone ? 'skipped' : 'refused', code: refusal.code, path: path || null }
    }
  }

  async function write(runId: string, settled: readonly Settled[]): Promise<void> {
    await withTransaction(database.knex, async (tx) => {
      const run = await repo.lockRun(tx, runId)
      if (!run) return
      await repo.settleItems(tx, runId, settled, now())
      await advance(tx, run, { newId, at: now() })
    })
  }

  async function start(runId: string): Promise<void> {
    await withTransaction(database.knex, async (tx) => {
      const run = await repo.lockRun(tx, runId)
      if (run?.started_at === null) await repo.updateRun(tx, run, { started_at: now() })
    })
  }

  async function doPiece({ tenant_id, mode, run_id, wave, from }: Piece): Promise<void> {
    const run = await repo.findRun(database, { tenantId: tenant_id, mode }, run_id)
    if (!run) return
    if (run.started_at === null) await start(run_id)
    const items = await repo.queuedItems(database, run_id, { wave, from, size: PIECE_SIZE })
    const actor = await findPrincipal(run.key_id, run.tenant_id)
    const forbidden = !actor ? 'key_ended' : actor.scopes.has('invoice.issue') ? undefined : 'scope_missing'
    if (!actor || forbidden !== undefined) {
      // A key that was taken away issues nothing any more, also not what it had asked for before.
      return write(run_id, refusedAll(items, forbidden ?? null))
    }
    const outcomes = await Promise.allSettled(items.map((item) => settle(run, actor, item)))
    await write(
      run_id,
      outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : [])),
    )
    // The queue calls again for what could not be settled yet.
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed) throw failed.reason
  }

  /** Refuses what is left of a piece that nobody comes back to, with what stood in its way last. */
  async function giveUp({ run_id, wave, from }: Piece, error: unknown): Promise<void> {
    const refusal = explainOutage(error, false)
    const code = refusal instanceof DomainError ? refusal.code : 'internal_error'
    const items = await repo.queuedItems(database, run_id, { wave, from, size: PIECE_SIZE })
    await write(run_id, refusedAll(items, code))
  }

  return {
    [PIECE_TASK]: async (payload, { isLast }) => {
      const piece = payload as Piece
      try {
        await doPiece(piece)
      } catch (error) {
        if (isLast) await giveUp(piece, error)
        throw error
      }
    },
  }
}

const refusedAll = (items: readonly Item[], code: string | null): Settled[] =>
  items.map(({ ord }) => ({ ord, state: 'refused', code, path: null }))

type Item = Pick<RunItem, 'ord' | 'document_id'>
