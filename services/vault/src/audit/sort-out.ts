import type { Logger } from '@kontor/http-api'
import { IntegrityViolation } from '@kontor/jose-box'
import { appendLeaves, EMPTY_FRONTIER } from '@kontor/merkle-log'
import type { TenantKeys } from '../keys/tenant-keys.ts'
import { authenticLeafHash } from './event-row.ts'
import { type LogId, type LogState, logKey } from './log.ts'
import type { Candidate, Growth } from './repo.ts'

/** A batch of events, by the log that each belongs to. */
export interface Sorted {
  readonly logs: readonly { readonly log: LogId; readonly leaves: Growth['leaves'] }[]
  /** The transaction of the first event whose tenant's key cannot be had; later rounds begin there. */
  readonly waitsFrom: string | undefined
  /** Events seen for the first time whose MAC is not the vault's. */
  readonly forged: number
}

/** So many forged events are remembered, so that each is reported once. */
const REMEMBERED_MAX = 10_000

/** Tells the vault's own events from others, and makes leaves of them. */
export function sortOut({ tenantKeys, logger }: { readonly tenantKeys: TenantKeys; readonly logger: Logger }) {
  const reported = new Set<string>()

  function report({ id, tenant_id }: Candidate): boolean {
    if (reported.has(id)) return false
    if (reported.size < REMEMBERED_MAX) reported.add(id)
    logger.error({ event: 'audit_event_forged', event_id: id, tenant_id })
    return true
  }

  /** @returns The tenant's event key, `undefined` where its keys are lost: that stops no other tenant's log. */
  async function keyOf(tenantId: string): Promise<Buffer | undefined> {
    try {
      return (await tenantKeys.subkeys(tenantId)).event
    } catch (error) {
      if (!(error instanceof IntegrityViolation)) throw error
      logger.error({ event: 'audit_key_lost', tenant_id: tenantId })
      return undefined
    }
  }

  return {
    async sort(batch: readonly Candidate[]): Promise<Sorted> {
      const keys = new Map<string, Buffer | undefined>()
      const logs = new Map<string, { log: LogId; leaves: { eventId: string; hash: Buffer }[] }>()
      let waitsFrom: string | undefined
      let forged = 0
      for (const row of batch) {
        if (!keys.has(row.tenant_id)) keys.set(row.tenant_id, await keyOf(row.tenant_id))
        const key = keys.get(row.tenant_id)
        if (!key) {
          waitsFrom ??= row.tx
          continue
        }
        const hash = authenticLeafHash(row, key)
        if (!hash) {
          if (report(row)) forged += 1
          continue
        }
        const name = `${row.tenant_id} ${row.mode}`
        const sorted = logs.get(name) ?? { log: { tenantId: row.tenant_id, mode: row.mode }, leaves: [] }
        sorted.leaves.push({ eventId: row.id, hash })
        logs.set(name, sorted)
      }
      return { logs: [...logs.values()], waitsFrom, forged }
    },

    /** Appends the leaves where their logs stand. */
    grow({ logs }: Sorted, states: readonly LogState[]): Growth[] {
      const frontiers = new Map(states.map((state) => [logKey(state), state.frontier]))
      return logs.map(({ log, leaves }) => {
        const grown = appendLeaves(
          frontiers.get(logKey(log)) ?? EMPTY_FRONTIER,
          leaves.map(({ hash }) => hash),
        )
        return { log, leaves, ...grown }
      })
    },
  }
}
