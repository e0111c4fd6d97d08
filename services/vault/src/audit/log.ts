import { logOf } from '@kontor/audit-log'
import type { Mode } from '@kontor/http-api'
import { bucketOf, formatId, parseId } from '@kontor/ids'
import type { Frontier } from '@kontor/merkle-log'

/** A tenant's log of one mode: test and live never meet, so each has a tree of its own. */
export interface LogId {
  readonly tenantId: string
  readonly mode: Mode
}

/** How far a log has got. */
export interface LogState extends LogId {
  readonly frontier: Frontier
  /** Of the newest checkpoint, as far as the database knows. */
  readonly checkpointSize: number
}

/** Names a log as its checkpoints do. */
export const logKey = ({ tenantId, mode }: LogId): string => logOf({ tenant: formatId('ten', tenantId), mode })

/** @returns The log that a checkpoint is about; `undefined` for one that names none. */
export function logIdOf({ tenant, mode }: { readonly tenant: string; readonly mode: string }): LogId | undefined {
  if (mode !== 'test' && mode !== 'live') return undefined
  try {
    return { tenantId: parseId('ten', tenant), mode }
  } catch {
    return undefined
  }
}

/** The rows of a log live with its tenant's id, so that one shard decides about them. */
export const bucketOfLog = ({ tenantId }: LogId): number => bucketOf(tenantId)
