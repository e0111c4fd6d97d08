import { bucketOf, formatId, type NewId } from '@kontor/ids'
import { type Database, withTransaction } from '@kontor/postgres'
import { type Outcome, parseTarget, type Send, signatureHeaders, signingSecret } from '@kontor/webhooks'
import { recordEvent } from '../events/event.ts'
import { type Delivery, messageBody } from './delivery.ts'
import { type Attempted, claimDeliveries, nextDue, recordAttempts, recordSilence } from './delivery-repo.ts'
import type { WebhookEndpoint } from './endpoint.ts'
import { wakeEndpoints } from './jobs.ts'
import { findActive, lockEndpoint, updateEndpoint } from './repo.ts'
import { judgeAttempt, pauseAfterSilence, pauseAsWanted } from './retry-rules.ts'

/** What it takes to tell somebody. */
export interface Delivering {
  readonly database: Database
  readonly newId: NewId
  readonly now: () => Date
  readonly webhooks: {
    /** Secrets of endpoints are derived from it; 32 bytes or more. */
    readonly secret: Buffer
    readonly loopback: boolean
    readonly send: Send
  }
}

/** Objects of which one endpoint is told something at the same time. */
const AT_ONCE = 8
/** Longer than an attempt takes; after this somebody else makes it again. */
const LEASE_MS = 20_000
/** After so long an endpoint gives its place to others, and goes on behind them. */
const TURN_MS = 5_000

/** Makes what tells one endpoint all that is due, and arranges for the rest. */
export function delivering({ database, newId, now, webhooks }: Delivering) {
  async function attempt(endpoint: WebhookEndpoint, delivery: Delivery): Promise<Outcome> {
    const target = parseTarget(endpoint.url, endpoint.mode === 'live', webhooks)
    // The rules of this process may be stricter than those of the one that took the URL.
    if (typeof target === 'string') return { kind: 'failed', code: 'address_not_allowed' }
    const id = formatId('evt', delivery.event_id)
    const body = messageBody(delivery, endpoint.mode)
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Kontor-Webhooks/1',
      ...signatureHeaders({ id, body }, secretsOf(endpoint), now()),
    }
    return webhooks.send(target, headers, body)
  }

  function secretsOf({ tenant_id, id, secret_version, overlap_until }: WebhookEndpoint): Buffer[] {
    const overlaps = overlap_until !== null && overlap_until > now()
    const versions = overlaps ? [secret_version, secret_version - 1] : [secret_version]
    return versions.map((version) =>
      signingSecret(webhooks.secret, { tenantId: tenant_id, endpointId: formatId('whk', id), version }),
    )
  }

  async function settle(
    endpoint: WebhookEndpoint,
    attempts: readonly { delivery: Delivery; outcome: Outcome }[],
  ): Promise<void> {
    const at = now()
    const judged = attempts.map(({ delivery, outcome }) => ({
      delivery,
      outcome,
      verdict: judgeAttempt(outcome, delivery.attempts, at, delivery.expires_at),
    }))
    const rows = judged.map(
      ({ delivery, outcome, verdict }): Attempted => ({
        event_id: delivery.event_id,
        attempts: delivery.attempts,
        state: verdict.state,
        next_attempt_at: verdict.state === 'pending' ? verdict.at : null,
        last_status: outcome.kind === 'answered' ? outcome.status : null,
        last_failure: outcome.kind === 'failed' ? outcome.code : null,
      }),
    )
    const gone = judged.some(({ verdict }) => verdict.state === 'dead' && verdict.gone)
    // An answer that refuses is an answer: only who says nothing at all keeps others waiting.
    const silences = attempts.some(({ outcome }) => outcome.kind === 'answered') ? 0 : endpoint.silences + 1
    const wantedMs = pauseAsWanted(
      attempts.map(({ outcome }) => outcome),
      at,
    )
    const pauseMs = silences === 0 ? wantedMs : pauseAfterSilence(silences)
    const pausedUntil = pauseMs === 0 ? null : new Date(at.getTime() + pauseMs)
    await withTransaction(database.knex, async (tx) => {
      const owner = { tenantId: endpoint.tenant_id, mode: endpoint.mode }
      const held = await lockEndpoint(tx, owner, endpoint.id)
      await recordAttempts(tx, endpoint.id, rows, at)
      if (pauseMs !== 0 || endpoint.silences !== 0) await recordSilence(tx, endpoint.id, { silences, pausedUntil })
      if (!gone || held?.state !== 'active') return
      const disabled = await updateEndpoint(tx, held, { state: 'disabled', disabled_because: 'gone' })
      await recordEvent(
        tx,
        { ...owner, keyId: endpoint.key_id },
        {
          id: newId(bucketOf(endpoint.id)),
          type: 'webhook_endpoint.disabled',
          accountId: null,
          objectId: endpoint.id,
          objectVersion: disabled.version,
          at,
        },
      )
    })
  }

  /** @returns How long it is until there is something to do, `undefined` if nothing waits. */
  async function turn(id: string): Promise<number | undefined> {
    const begun = now().getTime()
    for (;;) {
      const endpoint = await findActive(database, id)
      if (!endpoint) return undefined
      const at = now()
      if (endpoint.paused_until && endpoint.paused_until > at) return endpoint.paused_until.getTime() - at.getTime()
      // Whoever did not answer last time is asked one question first.
      const limit = endpoint.silences > 0 ? 1 : AT_ONCE
      const leasedUntil = new Date(at.getTime() + LEASE_MS)
      const claimed = await claimDeliveries(database, id, { now: at, leasedUntil, limit })
      if (claimed.length === 0) {
        const due = await nextDue(database, id)
        return due && Math.max(0, due.getTime() - at.getTime())
      }
      const attempts = await Promise.all(
        claimed.map(async (delivery) => ({ delivery, outcome: await attempt(endpoint, delivery) })),
      )
      await settle(endpoint, attempts)
      if (now().getTime() - begun > TURN_MS) return 0
    }
  }

  return async (id: string): Promise<void> => {
    const delayMs = await turn(id)
    if (delayMs !== undefined) await withTransaction(database.knex, (tx) => wakeEndpoints(tx, [id], delayMs))
  }
}
