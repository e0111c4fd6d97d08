import { Unavailable } from '@kontor/http-api'
import type { Database } from '@kontor/postgres'
import { isAuditOpen } from './position-repo.ts'

/** Decides whether anything may be given away: only while it can be proved afterwards. */
export interface AuditGate {
  /** @throws {Unavailable} 503 `audit_unavailable`: sealing lags by a minute, was halted, or the sink cannot be written. */
  check(): Promise<void>
}

/** The position is asked for once in that time, however many requests there are. */
const HELD_MS = 1_000

export function auditGate(deps: { readonly database: Database; readonly monotonicMs: () => number }): AuditGate {
  let held: { readonly since: number; readonly open: Promise<boolean> } | undefined
  return {
    async check() {
      const nowMs = deps.monotonicMs()
      if (held === undefined || nowMs - held.since >= HELD_MS) {
        const open = isAuditOpen(deps.database)
        // A question that failed is asked again by the next request.
        open.catch(() => {
          held = undefined
        })
        held = { since: nowMs, open }
      }
      if (!(await held.open)) throw new Unavailable('audit_unavailable', 'the audit log')
    },
  }
}
