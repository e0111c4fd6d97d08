import type { Tasks } from '@kontor/jobs'
import { withTransaction } from '@kontor/postgres'
import type { Owner } from '../issuers/repo.ts'
import type { ReadVaultFeed } from '../vault/feed.ts'
import { type Delivering, delivering } from './deliver.ts'
import {
  cleanDeliveries,
  cleanOrphans,
  dispatchEvents,
  lockPosition,
  movePosition,
  moveVaultPosition,
  takeOver,
} from './dispatch-repo.ts'
import { again, CLEAN_TASK, COLLECT_TASK, DELIVER_TASK, DISPATCH_TASK, wakeEndpoints } from './jobs.ts'
import { anyEndpoint, listAudiences } from './repo.ts'
import { TRIED_FOR_MS } from './retry-rules.ts'

export interface WebhookWork extends Delivering {
  readonly readVaultFeed: ReadVaultFeed
  /** Takes what failed and is tried again by itself. */
  readonly onFailure: (error: unknown) => void
}

/** Events that are handed out in one transaction. */
const PAGE = 10_000
const VAULT_PAGE = 200
const DISPATCH_EVERY_MS = 1_000
const COLLECT_EVERY_MS = 2_000
const CLEAN_EVERY_MS = 3_600_000
const CLEANED_AT_ONCE = 5_000
/** What has ended is kept so long. */
const KEPT_MS = 30 * 86_400_000

/**
 * Makes the tasks that tell tenants what happens. Each may be done twice, by several at once: the rows decide. Those that go on for ever
 * enqueue themselves again while somebody wants to be told, also when they failed, because the queue gives up in the end.
 */
export function webhookTasks(work: WebhookWork): Tasks {
  const { database, now, readVaultFeed, onFailure } = work
  const deliver = delivering(work)

  const times = () => {
    const at = now().getTime()
    return { now: new Date(at), expires: new Date(at + TRIED_FOR_MS), oldest: new Date(at - KEPT_MS) }
  }

  async function handOut(owner: Owner): Promise<void> {
    for (let more = true; more; ) {
      more = await withTransaction(database.knex, async (tx) => {
        const position = await lockPosition(tx, owner)
        if (!position) return false
        const { place, lookedAt, told } = await dispatchEvents(tx, owner, position, PAGE, times())
        if (lookedAt === 0) return false
        await movePosition(tx, owner, place)
        await wakeEndpoints(tx, told)
        return lookedAt === PAGE
      })
    }
  }

  async function collect(owner: Owner): Promise<void> {
    for (let more = true; more; ) {
      const read = await withTransaction(database.knex, (tx) => lockPosition(tx, owner))
      if (!read) return
      const page = await readVaultFeed(owner, read.vaultAfter ?? 'end', VAULT_PAGE)
      if (!page) return
      await withTransaction(database.knex, async (tx) => {
        const position = await lockPosition(tx, owner)
        // Somebody else was faster.
        if (position?.vaultAfter !== read.vaultAfter) return
        const told = await takeOver(tx, owner, page.events, times())
        if (page.nextAfter !== read.vaultAfter) await moveVaultPosition(tx, owner, page.nextAfter)
        await wakeEndpoints(tx, told)
      })
      more = page.more
    }
  }

  /** Does something for every tenant that wants to be told; one that fails holds up no other. */
  async function forAll(task: string, everyMs: number, act: (owner: Owner) => Promise<void>): Promise<void> {
    const audiences = await listAudiences(database)
    for (const owner of audiences) await act(owner).catch(onFailure)
    if (audiences.length > 0) await again(database, task, everyMs)
  }

  return {
    [DISPATCH_TASK]: () => forAll(DISPATCH_TASK, DISPATCH_EVERY_MS, handOut),
    [COLLECT_TASK]: () => forAll(COLLECT_TASK, COLLECT_EVERY_MS, collect),
    [DELIVER_TASK]: (payload) => deliver((payload as { webhook_id: string }).webhook_id),
    [CLEAN_TASK]: async () => {
      const before = new Date(now().getTime() - KEPT_MS)
      while ((await cleanDeliveries(database, before, CLEANED_AT_ONCE)) === CLEANED_AT_ONCE);
      while ((await cleanOrphans(database, CLEANED_AT_ONCE)) === CLEANED_AT_ONCE);
      if (await anyEndpoint(database)) await again(database, CLEAN_TASK, CLEAN_EVERY_MS)
    },
  }
}
