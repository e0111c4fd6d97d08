import { bucketOf } from '@kontor/ids'
import type { Database, Db, Tx } from '@kontor/postgres'
import type { Owner } from '../issuers/repo.ts'
import { type ChargeRules, NO_RULES } from './rules.ts'

/** Rules as they are stored; of version 1 where there never were any. */
export interface StoredRules extends ChargeRules {
  readonly version: number
  readonly updated_at: Date | null
}

const NONE: StoredRules = { ...NO_RULES, version: 1, updated_at: null }

const keyOf = ({ tenantId, mode }: Owner) => ({ bucket: bucketOf(tenantId), tenant_id: tenantId, mode })

/** For a charge, which waits for it. */
export async function findRules(database: Database, owner: Owner): Promise<StoredRules> {
  const [row] = await database.hotSql<StoredRules>(
    'find_charge_rules',
    'select rules, retry_after_hours, version, updated_at from charge_rules where bucket = $1 and tenant_id = $2 and mode = $3',
    [bucketOf(owner.tenantId), owner.tenantId, owner.mode],
  )
  return row ?? NONE
}

/** Inside of a transaction. */
export async function readRules(db: Db, owner: Owner): Promise<ChargeRules> {
  return (await db('charge_rules').select('rules', 'retry_after_hours').where(keyOf(owner)).first()) ?? NO_RULES
}

/** @returns Whether the rules were still at the version that was read. */
export async function replaceRules(
  tx: Tx,
  owner: Owner,
  before: number,
  { rules, retry_after_hours, version, updated_at }: StoredRules,
): Promise<boolean> {
  const values = {
    version,
    updated_at,
    rules: JSON.stringify(rules),
    retry_after_hours: JSON.stringify(retry_after_hours),
  }
  if (before === NONE.version) {
    const made: unknown[] = await tx('charge_rules')
      .insert({ ...keyOf(owner), ...values })
      .onConflict(['bucket', 'tenant_id', 'mode'])
      .ignore()
      .returning('version')
    return made.length === 1
  }
  return (
    (await tx('charge_rules')
      .where({ ...keyOf(owner), version: before })
      .update(values)) === 1
  )
}
