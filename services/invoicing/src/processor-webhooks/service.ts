import { explainOutage, Unavailable } from '@kontor/http-api'
import { parseId } from '@kontor/ids'
import { coalescer } from '@kontor/postgres'
import type { Processor, Verification, WebhookDelivery } from '@kontor/processors'
import type { Deps } from '../deps.ts'
import type { Owner } from '../issuers/repo.ts'
import { ModeMismatch, ProcessorNotConfigured } from '../processors/errors.ts'
import { type EventState, type KeptEvent, TELLING, type Telling, toldBy } from './processor-event.ts'
import * as repo from './repo.ts'

/** The address that a delivery came to, as it was written. */
export interface Address {
  readonly processor: string
  readonly tenantId: string
  readonly mode: string
}

/** What is not taken, and why; for the operator alone. */
export interface Refused {
  readonly because: 'no_such_address' | 'not_configured' | Extract<Verification, { outcome: 'refused' }>['because']
}

const EVENTS_AT_ONCE = 64
/** How long nobody is asked again for credentials that were not there: each question is one that the vault keeps. */
const NOT_THERE_MS = 10_000

export function processorWebhooks({ database, processorOf, newId, now }: Deps) {
  /** Tenants are not removed, so one that was found once is there. */
  const tenants = new Set<string>()
  const keep = coalescer<repo.NewEvent, undefined>({
    batchMax: EVENTS_AT_ONCE,
    async write(events) {
      await repo.keepEvents(database, events)
      return events.map(() => undefined)
    },
  })

  async function ownerAt({ tenantId, mode }: Address): Promise<Owner | undefined> {
    if (mode !== 'test' && mode !== 'live') return undefined
    const id = idOf(tenantId)
    if (id === undefined) return undefined
    if (!tenants.has(id)) {
      if (!(await repo.tenantExists(database, id))) return undefined
      tenants.add(id)
    }
    return { tenantId: id, mode }
  }

  /** Until when, in milliseconds since 1970. As many as there are tenants, twice for each processor. */
  const notThere = new Map<string, number>()

  async function configured(owner: Owner, name: Telling): Promise<Processor | undefined> {
    const key = `${owner.tenantId} ${owner.mode} ${name}`
    const nowMs = now().getTime()
    if (nowMs < (notThere.get(key) ?? 0)) return undefined
    try {
      return await processorOf(owner, name)
    } catch (error) {
      if (!(error instanceof ProcessorNotConfigured || error instanceof ModeMismatch)) throw error
      notThere.set(key, nowMs + NOT_THERE_MS)
      return undefined
    }
  }

  return {
    /**
     * Takes a delivery. When this comes back without a refusal, the event is committed, and so is the job that handles it; one that came
     * before is there already.
     *
     * @returns Why it is refused, or `undefined`.
     * @throws {Unavailable} What is needed to judge it is down: the delivery comes again.
     */
    async receive(address: Address, delivery: WebhookDelivery): Promise<Refused | undefined> {
      const name = TELLING.find((known) => known === address.processor)
      const owner = name && (await ownerAt(address))
      if (!owner) return { because: 'no_such_address' }
      const processor = await configured(owner, name)
      if (!processor) return { because: 'not_configured' }
      const verification = await processor.verifyWebhook(delivery)
      if (verification.outcome === 'refused') return { because: verification.because }
      if (verification.outcome !== 'verified') throw new Unavailable('processor_unavailable', 'the processor')
      const told = toldBy(verification.event)
      if (!told) return { because: 'malformed' }
      const event = { ...told, tenant_id: owner.tenantId, mode: owner.mode, processor: name, received_at: now() }
      try {
        await keep({ ...event, id: newId(repo.bucketOfEvent(event)) })
      } catch (error) {
        // A delivery comes again as it is, so a commit of which nobody knows leaves no doubt.
        throw explainOutage(error, true)
      }
      return undefined
    },

    list: (
      owner: Owner,
      page: { readonly state: EventState | undefined; readonly after: string | undefined; readonly limit: number },
    ): Promise<KeptEvent[]> => repo.listEvents(database, owner, page),
  }
}

function idOf(tenant: string): string | undefined {
  try {
    return parseId('ten', tenant)
  } catch {
    return undefined
  }
}
