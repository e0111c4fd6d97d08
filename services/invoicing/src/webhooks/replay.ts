import type { Principal } from '@kontor/http-api'
import { NotFound } from '@kontor/http-api'
import { bucketOf, parseId } from '@kontor/ids'
import type { Tx } from '@kontor/postgres'
import type { Static } from 'typebox'
import type { Deps } from '../deps.ts'
import { startOf } from '../events/place-in-time.ts'
import { readHorizon } from '../events/repo.ts'
import { digestIntent } from '../idempotency/command.ts'
import { type Answer, once } from '../idempotency/once.ts'
import { againBetween, againDead, againNamed, knownDeliveries } from './dispatch-repo.ts'
import { ReplayTooLarge, ReplayUnclear, UnknownEvent } from './errors.ts'
import { wakeEndpoints } from './jobs.ts'
import { lockEndpoint } from './repo.ts'
import { TRIED_FOR_MS } from './retry-rules.ts'
import type { ReplayWebhook } from './schema.ts'

/** Rows of one transaction, which should not take longer than some seconds. */
const EVENTS_MAX = 100_000
/** The last instant that has a year of four digits. */
const FOR_EVER = new Date('9999-12-31T23:59:59Z')

/** Sending again what was told, was given up, or happened before anybody wanted to be told. */
export function replaying(deps: Deps) {
  const { database, now } = deps
  return {
    /**
     * @throws {ReplayUnclear} Nothing or several things are named.
     * @throws {ReplayTooLarge}
     * @throws {UnknownEvent}
     */
    async replay(
      actor: Principal,
      id: string,
      idempotencyKey: string,
      body: Static<typeof ReplayWebhook>,
    ): Promise<Answer> {
      const digest = digestIntent(
        deps.idempotencySecret,
        {
          ...actor,
          operation: 'POST /v1/webhook-endpoints/:webhookEndpointId/replay',
          parentId: id,
          idempotencyKey,
          request: body,
        },
        bucketOf(id),
      )
      const judge = async () => {
        const named = [body.from, body.event_ids, body.dead_letters].filter((each) => each !== undefined)
        if (named.length !== 1 || (body.until !== undefined && body.from === undefined)) throw new ReplayUnclear()
        if (body.from === undefined) return undefined
        const from = new Date(body.from)
        const { horizon } = await readHorizon(database)
        return { from, place: await startOf(database, actor, from, horizon) }
      }
      const write = async (tx: Tx, range: Awaited<ReturnType<typeof judge>>) => {
        const endpoint = await lockEndpoint(tx, actor, id)
        if (!endpoint || endpoint.state === 'deleted') throw new NotFound('webhook_endpoint')
        const at = now()
        const times = { now: at, expires: new Date(at.getTime() + TRIED_FOR_MS), oldest: new Date(0) }
        const again = { owner: actor, webhookId: id, times }
        let queued: string[]
        if (range) {
          const until = body.until === undefined ? FOR_EVER : new Date(body.until)
          queued = await againBetween(tx, again, { ...range, until, max: EVENTS_MAX })
          if (queued.length > EVENTS_MAX) throw new ReplayTooLarge(EVENTS_MAX)
        } else if (body.event_ids) {
          const ids = body.event_ids.map((text) => parseId('evt', text))
          queued = await againNamed(tx, again, ids)
          if ((await knownDeliveries(tx, id, ids)) < ids.length) throw new UnknownEvent().at('/event_ids')
        } else {
          queued = await againDead(tx, again)
        }
        await wakeEndpoints(tx, [id])
        return { status: 202, body: { queued: queued.length } }
      }
      return once(database, actor.tenantId, digest, { judge, write })
    },
  }
}
