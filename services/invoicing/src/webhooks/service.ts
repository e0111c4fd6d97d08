import { NotFound, type Principal } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import { type Tx, withTransaction } from '@kontor/postgres'
import { parseTarget, showSecret, signingSecret } from '@kontor/webhooks'
import type { Static } from 'typebox'
import type { Deps } from '../deps.ts'
import { type EventType, recordEvent } from '../events/event.ts'
import { digestIntent } from '../idempotency/command.ts'
import { type Answer, LOCK_WAIT_MS, once } from '../idempotency/once.ts'
import { VersionConflict } from '../wire/if-match.ts'
import { refuseCardNumbers } from '../wire/sensitive.ts'
import type { Delivery, DeliveryState } from './delivery.ts'
import { listDeliveries } from './delivery-repo.ts'
import { toWire, type WebhookEndpoint } from './endpoint.ts'
import { TooManyWebhookEndpoints, WebhookUrlNotAllowed } from './errors.ts'
import { wakeAll, wakeEndpoints } from './jobs.ts'
import * as repo from './repo.ts'
import type { CreateWebhookEndpoint, PatchWebhookEndpoint } from './schema.ts'

/** Each event is one row for each of them. */
const ENDPOINTS_MAX = 20
/** How long the secret before signs as well, so that a receiver can change over. */
const OVERLAP_MS = 86_400_000

export function webhooks(deps: Deps) {
  const { database, now } = deps

  async function find(actor: Principal, id: string): Promise<WebhookEndpoint> {
    const endpoint = await repo.findEndpoint(database, actor, id)
    if (!endpoint) throw new NotFound('webhook_endpoint')
    return endpoint
  }

  /** @throws {NotFound} Unknown, another tenant's, or deleted. */
  async function lock(tx: Tx, actor: Principal, id: string): Promise<WebhookEndpoint> {
    const endpoint = await repo.lockEndpoint(tx, actor, id)
    if (!endpoint || endpoint.state === 'deleted') throw new NotFound('webhook_endpoint')
    return endpoint
  }

  const record = (tx: Tx, actor: Principal, type: EventType, { id, version }: WebhookEndpoint) =>
    recordEvent(tx, actor, {
      id: deps.newId(bucketOf(id)),
      type,
      accountId: null,
      objectId: id,
      objectVersion: version,
      at: now(),
    })

  function checkUrl({ mode }: Principal, url: string | undefined): void {
    if (url === undefined) return
    refuseCardNumbers({ url })
    const target = parseTarget(url, mode === 'live', { loopback: deps.webhooks.loopback })
    if (typeof target === 'string') throw new WebhookUrlNotAllowed(target).at('/url')
  }

  /** The secret follows from what was answered, so that it is neither stored with the answer nor lost when it is repeated. */
  function withSecret(actor: Principal, answer: Answer): Answer {
    const endpoint = JSON.parse(answer.body) as Static<typeof import('./schema.ts').WebhookEndpointWire>
    const secret = signingSecret(deps.webhooks.secret, {
      tenantId: actor.tenantId,
      endpointId: endpoint.id,
      version: endpoint.secret_version,
    })
    return { ...answer, body: JSON.stringify({ ...endpoint, secret: showSecret(secret) }) }
  }

  return {
    find,

    /** @throws {TooManyWebhookEndpoints} */
    async create(
      actor: Principal,
      idempotencyKey: string,
      body: Static<typeof CreateWebhookEndpoint>,
    ): Promise<Answer> {
      const digest = digestIntent(deps.idempotencySecret, {
        ...actor,
        operation: 'POST /v1/webhook-endpoints',
        parentId: '',
        idempotencyKey,
        request: body,
      })
      const judge = async () => checkUrl(actor, body.url)
      const write = async (tx: Tx) => {
        await repo.holdPosition(tx, actor)
        if ((await repo.countEndpoints(tx, actor)) >= ENDPOINTS_MAX) throw new TooManyWebhookEndpoints(ENDPOINTS_MAX)
        const endpoint: WebhookEndpoint = {
          id: deps.newId(digest.bucket),
          tenant_id: actor.tenantId,
          mode: actor.mode,
          url: body.url,
          event_types: body.event_types ?? ['*'],
          state: 'active',
          disabled_because: null,
          secret_version: 1,
          overlap_until: null,
          silences: 0,
          paused_until: null,
          key_id: actor.keyId,
          version: 1,
          created_at: now(),
        }
        await repo.insertEndpoint(tx, endpoint)
        await record(tx, actor, 'webhook_endpoint.created', endpoint)
        await wakeAll(tx)
        return { status: 201, body: toWire(endpoint) }
      }
      return withSecret(actor, await once(database, actor.tenantId, digest, { judge, write }))
    },

    list: (actor: Principal, after: string | undefined, limit: number): Promise<WebhookEndpoint[]> =>
      repo.listEndpoints(database, actor, after, limit),

    /** @throws {VersionConflict} The endpoint is no longer at `version`. */
    async patch(
      actor: Principal,
      id: string,
      version: number,
      body: Static<typeof PatchWebhookEndpoint>,
    ): Promise<WebhookEndpoint> {
      checkUrl(actor, body.url)
      const change = async (tx: Tx) => {
        const endpoint = await lock(tx, actor, id)
        if (endpoint.version !== version) throw new VersionConflict()
        const wakes = body.state === 'active' && endpoint.state === 'disabled'
        const changed = await repo.updateEndpoint(
          tx,
          endpoint,
          {
            ...body,
            ...(body.state === 'active' && { disabled_because: null }),
            ...(body.state === 'disabled' && { disabled_because: endpoint.disabled_because ?? 'asked' }),
          },
          wakes ? now() : undefined,
        )
        await record(tx, actor, 'webhook_endpoint.updated', changed)
        if (wakes) {
          await wakeAll(tx)
          await wakeEndpoints(tx, [id])
        }
        return changed
      }
      return withTransaction(database.knex, change, { lockTimeoutMs: LOCK_WAIT_MS })
    },

    /** Deletes an endpoint: what waits for it is told to nobody. Its row stays without address, as its deliveries go by and by. */
    async remove(actor: Principal, id: string): Promise<void> {
      const change = async (tx: Tx) => {
        const endpoint = await repo.lockEndpoint(tx, actor, id)
        if (!endpoint) throw new NotFound('webhook_endpoint')
        if (endpoint.state === 'deleted') return
        const deleted = await repo.updateEndpoint(tx, endpoint, { state: 'deleted', disabled_because: null, url: '' })
        await record(tx, actor, 'webhook_endpoint.deleted', deleted)
      }
      await withTransaction(database.knex, change, { lockTimeoutMs: LOCK_WAIT_MS })
    },

    /** Gives an endpoint its next secret; the one before signs as well for a day. */
    async rotateSecret(actor: Principal, id: string, idempotencyKey: string): Promise<Answer> {
      const digest = digestIntent(
        deps.idempotencySecret,
        {
          ...actor,
          operation: 'POST /v1/webhook-endpoints/:webhookEndpointId/rotate-secret',
          parentId: id,
          idempotencyKey,
          request: null,
        },
        bucketOf(id),
      )
      const write = async (tx: Tx) => {
        const endpoint = await lock(tx, actor, id)
        const rotated = await repo.updateEndpoint(tx, endpoint, {
          secret_version: endpoint.secret_version + 1,
          overlap_until: new Date(now().getTime() + OVERLAP_MS),
        })
        await record(tx, actor, 'webhook_endpoint.secret_rotated', rotated)
        return { status: 200, body: toWire(rotated) }
      }
      return withSecret(
        actor,
        await once(database, actor.tenantId, digest, { judge: async () => void (await find(actor, id)), write }),
      )
    },

    async deliveries(
      actor: Principal,
      id: string,
      page: { state: DeliveryState | undefined; after: string | undefined; limit: number },
    ): Promise<Delivery[]> {
      await find(actor, id)
      return listDeliveries(database, id, page)
    },
  }
}
