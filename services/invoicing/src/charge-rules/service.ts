import type { Principal } from '@kontor/http-api'
import { bucketOf } from '@kontor/ids'
import { withTransaction } from '@kontor/postgres'
import type { Deps } from '../deps.ts'
import { recordEvent } from '../events/event.ts'
import { LOCK_WAIT_MS } from '../idempotency/once.ts'
import { VersionConflict } from '../wire/if-match.ts'
import * as repo from './repo.ts'
import { type ChargeRules, checkRules } from './rules.ts'

export function chargeRules(deps: Deps) {
  const { database } = deps
  return {
    get: (actor: Principal): Promise<repo.StoredRules> => repo.findRules(database, actor),

    /**
     * Decides who takes the money from now on. A charge that has been made stays where it is.
     *
     * @throws {VersionConflict} The rules are no longer at `version`.
     * @throws {ProcessorCannotTake | RuleModeMismatch | LimitNeedsCurrency | LimitsReversed | RetriesNotAscending}
     */
    async put(actor: Principal, version: number, given: ChargeRules): Promise<repo.StoredRules> {
      checkRules(given, actor.mode)
      const at = deps.now()
      const next: repo.StoredRules = { ...given, version: version + 1, updated_at: at }
      await withTransaction(
        database.knex,
        async (tx) => {
          if (!(await repo.replaceRules(tx, actor, version, next))) throw new VersionConflict()
          await recordEvent(tx, actor, {
            id: deps.newId(bucketOf(actor.tenantId)),
            type: 'charge_rules.changed',
            accountId: null,
            objectId: actor.tenantId,
            objectVersion: next.version,
            at,
          })
        },
        { lockTimeoutMs: LOCK_WAIT_MS },
      )
      return next
    },
  }
}
